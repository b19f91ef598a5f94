"""Reading: the script run by real shells on real files, and its frames taken apart again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from opsrunner.changes.file_frames import FILE_LIMIT
from opsrunner.changes.reading import Target, read_script, read_state
from opsrunner.changes.state import (
    ABSENT,
    DIRECTORY,
    FileState,
    HostState,
)
from opsrunner.errors import InputError
from opsrunner.facts.base import CannotTell
from opsrunner.models import Frame, Reason
from opsrunner.remedies.base import Reads
from opsrunner.sources.wire import SECTION, frames, unpack

ROLE = Path(__file__).parents[3] / "roles" / "observe_linux"
MARK = "0123456789abcdef0123456789abcdef"
SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"])
          if shutil.which(shell[0])]
TARGET = Target("a", "debian-12", ("linux", "debian"))


def read(reads: Reads, shell: Iterable[str] = ("/bin/sh",), *, user: int | None = None,
         ) -> HostState:
    """Read this machine by a shell, perhaps as another user."""
    reading = read_script(ROLE, reads, TARGET.families)
    done = subprocess.run(
        [*shell, "-s"], input=reading.script.replace("@OPS_MARK@", MARK).encode(),
        capture_output=True, check=False, timeout=60, user=user,
    )
    stream = unpack(done.stdout, MARK, limit=1 << 24)
    assert stream is not None, done.stderr
    return read_state(frames(stream, MARK, reading.caps), reads, TARGET)


BYTES = {
    "plain": b"one\ntwo\n",
    "dos": b"one\r\ntwo\r\n",
    "no final newline": b"one\ntwo",
    "empty": b"",
    "binary \\ $x `id`": bytes(range(256)),
    "配置文件": "端口 22\n".encode(),
    "-rf": b"leading dash\n",
    "hash": b"root:$6$saltsalt$abcdefghijklmnop:1\npassword = open sesame\n",
    "forged": f"@{MARK} E state.files\n".encode(),
    "e": b"\x1e section\n",
    "longest": b"x" * FILE_LIMIT,
}


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_every_byte_mode_and_owner_is_what_is_there(shell: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    for number, (name, content) in enumerate(BYTES.items()):
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600 + number)
    (folder / "new\nline").write_bytes(b"n")
    state = read(Reads(files=(f"{folder}/*",)), shell)
    assert set(state.files) == {str(folder / name) for name in (*BYTES, "new\nline")}
    for number, (name, content) in enumerate(BYTES.items()):
        path = str(folder / name)
        assert state.files[path] == FileState(
            path, "file", 0o600 + number, os.getuid(), os.getgid(), content,
        )


def test_a_name_that_is_no_utf_8_survives(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")).write_bytes(b"x")
    (path,) = read(Reads(files=(f"{tmp_path}/*",))).files
    assert path.encode("utf-8", "surrogateescape").endswith(b"/\xff\xfe")


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_links_are_followed_and_both_paths_known(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "auth-ac").write_bytes(b"x\n")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "real" / "auth").symlink_to("auth-ac")
    (tmp_path / "auth").symlink_to(tmp_path / "folder" / "auth")
    asked = tuple(f"{tmp_path}/{name}" for name in ("auth", "folder/auth-ac", "folder/new"))
    state = read(Reads(files=asked, stats=(f"{tmp_path}/folder",)), shell)
    real = str(tmp_path / "real" / "auth-ac")
    for path in (asked[0], asked[1], real):
        found = state.files[path]
        assert isinstance(found, FileState)
        assert (found.path, found.content) == (real, b"x\n")
    assert state.files[asked[2]] == FileState(str(tmp_path / "real" / "new"), ABSENT)
    folder = state.files[f"{tmp_path}/folder"]
    assert isinstance(folder, FileState)
    assert (folder.kind, folder.path) == (DIRECTORY, str(tmp_path / "real"))


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_what_is_not_there_is_absent_and_a_pattern_without_match_is_nothing(
    shell: list[str], tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    missing = (f"{tmp_path}/no", f"{tmp_path}/no/such/folder", f"{tmp_path}/file/below")
    state = read(Reads(files=(*missing, f"{tmp_path}/*.conf", f"{tmp_path}/*/x*")), shell)
    assert set(state.files) == set(missing)
    assert [state.files[path] for path in missing[:2]] == [
        FileState(path, ABSENT) for path in missing[:2]
    ]


def _why(state: HostState, path: str) -> Reason:
    reason = state.files[path]
    assert isinstance(reason, CannotTell), reason
    return reason.reason


def test_what_is_no_file_of_content_says_why(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "long").write_bytes(b"x" * (FILE_LIMIT + 1))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "beside").write_bytes(b"well\n")
    state = read(Reads(files=(f"{tmp_path}/*",)))
    assert _why(state, f"{tmp_path}/dangling") == Reason.UNPARSABLE
    assert _why(state, f"{tmp_path}/loop") == Reason.UNPARSABLE
    assert _why(state, f"{tmp_path}/long") == Reason.TRUNCATED
    for name, kind, content in (
        ("folder", "directory", None), ("pipe", "other", None), ("beside", "file", b"well\n"),
    ):
        found = state.files[f"{tmp_path}/{name}"]
        assert isinstance(found, FileState)
        assert (found.kind, found.content) == (kind, content)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can read as somebody else")
def test_what_another_user_may_not_see_is_denied() -> None:
    folder = Path("/var/tmp") / f"reading-{os.getpid()}"  # noqa: S108 - a place others may enter
    try:
        (folder / "closed").mkdir(parents=True)
        (folder / "closed" / "file").write_bytes(b"x")
        (folder / "mine").write_bytes(b"x")
        (folder / "theirs").write_bytes(b"x")
        folder.chmod(0o755)
        (folder / "closed").chmod(0o700)
        (folder / "mine").chmod(0o600)
        (folder / "theirs").chmod(0o644)
        asked = tuple(f"{folder}/{name}" for name in ("mine", "closed/file", "closed/no",
                                                     "closed/*", "*/f*"))
        reads = Reads(files=(*asked, f"{folder}/theirs", f"{folder}/no"), accounts=True)
        state = read(reads, user=65534)
        assert {_why(state, path) for path in asked} == {Reason.DENIED}
        assert isinstance(state.files[f"{folder}/theirs"], FileState)
        assert state.files[f"{folder}/no"] == FileState(f"{folder}/no", ABSENT)
        assert isinstance(state.accounts, CannotTell)
        assert isinstance(read(reads).files[asked[0]], FileState), "root sees it"
    finally:
        shutil.rmtree(folder)


def test_no_link_leads_to_a_secret(tmp_path: Path) -> None:
    (tmp_path / "server.key").write_bytes(b"secret")
    (tmp_path / "server.pub").write_bytes(b"public")
    for name in ("key", "pub"):
        (tmp_path / f"link-{name}").symlink_to(f"server.{name}")
    asked = (f"{tmp_path}/link-key", f"{tmp_path}/link-pub", f"{tmp_path}/server*")
    state = read(Reads(files=asked, stats=("/etc/shadow",)))
    assert _why(state, asked[0]) == Reason.DENIED
    assert _why(state, f"{tmp_path}/server.key") == Reason.DENIED
    public = state.files[asked[1]]
    assert isinstance(public, FileState)
    assert public.content == b"public"


REFUSED = (
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/*", "/etc/sh*", "/etc/ssh/ssh_host_*",
    "/root/.ssh/id_rsa", "/etc/pki/tls/private/x", "/home/*/.netrc", "relative", "/a//b", "/a/",
    "/a/../etc/shadow", "/a\nb", "/proc/cmdline",
)
ALLOWED = (
    "/etc/passwd", "/etc/pam.d/*", "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf",
    "/etc/ssh/ssh_host_rsa_key.pub", "/home/*/.bashrc", "/",
)


def test_all_that_must_not_be_read_is_refused_at_once() -> None:
    with pytest.raises(InputError) as refused:
        read_script(
            ROLE, Reads(files=(*ALLOWED, *REFUSED), units=("sshd", "sshd.service", "-x.service;"),
                        sysctls=("net.ipv4.ip_forward", "../x", "a b")), (),
        )
    keys = [(problem.file, problem.key) for problem in refused.value.problems]
    assert keys == [*(("files", path) for path in REFUSED), ("units", "sshd"),
                    ("units", "-x.service;"), ("sysctls", "../x"), ("sysctls", "a b")]
    read_script(ROLE, Reads(files=ALLOWED, stats=("/etc/shadow", "/etc/*")), ())


def test_sysctls_accounts_facts_and_day_come_along() -> None:
    reads = Reads(
        sysctls=("net.ipv4.ip_forward", "net.ipv4.no_such", "kernel.no_such"),
        accounts=os.getuid() == 0, facts=("system.processes",),
    )
    state = read(reads)
    forward = Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="utf-8").strip()
    assert state.sysctls == {
        "net.ipv4.ip_forward": forward, "net.ipv4.no_such": None, "kernel.no_such": None,
    }
    assert state.facts["system.processes"]
    assert state.today > 20_000
    assert state.login
    if reads.accounts:
        assert not isinstance(state.accounts, CannotTell)
        assert state.accounts["root"].uid == 0


def test_a_pattern_of_a_parameter_gives_every_one_there_is() -> None:
    state = read(Reads(sysctls=("net.ipv4.conf.*.rp_filter", "net.no_such.*.x")))
    names = {path.name for path in Path("/proc/sys/net/ipv4/conf").iterdir()}
    translated = {name.translate(str.maketrans(".", "/")) for name in names}
    assert state.sysctls.keys() == {f"net.ipv4.conf.{name}.rp_filter" for name in translated}
    assert all(isinstance(value, str) and value.isdigit() for value in state.sysctls.values())


def test_the_mode_of_a_secret_may_be_looked_at_and_a_link_says_what_its_file_says(
    tmp_path: Path,
) -> None:
    for name in ("server.key", ".netrc", "plain.conf"):
        (tmp_path / name).write_text("text")
    (tmp_path / "link").symlink_to("plain.conf")
    reads = Reads(files=(f"{tmp_path}/plain.conf",),
                  stats=(f"{tmp_path}/server.key", f"{tmp_path}/.netrc", f"{tmp_path}/link"))
    files = read(reads).files
    for name in ("server.key", ".netrc"):
        known = files[f"{tmp_path}/{name}"]
        assert isinstance(known, FileState)
        assert (known.kind, known.content) == ("file", None)
    assert files[f"{tmp_path}/link"] == files[f"{tmp_path}/plain.conf"]


def test_without_the_frame_nothing_is_known() -> None:
    reads = Reads(files=("/a",), units=("a.service",), sysctls=("a.b",), accounts=True,
                  facts=("system.processes",))
    said = f"{SECTION}login\nme\n{SECTION}today\n9\n".encode()
    state = read_state({"state.self": Frame("state.self", 0, said)}, reads, TARGET)
    answers = [state.files["/a"], state.units["a.service"], state.sysctls["a.b"], state.accounts,
               state.facts["system.processes"]]
    assert all(isinstance(answer, CannotTell) for answer in answers)
    with pytest.raises(CannotTell):
        read_state({}, reads, TARGET)


@pytest.mark.parametrize(("uid", "root"), [("0", True), ("1001", False), ("", False)])
def test_who_did_not_become_root_is_known(uid: str, root: bool) -> None:  # noqa: FBT001 - a case
    said = f"{SECTION}login\nme\n{SECTION}uid\n{uid}\n{SECTION}today\n9\n".encode()
    assert read_state({"state.self": Frame("state.self", 0, said)}, Reads(), TARGET).root is root


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_it_says_whether_it_runs_as_root(shell: list[str]) -> None:
    state = read(Reads(), shell)
    assert state.root is (os.getuid() == 0)
    assert state.login


@pytest.mark.skipif(os.getuid() != 0, reason="only root may write its login")
@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_who_became_root_by_su_is_told_by_the_kernel(shell: list[str]) -> None:
    reading = read_script(ROLE, Reads(), TARGET.families)
    script = reading.script.replace("@OPS_MARK@", MARK)
    daemon = pwd.getpwnam("daemon").pw_uid
    logins = {}
    for number in (daemon, 2**32 - 1):
        done = subprocess.run(
            ["/bin/sh", "-c", 'echo "$0" >/proc/self/loginuid && exec "$@"', str(number), *shell,
             "-s"], input=script.encode(), capture_output=True, check=True, timeout=60,
            env={key: value for key, value in os.environ.items() if key != "SUDO_USER"},
        )
        stream = unpack(done.stdout, MARK, limit=1 << 24)
        assert stream is not None, done.stderr
        logins[number] = read_state(frames(stream, MARK, reading.caps), Reads(), TARGET).login
    assert logins == {daemon: "daemon", 2**32 - 1: "root"}
