"""Facts about kernel parameters, modules, mounts and consoles: frames in, values out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.facts import (
    boot,
    consoles,
    coredumps,
    interfaces,
    kylin,
    kylinadvisories,
    kylinlogin,
    kylinservices,
    mac,
    modules,
    mounts,
    sysctl,
)
from opsrunner.facts.base import CannotTell, Host, registry
from opsrunner.models import Frame, Reason
from opsrunner.sources.wire import SECTION

OURS = (boot, consoles, coredumps, interfaces, kylin, kylinadvisories, kylinlogin, kylinservices,
        mac, modules, mounts, sysctl)


def host(frames: Mapping[str, Mapping[str, str]], platform: str = "rhel-8") -> Host:
    """Given sections by probe, return a host that sent them."""
    return Host(platform, {
        name: Frame(name, 0, "".join(f"{SECTION}{w}\n{b}" for w, b in parts.items()).encode())
        for name, parts in frames.items()
    })


LIVE = {"kernel": "fs.suid_dumpable = 0\n", "network": (
    "net/ipv4/ip_forward:0\nnet/ipv4/conf/all/rp_filter:1\nnet/ipv4/conf/all/forwarding:0\n"
    "net/ipv4/conf/eth0.7/rp_filter:0\nnet/ipv4/conf/eth0.7/forwarding:0\n"
)}


def test_a_dot_in_an_interface_is_kept_apart() -> None:
    view = host({"sysctl.live": LIVE}).get("sysctl.live")
    assert view["net.ipv4.conf.eth0/7.rp_filter"] == 0


def test_the_next_boot_reaches_an_interface_with_a_dot() -> None:
    files = {"file /etc/sysctl.d/a.conf": "net/ipv4/conf/eth0.7/rp_filter = 2\n", "boot": ""}
    view = host({"sysctl.live": LIVE, "sysctl.files": files}).get("sysctl.boot")
    assert view["net.ipv4.conf.eth0/7.rp_filter"] == 2
    assert view["net.ipv4.conf.all.rp_filter"] == 0


@pytest.mark.parametrize(
    ("first", "second", "forwards"),
    [("net.ipv4.ip_forward=1", "net.ipv4.conf.all.forwarding=0", 0),
     ("net.ipv4.conf.all.forwarding=0", "net.ipv4.ip_forward=1", 1)],
)
def test_the_later_of_two_names_of_one_switch_wins(first: str, second: str, forwards: int) -> None:
    files = {"file /etc/sysctl.d/a.conf": f"{first}\n{second}\n", "boot": ""}
    view = host({"sysctl.live": LIVE, "sysctl.files": files}).get("sysctl.boot")
    assert view["net.ipv4.ip_forward"] == forwards
    assert view["net.ipv4.conf.eth0/7.forwarding"] == forwards


def test_the_larger_reverse_path_value_counts() -> None:
    found = host({"sysctl.live": LIVE}).get("interfaces.reverse_paths_now")
    assert found["net.ipv4.conf.eth0/7.rp_filter"] == 1


def test_a_module_that_is_loaded_is_loaded_whatever_modprobe_would_do() -> None:
    sections = {"loaded": "usb_storage\n", "tree": "present\n", "builtin": "",
                "module usb-storage": "install /bin/true\n"}
    assert host({"modules.states": sections}).get("modules.usb_storage") == {
        "usb-storage": "loaded",
    }
    sections["loaded"] = ""
    assert host({"modules.states": sections}).get("modules.usb_storage") == {
        "usb-storage": "disabled",
    }


def test_a_module_nobody_asked_about_is_not_fine() -> None:
    with pytest.raises(CannotTell) as cannot:
        host({"modules.states": {"loaded": "", "tree": ""}}).get("modules.protocols")
    assert cannot.value.reason is Reason.NOT_COLLECTED


def test_kysec_reads_both_forms_alike() -> None:
    old = {"tool": "x", "status": "KySec status: Normal\n\nexec control: on\nthree admin : off\n"}
    new = {"tool": "x", "status": "KySec status: enabled\nexec control : on\nthree admin  : off\n"}
    assert host({"kylin.kysec": old}).get("kylin.kysec") == host({"kylin.kysec": new}).get(
        "kylin.kysec",
    )


@settings(max_examples=100)
@given(st.dictionaries(
    st.sampled_from(["kernel", "network", "boot", "links", "words", "fstab", "mounts", "paths",
                     "status", "tool", "about", "now", "entries", "live", "profiles", "loaded",
                     "file /etc/sysctl.d/a.conf", "file /boot/grub2/grub.cfg", "module cramfs",
                     "file /etc/systemd/system/rescue.service", "metadata", "advisories",
                     "file /etc/pam.d/system-auth", "secure_boot", "ima", "python3"]),
    st.text(st.characters(codec="utf-8", exclude_characters=SECTION), max_size=80), max_size=6,
))
def test_no_output_of_a_host_makes_a_fact_crash(sections: dict[str, str]) -> None:
    names = [name for name in registry() if name.partition(".")[0] in {
        module.__name__.rpartition(".")[2] for module in OURS
    }]
    probes = {probe for name in names for probe in registry()[name].probes}
    seen = host(dict.fromkeys(probes, sections))
    for name in names:
        try:
            seen.get(name)
        except (CannotTell, ValueError):  # the engine makes "unknown: unparsable" of a ValueError
            continue
