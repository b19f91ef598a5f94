"""Kernel modules: one file, merged, and never what a host needs."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.errors import InputError
from opsrunner.remedies.modules import DROP_IN
from tests.unit.remedies.states import Files, after, again, carried, host

LOADABLE = dict.fromkeys(("cramfs", "hfs", "usb-storage", "dccp"), "loadable")


def on(names: object, states: dict[str, str] | None = None, files: Files | None = None) -> Draft:
    """Carry the variable out on a host whose modules have these states."""
    wanted: dict[str, Any] = {"harden_linux_modules_disabled": names}
    facts = {"modules.states": LOADABLE | (states or {})}
    draft = carried(host(wanted, files=files, facts=facts), wanted)
    assert not again(draft, wanted)
    return draft


def test_three_rules_share_one_file_in_any_order() -> None:
    texts = set()
    for order in (("hfs", "usb-storage", "dccp"), ("dccp", "hfs", "usb-storage")):
        draft = on([order[0]])
        for name in order[1:]:
            draft = carried(after(draft), {"harden_linux_modules_disabled": [name]})
        texts.add(draft.text(DROP_IN))
    header = "# Written by opsrunner (harden_linux_modules_disabled); changes here are lost.\n"
    assert texts == {header + "".join(
        f"install {name} /bin/true\n" for name in ("dccp", "hfs", "usb-storage"))}


def test_what_cannot_be_loaded_already_needs_no_line() -> None:
    states = {"cramfs": "disabled", "hfs": "not available", "dccp": "not disabled"}
    draft = on(["cramfs", "hfs", "dccp"], states)
    assert draft.text(DROP_IN).endswith("lost.\ninstall dccp /bin/true\n")
    assert not on(["cramfs", "hfs"], states).changes()


def test_a_loaded_module_goes_with_a_reboot() -> None:
    assert not on(["hfs"]).changes().reboot
    assert "usb-storage" in on(["usb-storage"], {"usb-storage": "loaded"}).changes().reboot[0]


@pytest.mark.parametrize("name", ["squashfs", "vfat", "udf", "dm-mod"])
def test_what_a_host_needs_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=name):
        on([name])


def test_what_only_a_person_can_settle() -> None:
    with pytest.raises(ByHand, match="hfs"):
        on(["hfs"], {"hfs": "built in"})
    other = {"/etc/modprobe.d/site.conf": "install usb_storage /sbin/modprobe --ignore-install x\n"}
    with pytest.raises(ByHand, match=r"site\.conf"):
        on(["usb-storage"], files=other)
    assert on(["hfs"], files=other).changes()
    with pytest.raises(InputError):
        on(["a; rm -rf /"])
