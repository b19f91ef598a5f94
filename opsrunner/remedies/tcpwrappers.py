"""TCP wrappers of EL 6 and 7: SSH from named sources only, where sshd asks them at all."""

from __future__ import annotations

from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse import hostsaccess
from opsrunner.remedies import marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.sources import CONTROLLER, Network, networks, refuse_lockout

_VARIABLE = "tcp_wrappers_ssh_sources"
_ALLOW, _DENY = "/etc/hosts.allow", "/etc/hosts.deny"
_OPEN = "sshd: "
_SHUT = "sshd: ALL"
_WRITABLE = 0o022


@remedy(
    _VARIABLE, "list", Reads(files=(_ALLOW, _DENY), facts=("firewall.wrapper_faults", CONTROLLER)),
    "Addresses and networks that hosts.allow lets use SSH; hosts.deny refuses all others, and "
    "the controller's own must be among them.",
)
def tcp_wrappers_ssh_sources(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given networks, allow them in ``hosts.allow`` and refuse others in ``hosts.deny``."""
    allowed = networks(_VARIABLE, wanted)
    refuse_lockout(draft, allowed)
    if any("without libwrap" in fault for fault in draft.fact("firewall.wrapper_faults")):
        raise ByHand("sshd 未链接 libwrap，TCP Wrappers 对它不起作用",
                     "sshd is built without libwrap: TCP wrappers do not apply to it")
    rest, ours = marked.cut(draft.text(_ALLOW))
    # A line each: together they may be longer than libwrap reads.
    new = sorted({*ours, *(f"{_OPEN}{_word(network)}" for network in allowed)})
    _write(draft, _ALLOW, marked.put(rest, new, at=0))
    rest, _ = marked.cut(draft.text(_DENY))
    if hostsaccess.admits(draft.text(_ALLOW), draft.text(_DENY), "sshd") is not False:
        _write(draft, _DENY, marked.put(rest, [_SHUT]))
    if hostsaccess.admits(draft.text(_ALLOW), draft.text(_DENY), "sshd") is not False:
        raise ByHand("hosts.allow 中另有放行所有来源的条目，请先整理",
                     "another entry of hosts.allow admits everybody: put it in order first")
    for path in (_ALLOW, _DENY):
        if draft.exists(path):
            draft.set_mode(path, (draft.file(path).mode or 0) & ~_WRITABLE, uid=0)


def _word(network: Network) -> str:
    """Return a network in the form that every libwrap reads; it knows IPv4 masks, not lengths."""
    if network.version == 4:  # noqa: PLR2004 - IP versions
        host = network.num_addresses == 1
        return str(network.network_address if host else network.with_netmask)
    return f"[{network.network_address}]/{network.prefixlen}"


def _write(draft: Draft, path: str, text: str) -> None:
    if text != draft.text(path):
        draft.write(path, text)
