"""Kernel parameters: the file that wins, the values of now, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import OTHER, FileState, UnitState
from opsrunner.errors import InputError
from opsrunner.facts.base import Host
from opsrunner.models import Frame
from opsrunner.remedies.sysctl import UNIT
from opsrunner.remedies.sysctlfiles import DROP_IN, MAIN
from opsrunner.sources.wire import SECTION
from tests.unit.remedies.states import Files, after, carried, host

EL6 = ("net.ipv4.ip_forward = 0\nnet.ipv4.conf.default.rp_filter = 1\n"
       "# Controls\nnet.ipv4.tcp_syncookies = 1\n")
LIVE = {
    "net.ipv4.ip_forward": 0, "net.ipv4.tcp_syncookies": 1, "kernel.kptr_restrict": 0,
    "kernel.randomize_va_space": 2,
    **{f"net.ipv4.conf.{one}.{name}": value for one in ("all", "default", "lo", "eth0")
       for name, value in (("accept_redirects", 1), ("send_redirects", 1), ("rp_filter", 0),
                           ("log_martians", 0), ("forwarding", 0), ("accept_source_route", 0))},
    **{f"net.ipv6.conf.{one}.{name}": value for one in ("all", "default", "lo", "eth0")
       for name, value in (("accept_redirects", 1), ("forwarding", 0), ("disable_ipv6", 0))},
}
REDIRECTS = {f"net.{one}.accept_redirects": 0 for one in (
    "ipv4.conf.all", "ipv4.conf.default", "ipv6.conf.all", "ipv6.conf.default")}
FILTER = {"net.ipv4.conf.all.rp_filter": 1, "net.ipv4.conf.default.rp_filter": 1}


def on(
    values: dict[str, Any], files: Files | None = None, platform: str = "rhel-8",
    live: dict[str, int] | None = None, **facts: object,
) -> Draft:
    """Carry the variable out on a host with these files and live values, twice."""
    wanted = {"harden_linux_sysctl": values}
    now = LIVE | (live or {})
    said = {"sysctl.live": now, "interfaces.several_default_routes": False,
            "interfaces.forwarders": [], **{k.replace("__", "."): v for k, v in facts.items()}}
    known: dict[str, Any] = {key: str(value) for key, value in now.items()}
    known |= {key: None for key in values if key not in known}
    state = host(wanted, platform, files or {}, facts=said, sysctls=known,
                 units={UNIT: UnitState(UNIT, present=True, enabled="static")})
    draft = carried(state, wanted)
    later = after(draft)
    live_later = {key: int(str(value)) for key, value in later.sysctls.items() if value is not None}
    assert not carried(after(draft, **{"sysctl.live": now | live_later}), wanted).changes()
    return draft


def at_boot(draft: Draft, platform: str = "rhel-8", version: int = 252) -> dict[str, Any]:
    """Return what the rules' own fact says the next boot would set."""
    files = {path: known for path, known in after(draft).files.items()
             if isinstance(known, FileState) and known.exists}
    body = "".join(f"{SECTION}file {path}\n{draft.text(path)}" for path in files)
    about = f"{SECTION}boot\nshared libsystemd-shared-{version}.so\n"
    live = "".join(f"{key.translate(str.maketrans('./', '/.'))}:{value}\n"
                   for key, value in LIVE.items())
    frames = {
        "sysctl.live": Frame("sysctl.live", 0, f"{SECTION}kernel\n{SECTION}network\n{live}"
                             .encode()),
        "sysctl.files": Frame("sysctl.files", 0, (body + about).encode()),
    }
    found: dict[str, Any] = Host(platform, frames).get("sysctl.boot")
    return found


def lines(draft: Draft) -> list[str]:
    """Return the settings of our file."""
    return [line for line in draft.text(DROP_IN).split("\n") if line and line[0] != "#"]


def changed(draft: Draft) -> dict[str, str]:
    """Return the live values the draft changes."""
    return {o.target: draft.sysctl(o.target) or "" for o in draft.changes().operations
            if o.target.startswith(("net.", "kernel."))}


