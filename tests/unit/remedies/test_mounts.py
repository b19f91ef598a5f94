"""Mount options: fstab where it decides, units where they do, a person where nothing is mounted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.errors import InputError
from opsrunner.parse.fstab import flags, targets
from opsrunner.remedies.mounts import FSTAB
from tests.unit.remedies.states import Files, again, carried, host

ALL = ["nodev", "nosuid", "noexec"]
TMP, VAR_TMP, SHM = "/tmp", "/var/tmp", "/dev/shm"  # noqa: S108 - the mount points of the rule
VENDOR = "/usr/lib/systemd/system/tmp.mount"
UNIT = ("[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n"
        "Options=mode=1777,strictatime,nosuid,nodev,size=50%%\n")
DROP_IN = "/etc/systemd/system/tmp.mount.d/zz-opsrunner.conf"
BARE = {TMP: [], VAR_TMP: [], SHM: ["nodev", "nosuid"]}


def on(
    path: str, files: Files, live: list[str] | None = None, boot: list[str] | None = None,
    options: object = None,
) -> Draft:
    """Ask for the options of one place on a host that mounts it so now and at boot."""
    wanted: dict[str, Any] = {"harden_linux_mount_options": {path: options or ALL}}
    facts = {"mounts.live": {**BARE, path: live or []}, "mounts.boot": {**BARE, path: boot or []}}
    draft = carried(host(wanted, files=files, facts=facts), wanted)
    assert not again(draft, wanted)
    return draft


def of(draft: Draft, path: str) -> list[str]:
    """Return which of the three hold in fstab for a place."""
    return flags(*(options for target, options in targets(draft.text(FSTAB)) if target == path))


def test_an_entry_gets_the_options_and_loses_what_undoes_them() -> None:
    text = "# fstab\nUUID=a / xfs defaults 0 0\n/dev/v\t/tmp  xfs  defaults,exec,noatime 0 2 # x"
    draft = on(TMP, {FSTAB: text})
    assert draft.text(FSTAB) == text.replace(
        "defaults,exec,noatime", "defaults,noatime,nodev,nosuid,noexec")
    assert draft.changes().activate == ("mounts",)
    assert draft.changes().validate == ("fstab",)
    done = on(TMP, {FSTAB: text}, live=ALL, boot=ALL)
    assert not done.changes()


def test_shared_memory_gets_a_line_of_its_own() -> None:
    draft = on(SHM, {FSTAB: "UUID=a / xfs defaults 0 0"}, ["nodev", "nosuid"],
               ["nodev", "nosuid", "not set"])
    assert draft.text(FSTAB) == (
        "UUID=a / xfs defaults 0 0\ntmpfs /dev/shm tmpfs defaults,nodev,nosuid,noexec 0 0\n")
    el6 = on(SHM, {FSTAB: "tmpfs  /dev/shm  tmpfs   defaults        0 0\n"})
    assert el6.text(FSTAB) == (
        "tmpfs  /dev/shm  tmpfs   defaults,nodev,nosuid,noexec        0 0\n")


def test_the_vendors_unit_becomes_an_entry_that_hides_it() -> None:
    draft = on(TMP, {VENDOR: UNIT, FSTAB: ""}, ["nodev", "nosuid"], ["nodev", "nosuid"])
    assert draft.text(FSTAB) == (
        "tmpfs /tmp tmpfs mode=1777,strictatime,nosuid,nodev,size=50%,noexec 0 0\n")
    assert of(draft, TMP) == sorted(ALL)


def test_a_unit_that_hides_fstab_gets_a_drop_in_and_the_next_mount_obeys() -> None:
    own = {"/etc/systemd/system/tmp.mount": UNIT, FSTAB: "tmpfs /tmp tmpfs defaults 0 0\n"}
    draft = on(TMP, own)
    assert draft.text(DROP_IN).endswith(
        "[Mount]\nOptions=mode=1777,strictatime,nosuid,nodev,size=50%%,noexec\n")
    assert draft.changes().activate == ("systemd",)
    assert TMP in draft.changes().reboot[0]
    dropped = {VENDOR: UNIT, "/etc/systemd/system/tmp.mount.d/a.conf": "[Mount]\nOptions=exec\n"}
    assert on(TMP, dropped).text(DROP_IN).endswith("Options=nodev,nosuid,noexec\n")


@pytest.mark.parametrize(
    ("live", "boot", "files", "said"),
    [
        (["on /"], ["not mounted"], {}, "no mount of its own"),
        (["on /var"], ["on /var", "nodev"], {}, "no mount of its own"),
        ([], ["masked"], {}, "no mount of its own"),
        (["nodev"], ALL, {}, "mount -o remount,nodev,nosuid,noexec /tmp"),
        ([], [], {FSTAB: "/x /tmp none bind 0 0\n"}, "bind"),
        ([], [], {FSTAB: "/x /tmp xfs\n"}, "no options"),
        ([], [], {}, "was not found"),
    ],
)
def test_what_only_a_person_can_do(
    live: list[str], boot: list[str], files: Files, said: str,
) -> None:
    with pytest.raises(ByHand, match=said):
        on(TMP, files, live, boot)


def test_nonsense_is_refused() -> None:
    for path, options in (("/var", ALL), (TMP, ["ro"]), (TMP, "nodev"), (TMP, [["nodev"]])):
        with pytest.raises(InputError):
            on(path, {}, options=options)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_fstab_keeps_its_other_lines(text: str) -> None:
    try:
        draft = on(SHM, {FSTAB: text})
    except ByHand:
        return
    assert draft.text(FSTAB).startswith(text) or SHM in text
    assert any(target == SHM for target, _ in targets(draft.text(FSTAB)))
