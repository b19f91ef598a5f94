"""Login defaults, shells and PATH: what the case files cannot show one by one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.parse.confkeys import c_number, pairs, scanned, strict
from opsrunner.sources.wire import SECTION

ROOT = Path(__file__).parents[3]
PROBES = ROOT / "roles" / "observe_linux" / "files"


def _defs(text: str) -> Host:
    body = f"{SECTION}file /etc/login.defs\n{text}"
    return Host("centos-7", {"login.defs": Frame("login.defs", 0, body.encode())})


@pytest.mark.parametrize(
    ("text", "number"),
    [("90", 90), ("0x5a", 90), ("0132", 90), ("-1", -1), ("090", None), ("90d", None), ("", None)],
)
def test_numbers_are_read_as_strtol_reads_them(text: str, number: int | None) -> None:
    assert c_number(text) == number


def test_the_three_ways_of_reading_a_number_differ() -> None:
    assert (scanned("5x"), strict("5x"), c_number("5x")) == (5, None, None)
    assert (scanned("x"), strict(" 5"), strict("5 ")) == (None, 5, None)


def test_pairs_know_blanks_and_one_equals_sign() -> None:
    text = "a = 1 # c\nb=2\nc 3\nd\n = 4\n#e = 5\nf == 6\n"
    assert pairs(text) == [("a", "1"), ("b", "2"), ("c", "3"), ("d", ""), ("f", "= 6")]


@given(st.text(max_size=200))
@settings(max_examples=100)
def test_any_login_defs_gives_numbers(text: str) -> None:
    host = _defs(text)
    assert set(host.get("login.ageing")) == {"PASS_MAX_DAYS", "PASS_MIN_DAYS", "PASS_WARN_AGE"}
    assert len(host.get("login.default_umask")) == 4


@given(st.dictionaries(st.sampled_from(("/etc/profile", "/root/.bashrc")), st.text(max_size=80)))
@settings(max_examples=60)
def test_any_profile_gives_an_answer_or_a_reason(files: dict[str, str]) -> None:
    body = "".join(f"{SECTION}file {path}\n{text}" for path, text in files.items())
    frames = {
        "shell.files": Frame("shell.files", 0, f"{body}{SECTION}others\n".encode()),
        "login.defs": Frame("login.defs", 0, f"{SECTION}missing /etc/login.defs\n".encode()),
        "pam.files": Frame("pam.files", 0, f"{SECTION}modules\npam_unix\n".encode()),
    }
    host = Host("rhel-8", frames)
    for name in ("shell.timeout", "shell.umasks", "shell.history"):
        try:
            host.get(name)
        except CannotTell:
            continue


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_the_probe_masks_credentials_in_profile_scripts(tmp_path: Path, shell: str) -> None:
    """The negative control is HISTSIZE: what is no credential comes through."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = tmp_path / "site.sh"
    secrets = {"DB_PASSWORD": "'s3cr3t one'", "API_KEY": "s3cr3t2", "my_token": '"s3cr3t 3"'}
    lines = [f"export {name}={value}; HISTSIZE=77" for name, value in secrets.items()]
    script.write_text("\n".join(lines) + "\n")
    probe = (PROBES / "probes" / "shell.sh").read_text(encoding="utf-8")
    probe = probe.replace("/etc/profile /etc/bashrc", f"{script} /etc/bashrc")
    body = (PROBES / "prelude.sh").read_text(encoding="utf-8") + "OPS_MARK=M\n" + probe
    command = [shell, "sh", "-s"] if shell == "busybox" else [shell, "-s"]
    done = subprocess.run(command, input=body, capture_output=True, text=True, check=True)
    assert "s3cr3t" not in done.stdout
    assert done.stdout.count("HISTSIZE=77") == 3