def test_redirects_reach_every_interface_but_loopback() -> None:
    draft = on(REDIRECTS)
    own = ["net.ipv4.conf.eth0.accept_redirects", "net.ipv6.conf.eth0.accept_redirects"]
    assert lines(draft) == [f"{key} = 0" for key in sorted([*REDIRECTS, *own])]
    containers = on(REDIRECTS, live={"net.ipv6.conf.veth12.accept_redirects": 1})
    assert not any("veth" in line for line in lines(containers))
    assert "net.ipv6.conf.veth12.accept_redirects" in changed(containers)
    assert changed(draft) == dict.fromkeys(
        [*REDIRECTS, *own], "0")
    assert draft.changes().validate == ("sysctl_file",)


def test_a_pattern_or_a_line_of_an_interface_is_answered_in_kind() -> None:
    debian = {"/usr/lib/sysctl.d/50-default.conf": "net.ipv4.conf.default.rp_filter = 2\n"
              "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n"}
    draft = on(FILTER, debian, "debian-12")
    assert lines(draft) == ["net.ipv4.conf.*.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 1",
                            "net.ipv4.conf.default.rp_filter = 1"]
    found = at_boot(draft, "debian-12")
    assert {found[f"net.ipv4.conf.{one}.rp_filter"] for one in ("all", "default", "eth0")} == {1}
    late = {"/etc/sysctl.d/zzz.conf": "net.ipv4.conf.eth0.accept_redirects=1\n"}
    assert at_boot(on(REDIRECTS, late))["net.ipv4.conf.eth0.accept_redirects"] == 0
    single = {"/etc/sysctl.d/a.conf": "net.ipv4.conf.eth0.accept_redirects=1\n"}
    assert "net.ipv4.conf.eth0.accept_redirects = 0" in lines(on(REDIRECTS, single))


def test_two_ways_out_get_the_loose_filter() -> None:
    draft = on(FILTER, interfaces__several_default_routes=True)
    assert set(changed(draft).values()) == {"2"}
    already = dict.fromkeys(FILTER, 1)
    assert not changed(on(FILTER, live=already, interfaces__several_default_routes=True))


@pytest.mark.parametrize(
    ("key", "wanted", "held"),
    [("net.ipv4.tcp_syncookies", 1, 2), ("kernel.kptr_restrict", 1, 2),
     ("net.ipv4.conf.all.accept_source_route", 0, -1), ("kernel.randomize_va_space", 2, 2)],
)
def test_what_is_as_strict_stays(key: str, wanted: int, held: int) -> None:
    files = {"/etc/sysctl.d/site.conf": f"{key} = {held}\n"}
    assert not on({key: wanted}, files, live={key: held}).changes()
    weaker = on({key: wanted}, {"/etc/sysctl.d/site.conf": f"{key} = 7x\n"}, live={key: held})
    assert lines(weaker) == [f"{key} = {wanted}"]


def test_what_is_read_later_is_changed_where_it_stands() -> None:
    files = {
        "/etc/sysctl.d/k8s.conf": "net.ipv4.ip_forward = 1\n",
        "/etc/sysctl.d/zzz.conf": "# last\n net.ipv4.ip_forward=1 \nvm.swappiness = 1",
        MAIN: "net/ipv4/ip_forward = 1\r\n",
    }
    draft = on({"net.ipv4.ip_forward": 0}, files)
    assert draft.text("/etc/sysctl.d/k8s.conf") == files["/etc/sysctl.d/k8s.conf"]
    assert draft.text("/etc/sysctl.d/zzz.conf") == (
        "# last\n net.ipv4.ip_forward=0 \nvm.swappiness = 1")
    assert draft.text(MAIN) == "net/ipv4/ip_forward = 0\r\n"
    assert at_boot(draft)["net.ipv4.ip_forward"] == 0
    with pytest.raises(ByHand, match=r"zzz\.conf"):
        on({"net.ipv4.ip_forward": 0},
           {"/usr/lib/sysctl.d/zzz.conf": files["/etc/sysctl.d/zzz.conf"]})


