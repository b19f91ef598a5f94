"""What shells end with after the remedy, judged by the rules' own facts, and by real bash."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import FileState
from opsrunner.errors import InputError
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.remedies.shell import HISTORY, TIMEOUT, UMASK
from opsrunner.sources.wire import SECTION
from tests.unit.remedies.states import Files, after, carried, host

ROOT = Path(__file__).parents[3]
EL = ROOT / "tests" / "lab" / "identities" / "el" / "files" / "etc"
PEOPLE = ("/root/.bash_profile", "/root/.bashrc", "/etc/skel/.bash_profile", "/etc/skel/.bashrc")
ON_EL = {
    "/etc/profile": (EL / "profile").read_text(), "/etc/bashrc": (EL / "bashrc").read_text(),
    "/etc/skel/.bash_profile": (EL / "skel" / ".bash_profile").read_text(),
    "/etc/skel/.bashrc": (EL / "skel" / ".bashrc").read_text(),
    "/root/.bashrc": ". /etc/bashrc\n", "/root/.bash_profile": ". ~/.bashrc\n",
    "/etc/login.defs": "UMASK 022\n",
}
ON_DEBIAN = {
    "/etc/profile": (
        'if [ "${PS1-}" ]; then\n  if [ -f /etc/bash.bashrc ]; then\n    . /etc/bash.bashrc\n  fi\n'
        "fi\nif [ -d /etc/profile.d ]; then\n  for i in /etc/profile.d/*.sh; do\n"
        '    if [ -r "$i" ]; then\n      . "$i"\n    fi\n  done\n  unset i\nfi\n'
    ),
    "/etc/bash.bashrc": '[ -z "${PS1-}" ] && return\nshopt -s checkwinsize\n',
    "/etc/skel/.profile": "# umask 022\n. ~/.bashrc\n",
    "/etc/skel/.bashrc": "HISTCONTROL=ignoreboth\nHISTSIZE=1000\nHISTFILESIZE=2000\n",
    "/root/.profile": ". ~/.bashrc\n", "/root/.bashrc": "# umask 022\n",
    "/etc/login.defs": "UMASK\t\t022\n",
}
PLATFORMS: dict[str, Files] = {
    "centos-6": ON_EL, "centos-7": ON_EL, "rhel-8": ON_EL, "kylin-v10": ON_EL,
    "debian-12": ON_DEBIAN,
}
NAMES = ("shell.umasks", "shell.timeout", "shell.history")


def facts(platform: str, files: Files) -> dict[str, Any]:
    """Return what the facts of the rules say of these files."""
    dumped = "".join(f"{SECTION}file {path}\n{text}" for path, text in files.items()
                     if isinstance(text, str))
    frames = {
        "shell.files": Frame("shell.files", 0, f"{dumped}{SECTION}others\n".encode()),
        "login.defs": Frame("login.defs", 0, f"{SECTION}file /etc/login.defs\n".encode()),
        "pam.files": Frame("pam.files", 0, f"{SECTION}modules\npam_unix\n".encode()),
    }
    judge = Host(platform, frames)
    found: dict[str, Any] = {}
    for name in NAMES:
        try:
            found[name] = judge.get(name)
        except CannotTell as reason:
            found[name] = reason
    return found


def hardened(platform: str, files: Files, wanted: dict[str, Any]) -> tuple[Draft, dict[str, Any]]:
    """Return the draft and the facts after it; carrying out again must change nothing."""
    draft = carried(host(wanted, platform, files, facts=facts(platform, files)), wanted)
    new = {path: draft.text(path) for path, known in after(draft).files.items()
           if isinstance(known, FileState) and known.exists}
    new_facts = facts(platform, {**files, **new})
    assert not carried(after(draft, **new_facts), wanted).changes()
    return draft, new_facts


def put(text: str, at: str) -> Files:
    """Return EL's files with a text at the end of one of them."""
    return {**ON_EL, at: str(ON_EL.get(at, "")) + text}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_stock_hosts_get_three_drop_ins_and_foreign_scripts_stay(platform: str) -> None:
    files = PLATFORMS[platform]
    wanted = {
        "harden_linux_umask": "027", "harden_linux_shell_timeout": 600,
        "harden_linux_history": {"HISTTIMEFORMAT": "%F %T ", "HISTSIZE": 1000},
    }
    draft, found = hardened(platform, files, wanted)
    assert {int(mask, 8) & 0o027 for mask in found["shell.umasks"].values()} == {0o027}
    assert found["shell.timeout"] == {"seconds": 600, "readonly": True}
    assert found["shell.history"] == {"stamped": True, "size": 1000, "kept": True}
    changed = {operation.target for operation in draft.changes().operations}
    assert changed == {UMASK, TIMEOUT, HISTORY, "/etc/login.defs"}
    assert draft.changes().validate == ("shell",)


