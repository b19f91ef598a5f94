"""The probe script is run for real, in every shell that a host may call sh."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from opsrunner.errors import PolicyError
from opsrunner.models import Frame
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import build_script, load_probes
from opsrunner.sources.wire import frames, unpack

ROLE = Path(__file__).parents[3] / "roles" / "observe_linux"
SHELLS = [
    pytest.param([path, *options], id=name)
    for name, options in (("dash", ["-s"]), ("bash", ["--posix", "-s"]), ("busybox", ["sh", "-s"]))
    if (path := shutil.which(name))
]
PROBES = """\
# probe: t.plain
echo out; echo err >&2; exit 3
# probe: t.big
# cap: 1000
yes
# probe: t.hang
# limit: 1
echo started; sleep 60
# probe: t.flood
# limit: 5
i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done
# probe: t.stdin
cat; echo "no stdin"
# probe: t.quotes
echo 'single "double" $HOME `tick` \\ back'
# probe: t.secrets
echo 'root:$6$saltsalt$abcdefghijklmnopqrstuvwxyz:1'
echo 'user:$y$j9T$abcdefgh$ijklmnopqrstuvwxyz'
echo 'proxy=http://bob:hunter2@proxy:3128/'
echo 'mount //x /y cifs password=hunter2,rw'
echo 'password_pbkdf2 root grub.pbkdf2.sha512.10000.ABCDEF.012345'
echo '-----BEGIN RSA PRIVATE KEY-----'
echo 'MIIEowIBAAKCAQEAhunter2hunter2hunter2hunter2hunter2'
echo '-----END RSA PRIVATE KEY-----'
# probe: t.files
dump /etc/hostname /nonexistent/file /etc @LONG@
"""


@pytest.fixture
def role(tmp_path: Path) -> Path:
    shutil.copytree(ROLE, tmp_path / "role")
    for path in (tmp_path / "role" / "files" / "probes").glob("*.sh"):
        path.unlink()
    (tmp_path / "long").write_text("x" * 262145, encoding="utf-8")
    probes = PROBES.replace("@LONG@", str(tmp_path / "long"))
    (tmp_path / "role" / "files" / "probes" / "t.sh").write_text(probes, encoding="utf-8")
    return tmp_path / "role"


def run(role: Path, shell: list[str], names: list[str], limits: Limits) -> dict[str, Frame]:
    """Given a role, a shell and probe names, return the frames of a real run."""
    script = build_script(role, names, limits).replace("@OPS_MARK@", "f" * 32)
    done = subprocess.run(shell, input=script.encode(), capture_output=True, check=False)
    stream = unpack(done.stdout, "f" * 32, limit=limits.host_bytes)
    assert stream is not None, done
    probes = load_probes(role / "files" / "probes")
    return frames(stream, "f" * 32, {n: probes[n].cap or limits.probe_bytes for n in names})


@pytest.mark.parametrize("shell", SHELLS)
def test_every_probe_is_framed_capped_cut_and_masked(role: Path, shell: list[str]) -> None:
    names = list(load_probes(role / "files" / "probes"))
    found = run(role, shell, names, Limits(probe_bytes=10_000))
    assert sorted(found) == sorted(names)
    assert all(frame.complete for frame in found.values())
    plain = found["t.plain"]
    assert (plain.stdout, plain.stderr, plain.exit_code) == (b"out\n", b"err", 3)
    assert found["t.big"].truncated
    assert found["t.hang"].exit_code == 124
    assert found["t.hang"].stdout == b"started\n"
    assert len(found["t.flood"].stderr) <= 4096
    assert found["t.stdin"].stdout == b"no stdin\n"
    assert found["t.quotes"].stdout == rb"""single "double" $HOME `tick` \ back""" + b"\n"
    files = found["t.files"].stdout
    assert b"missing /nonexistent/file" in files
    assert b"odd /etc" in files
    assert b"\x1elong /" in files
    assert b"xxxx" not in files
    assert b"file /etc/hostname" in files


@pytest.mark.parametrize("shell", SHELLS)
def test_secrets_do_not_leave_the_host(role: Path, shell: list[str]) -> None:
    said = run(role, shell, ["t.secrets"], Limits())["t.secrets"].stdout
    for secret in (b"abcdefgh", b"hunter2", b"ABCDEF", b"ijklmnop"):
        assert secret not in said
    assert said.count(b"<masked>") == 6
    assert b"root:<masked>:1" in said


@pytest.mark.parametrize("shell", SHELLS)
def test_after_the_hosts_limit_the_rest_is_skipped_and_said_to_be(
    role: Path, shell: list[str],
) -> None:
    found = run(role, shell, ["t.hang", "t.plain"], Limits(host_seconds=1))
    assert found["t.hang"].exit_code == 124
    assert found["t.plain"].exit_code == 124  # skipped: never looked at, so never believed


def test_a_script_cut_on_its_way_runs_nothing(role: Path) -> None:
    script = build_script(role, ["t.plain"], Limits())
    for cut in (len(script) // 2, len(script) - 30):
        done = subprocess.run(
            ["sh", "-s"], input=script[:cut].encode(), capture_output=True, check=False,
        )
        assert b"BEGIN" not in done.stdout


def test_an_unknown_probe_and_a_misnamed_one_are_refused(role: Path) -> None:
    with pytest.raises(PolicyError, match=r"nope\.nope"):
        build_script(role, ["nope.nope"], Limits())
    (role / "files" / "probes" / "u.sh").write_text("# probe: t.plain\ntrue\n", encoding="utf-8")
    load_probes.cache_clear()
    with pytest.raises(PolicyError, match="name it u"):
        load_probes(role / "files" / "probes")


def test_no_real_probe_writes_or_keeps_a_temporary_file() -> None:
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROLE / "files").rglob("*.sh")
    )
    code = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in code if "<<" in line], "bash keeps a here-document in a file"
    assert not [line for line in code if "mktemp" in line]