def test_a_link_to_nowhere_hides_and_says_nothing() -> None:
    files: Files = {
        "/etc/sysctl.d/99-a.conf": FileState("/dev/null", OTHER, 0o666, 0, 0),
        "/usr/lib/sysctl.d/99-a.conf": "net.ipv4.tcp_syncookies = 1\n",
    }
    assert lines(on({"net.ipv4.tcp_syncookies": 1}, files)) == ["net.ipv4.tcp_syncookies = 1"]


def test_el6_knows_its_one_file_and_conflicting_others() -> None:
    values = {"net.ipv4.ip_forward": 0, "net.ipv4.tcp_syncookies": 1, **FILTER}
    files = {MAIN: EL6, "/etc/sysctl.d/a": "net.ipv4.conf.all.rp_filter = 0\n",
             "/etc/sysctl.d/a.bak": "net.ipv4.conf.all.rp_filter = 0\n"}
    draft = on(values, files, "centos-6")
    assert draft.text(MAIN) == (
        f"{EL6}# BEGIN opsrunner\nnet.ipv4.conf.all.rp_filter = 1\n# END opsrunner\n")
    assert draft.text("/etc/sysctl.d/a") == "net.ipv4.conf.all.rp_filter = 1\n"
    assert draft.text("/etc/sysctl.d/a.bak") == files["/etc/sysctl.d/a.bak"]
    assert at_boot(draft, "centos-6")["net.ipv4.conf.all.rp_filter"] == 1
    assert not draft.exists(DROP_IN)


def test_a_key_this_kernel_lacks_is_left_out() -> None:
    draft = on({"kernel.yama.ptrace_scope": 1, "kernel.kptr_restrict": 1})
    assert lines(draft) == ["kernel.kptr_restrict = 1"]
    assert changed(draft) == {"kernel.kptr_restrict": "1"}


def test_who_forwards_is_not_cut_off() -> None:
    with pytest.raises(Refused, match="dockerd"):
        on({"net.ipv4.ip_forward": 0}, interfaces__forwarders=["dockerd"])
    assert on({"net.ipv4.tcp_syncookies": 1}, interfaces__forwarders=["dockerd"]).changes()


def test_a_masked_service_and_nonsense() -> None:
    wanted = {"harden_linux_sysctl": {"net.ipv4.tcp_syncookies": 1}}
    masked = UnitState(UNIT, present=True, enabled="masked")
    state = host(wanted, units={UNIT: masked}, sysctls={"net.ipv4.tcp_syncookies": "1"})
    with pytest.raises(ByHand, match="masked"):
        carried(state, wanted)
    with pytest.raises(InputError) as caught:
        on({"rm -rf": 1, "net.ipv4.ip_forward": "0\n1"})
    assert str(caught.value).count("\n") == 1


@given(st.permutations(sorted({**REDIRECTS, **FILTER, "kernel.kptr_restrict": 1})))
@settings(max_examples=20, deadline=None)
def test_the_order_of_keys_makes_no_difference(order: list[str]) -> None:
    values = {**REDIRECTS, **FILTER, "kernel.kptr_restrict": 1}
    for platform, path in (("rhel-8", DROP_IN), ("centos-6", MAIN)):
        files = {MAIN: EL6}
        for key in order:
            draft = on({key: values[key]}, files, platform)
            files[path] = draft.text(path)
        assert files[path] == on(values, {MAIN: EL6}, platform).text(path)


@given(st.text(st.characters(codec="ascii"), max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_file_leaves_the_value_wanted_at_boot(text: str) -> None:
    files = {MAIN: text.replace("\x1e", ""), "/etc/sysctl.d/zzzz.conf": text.replace("\x1e", "")}
    draft = on({"net.ipv4.ip_forward": 0}, files)
    assert at_boot(draft)["net.ipv4.ip_forward"] == 0
    assert draft.text(MAIN) == files[MAIN]