def test_a_stricter_mask_of_one_person_is_kept() -> None:
    _, found = hardened("centos-7", put("umask 077\n", "/root/.bashrc"),
                        {"harden_linux_umask": "027"})
    assert found["shell.umasks"]["root login"] == "0077"
    assert found["shell.umasks"]["user login"] == "0027"


def test_a_wider_mask_set_afterwards_is_tightened_where_it_stands() -> None:
    files = put("if true; then\n  umask 002 # team\nfi\n", "/etc/skel/.bashrc")
    draft, found = hardened("centos-7", files, {"harden_linux_umask": "027"})
    assert "  umask 027 # team\n" in draft.text("/etc/skel/.bashrc")
    assert set(found["shell.umasks"].values()) == {"0027"}


def test_compliant_shells_are_left_alone() -> None:
    mask = {**put("umask 077\n", "/etc/profile.d/a.sh"), "/etc/login.defs": "UMASK 077\n"}
    draft, _ = hardened("centos-7", mask, {"harden_linux_umask": "027"})
    assert not draft.changes()
    short = put("readonly TMOUT=300\nexport TMOUT\n", "/etc/profile.d/a.sh")
    draft, _ = hardened("centos-7", short, {"harden_linux_shell_timeout": 600})
    assert not draft.changes()


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("/etc/profile.d/a.sh", "readonly TMOUT=900"),
        ("/etc/profile.d/a.sh", "TMOUT=900; export TMOUT; readonly TMOUT"),
        ("/etc/profile.d/zzz.sh", "export TMOUT=0"),
        ("/etc/profile.d/a.sh", "declare -xr TMOUT=1200"),
        ("/etc/profile", "TMOUT=7200"),
        ("/root/.bashrc", "unset TMOUT"),
        ("/etc/skel/.bashrc", "if true; then\nTMOUT=0\nfi"),
    ],
)
def test_another_time_is_taken_out_where_it_would_stand_in_the_way(where: str, line: str) -> None:
    draft, found = hardened("centos-7", put(line + "\n", where),
                            {"harden_linux_shell_timeout": 600})
    assert found["shell.timeout"] == {"seconds": 600, "readonly": True}
    assert ": # taken out by opsrunner: " in draft.text(where)


def test_a_shorter_time_that_users_may_change_becomes_fixed() -> None:
    _, found = hardened("centos-7", put("TMOUT=300\n", "/etc/profile.d/a.sh"),
                        {"harden_linux_shell_timeout": 600})
    assert found["shell.timeout"] == {"seconds": 300, "readonly": True}


def test_a_time_in_a_command_that_does_more_is_a_persons() -> None:
    files = put('[ -n "$X" ] && TMOUT=0 && export X\n', "/root/.bashrc")
    with pytest.raises(ByHand, match=r"root/\.bashrc"):
        hardened("centos-7", files, {"harden_linux_shell_timeout": 600})


