"""Core dumps: the limit of everybody, exceptions, and what takes dumps."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.errors import InputError
from opsrunner.parse.limits import hard_limits
from opsrunner.remedies.coredumps import LIMITS, STORAGE
from tests.unit.remedies.states import Files, again, carried, host

MAIN = "/etc/security/limits.conf"


def limited(files: Files, value: object = 0, **lost: str) -> Draft:
    """Limit core dumps on a host with these files, twice."""
    wanted: dict[str, Any] = {"harden_linux_core_limit": value}
    facts = {"coredumps.limits": {"*": "not set"} | {f"pam {name}": why for name, why in
                                                     lost.items()}}
    draft = carried(host(wanted, files=files, facts=facts), wanted)
    assert not again(draft, wanted)
    return draft


def test_everybody_gets_the_limit_unless_it_is_there() -> None:
    draft = limited({MAIN: "* soft core 0\n* hard core unlimited\n"})
    assert hard_limits([draft.text(MAIN), draft.text(LIMITS)], "core") == {"*": "0"}
    assert not limited({MAIN: "* hard core 0\n"}).changes()
    assert not limited({MAIN: "* - core 0\noracle hard core 0\n"}).changes()


def test_exceptions_and_missing_modules_are_a_persons() -> None:
    with pytest.raises(ByHand, match="oracle unlimited"):
        limited({"/etc/security/limits.d/a.conf": "oracle hard core unlimited\n"})
    with pytest.raises(ByHand, match="pam sshd"):
        limited({}, sshd="no pam_limits")
    with pytest.raises(InputError):
        limited({}, "none")


def kept(now: str, boot: str = "file", value: object = "none") -> Draft:
    """Have systemd-coredump keep nothing on a host where this becomes of dumps."""
    wanted: dict[str, Any] = {"harden_linux_coredump_storage": value}
    state = host(wanted, facts={"coredumps.kept": {"now": now, "at boot": boot}})
    draft = carried(state, wanted)
    assert not again(draft, wanted)
    return draft


def test_only_systemd_coredump_is_told_to_keep_nothing() -> None:
    assert kept("external").text(STORAGE).endswith("[Coredump]\nStorage=none\n")
    assert kept("file", "journal").exists(STORAGE)
    for enough in ("file", "none", "discarded"):
        assert not kept(enough).changes()
    with pytest.raises(ByHand, match="abrt"):
        kept("/usr/libexec/abrt-hook-ccpp")
    with pytest.raises(InputError):
        kept("file", value="external")
