"""Modes: rights are only taken away, groups that a distribution needs keep theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import FileState
from opsrunner.errors import InputError
from tests.unit.remedies.states import account, again, carried, file, folder, host

ROOT = [{"name": "root", "gid": 0}]
GROUPS = [{"name": "root", "gid": 0, "members": []}, {"name": "shadow", "gid": 42, "members": []},
          {"name": "ssh_keys", "gid": 998, "members": []}]
SHADOW = {"/etc/shadow": "0000", "/etc/gshadow": "0000", "/etc/shadow-": "0600"}
SSH = {"/etc/ssh/sshd_config": "0600", "/etc/ssh/sshd_config.d/*": "0600",
       "/etc/ssh/ssh_host_*_key": "0600", "/etc/ssh/ssh_host_*_key.pub": "0644"}


def on(
    variable: str, value: object, files: list[FileState], platform: str = "rhel-8",
    **rest: Any,  # noqa: ANN401 - fields of HostState
) -> dict[str, tuple[int | None, int | None, int | None]]:
    """Carry a variable out on a host with these files, twice; return mode, uid, gid by path."""
    wanted: dict[str, Any] = {f"harden_linux_{variable}": value}
    rest.setdefault("facts", {"accounts.group": GROUPS, "accounts.passwd": ROOT})
    state = host(wanted, platform, {one.path: one for one in files}, **rest)
    draft: Draft = carried(state, wanted)
    assert not again(draft, wanted)
    found = {one.path: draft.file(one.path) for one in files if one.path in state.files}
    return {path: (one.mode, one.uid, one.gid) for path, one in found.items()}


def test_shadow_is_roots_alone_but_on_debian_its_group_reads() -> None:
    loose = [file("/etc/shadow", mode=0o644, gid=42), file("/etc/gshadow", mode=0o640, gid=42)]
    on_el = on("files_modes", SHADOW, loose)
    assert on_el == {"/etc/shadow": (0, 0, 0), "/etc/gshadow": (0, 0, 0)}
    on_debian = on("files_modes", SHADOW, loose, "debian-12")
    assert on_debian == {"/etc/shadow": (0o640, 0, 42), "/etc/gshadow": (0o640, 0, 42)}
    peopled = [{**row, "members": ["ann"] if row["name"] == "shadow" else []} for row in GROUPS]
    own = [*ROOT, {"name": "ann", "gid": 42}]
    for groups, accounts in ((peopled, ROOT), (GROUPS, own)):
        facts = {"accounts.group": groups, "accounts.passwd": accounts}
        assert on("files_modes", SHADOW, loose[1:], "debian-12", facts=facts) == {
            "/etc/gshadow": (0o640, 0, 0)}


def test_patterns_host_keys_and_hidden_files() -> None:
    found = on("files_modes", SSH, [
        file("/etc/ssh/sshd_config", mode=0o644, uid=5),
        file("/etc/ssh/sshd_config.d/a.conf", mode=0o664),
        file("/etc/ssh/sshd_config.d/.hidden", mode=0o664),
        file("/etc/ssh/ssh_host_rsa_key", mode=0o644, gid=998),
        file("/etc/ssh/ssh_host_ed25519_key", mode=0o644, gid=7),
        file("/etc/ssh/ssh_host_rsa_key.pub", mode=0o644),
    ])
    assert found == {
        "/etc/ssh/sshd_config": (0o600, 0, 0), "/etc/ssh/sshd_config.d/a.conf": (0o600, 0, 0),
        "/etc/ssh/ssh_host_rsa_key": (0o640, 0, 998),
        "/etc/ssh/ssh_host_ed25519_key": (0o600, 0, 0),
        "/etc/ssh/ssh_host_rsa_key.pub": (0o644, 0, 0),
    }


def test_what_is_missing_is_left_out_and_nonsense_is_refused() -> None:
    assert on("files_modes", {"/etc/sudoers": "0440"}, []) == {}
    for wrong in ({"/etc/sudoers": 440}, {"/etc/sudoers": "u=r"}, {"/etc/sudoers": "0888"}):
        with pytest.raises(InputError):
            on("files_modes", wrong, [])


@given(st.integers(0, 0o7777), st.integers(0, 0o777))
@settings(max_examples=100, deadline=None)
def test_no_right_is_ever_given(mode: int, limit: int) -> None:
    found = on("files_modes", {"/etc/a": f"{limit:04o}"}, [file("/etc/a", mode=mode)])
    after = found["/etc/a"][0] or 0
    assert not after & ~mode
    assert not after & ~limit


def homes(files: list[FileState], *rows: dict[str, Any], home: str = "/home/ann") -> dict[
        str, tuple[int | None, int | None, int | None]]:
    """Restrict the home of ann, of which the fact says these rows."""
    return on("files_home_mode", "0750", files, accounts={"ann": account("ann", home=home)},
              facts={"permissions.home_folders": list(rows)})


def test_homes_lose_what_others_and_the_group_may_write() -> None:
    ann = folder("/home/ann", 0o2777, 1000, 1000)
    assert homes([ann])["/home/ann"] == (0o2750, 1000, 1000)
    assert homes([folder("/home/ann", 0o700, 1000)])["/home/ann"] == (0o700, 1000, 0)


def test_a_home_of_somebody_else_or_of_the_system_is_a_persons() -> None:
    other = {"path": "/home/ann", "wrong": ["not owned by ann"]}
    with pytest.raises(ByHand, match="/home/ann"):
        homes([folder("/home/ann", 0o755, 0)], other)
    for path in ("/", "/usr/share/x", "/var/log", "/etc", "/home"):
        row = {"path": path, "wrong": ["mode beyond 0750"]}
        with pytest.raises(ByHand, match=path):
            homes([folder(path)], row, home=path)
    far = {"path": "/disk7/ann", "wrong": ["mode beyond 0750"]}
    with pytest.raises(ByHand, match="disk7"):
        homes([folder("/disk7/ann", 0o755)], far, home="/disk7/ann")


def test_a_system_folder_stays_even_when_something_else_had_it_read() -> None:
    both: dict[str, Any] = {"harden_linux_files_modes": {"/etc/x": "0755"},
                            "harden_linux_files_home_mode": "0750"}
    row = {"path": "/etc/x", "wrong": ["mode beyond 0750"]}
    state = host(both, files={"/etc/x": folder("/etc/x")},
                 accounts={"ann": account("ann", home="/etc/x")},
                 facts={"accounts.group": GROUPS, "accounts.passwd": ROOT,
                        "permissions.home_folders": [row]})
    with pytest.raises(ByHand, match="/etc/x"):
        carried(state, {"harden_linux_files_home_mode": "0750"})


def keys(one: FileState, *wrong: str, listed: str = "") -> dict[
        str, tuple[int | None, int | None, int | None]]:
    """Restrict a private key of which the fact says this."""
    row = {"path": listed or one.path, "wrong": list(wrong)}
    return on("files_private_keys", "0600", [one], facts={"keys.private": [row]})


def test_private_keys_are_for_their_owner() -> None:
    mine = file("/home/ann/.ssh/id_rsa", mode=0o664, uid=1000, gid=1000)
    assert keys(mine, "mode beyond 0600") == {mine.path: (0o600, 1000, 1000)}
    assert keys(mine)[mine.path] == (0o664, 1000, 1000)  # the fact found nothing wrong
    server = file("/etc/pki/tls/private/a.key", mode=0o640, gid=0)
    assert keys(server, "mode beyond 0600") == {server.path: (0o600, 0, 0)}
    with pytest.raises(ByHand, match="group"):  # nginx may read it so
        keys(server.with_(gid=99), "mode beyond 0600")
    with pytest.raises(ByHand):
        keys(server, "owner is neither root nor the account")
    with pytest.raises(ByHand, match="/opt"):
        keys(server, "mode beyond 0600", listed="/opt/x/y/z.key")