def test_history_that_is_better_stays_and_what_keeps_none_goes() -> None:
    wanted = {"harden_linux_history": {"HISTTIMEFORMAT": "%F %T ", "HISTSIZE": 1000}}
    files = put("unset HISTFILE\nHISTSIZE=50\n", "/etc/skel/.bashrc")
    files = {**files, "/etc/profile.d/a.sh": "export HISTTIMEFORMAT='%Y %H:%M '\nHISTSIZE=9000\n"}
    draft, found = hardened("centos-7", files, wanted)
    assert found["shell.history"] == {"stamped": True, "size": 1000, "kept": True}
    assert draft.text("/etc/skel/.bashrc").endswith(
        ": # taken out by opsrunner: unset HISTFILE\nHISTSIZE=1000\n")
    assert "HISTTIMEFORMAT" not in draft.text(HISTORY)
    with pytest.raises(ByHand):
        hardened("centos-7", put("eval 'set +o history'\n", "/etc/profile.d/z.sh"), wanted)


def test_both_settings_of_the_history_may_come_one_after_the_other() -> None:
    both = {"HISTTIMEFORMAT": "%F %T ", "HISTSIZE": 2000}
    texts = set()
    for order in (list(both), list(reversed(both))):
        state = host({"harden_linux_history": both}, files=ON_EL, facts=facts("centos-7", ON_EL))
        draft = Draft(state)
        for name in order:
            draft = carried(after(draft), {"harden_linux_history": {name: both[name]}})
        texts.add(draft.text(HISTORY))
    assert len(texts) == 1
    assert "HISTSIZE=2000\nHISTTIMEFORMAT='%F %T '\n" in texts.pop()


@pytest.mark.parametrize(
    "wanted",
    [{"harden_linux_umask": 27}, {"harden_linux_shell_timeout": 0},
     {"harden_linux_history": {"HISTTIMEFORMAT": "'; rm x '", "HISTSIZE": -1, "A": 1}}],
)
def test_nonsense_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        hardened("centos-7", ON_EL, wanted)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_real_bash_agrees(tmp_path: Path) -> None:
    wanted = {"harden_linux_umask": "027", "harden_linux_shell_timeout": 600,
              "harden_linux_history": {"HISTTIMEFORMAT": "%F %T ", "HISTSIZE": 1000}}
    draft, _ = hardened("centos-7", ON_EL, wanted)
    for path in (UMASK, TIMEOUT, HISTORY):
        (tmp_path / path.rpartition("/")[2]).write_text(draft.text(path))
    script = (f'umask 000; for i in {tmp_path}/*.sh; do . "$i"; done\n'
              'umask; echo "$TMOUT $HISTSIZE $HISTTIMEFORMAT"\n'
              f"(umask 077; . {tmp_path}/zz-opsrunner-umask.sh; umask)\nTMOUT=0")
    said = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True,
                          check=False, env={})
    assert said.stdout == "0027\n600  %F %T \n0077\n"
    assert "readonly" in said.stderr


_LINES = st.lists(st.sampled_from((
    "TMOUT=900", "export TMOUT", "readonly TMOUT=0", "umask 002", "umask 077", "if true; then",
    "fi", "HISTSIZE=10", "unset HISTFILE", "# TMOUT=1", "echo '", "umask $X", "set +o history",
    "HISTTIMEFORMAT=x", "x=1; TMOUT=2", "",
)), max_size=6)


@given(_LINES, st.sampled_from(("/etc/profile.d/a.sh", "/etc/profile.d/zzz.sh", "/root/.bashrc")))
@settings(max_examples=80, deadline=None)
def test_any_script_gives_a_result_or_a_reason(lines: list[str], where: str) -> None:
    files = put("\n".join(lines), where)
    for name, value in (("umask", "027"), ("shell_timeout", 600), ("history", {"HISTSIZE": 1000})):
        wanted = {f"harden_linux_{name}": value}
        state = host(wanted, files=files, facts=facts("centos-7", files))
        try:
            draft = carried(state, wanted)
        except (ByHand, CannotTell):
            continue
        before, now = str(files[where]).split("\n"), draft.text(where).split("\n")
        assert len(before) == len(now)
        for old, new in zip(before, now, strict=True):
            assert old == new or any(word in old for word in ("TMOUT", "umask", "HIST", "history"))
