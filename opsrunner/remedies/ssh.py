"""The SSH server's options, and the warning it shows before a login."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.remedies import sshdcrypto, sshdfile
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.sshdallow import GROUPS, allowed
from opsrunner.remedies.sshdvalues import LISTS, SPELLING, WHO, is_value, known_to, meets
from opsrunner.remedies.values import mapping, refused

Version = tuple[int, int]
_PROTOCOL_1_GONE = (7, 4)
_WEAK = {"ciphers": "ssh.weak_ciphers", "macs": "ssh.weak_macs", "kexalgorithms": "ssh.weak_kex"}
_STOCK = re.compile(
    r"\\S|Kernel \\r on an \\m.*|.* release [\d.]+.*|Debian GNU/Linux \d+.*|\s*", re.IGNORECASE,
)
_WARNING = """\
警告: 本系统仅供授权人员使用, 所有操作均被记录和审计, 未经授权的访问将被追究责任。
WARNING: authorised use only. All activity is recorded and audited.
"""


def _reads(value: Any) -> Reads:  # noqa: ANN401 - checked in the remedy
    names = {str(name).lower() for name in value} if isinstance(value, dict) else set()
    banner = [value[name] for name in value if str(name).lower() == "banner"] if names else []
    return Reads(
        files=(*sshdfile.FILES, sshdcrypto.SYSCONFIG, GROUPS,
               *(path for path in banner if is_value("banner", str(path)) and path != "none")),
        stats=(sshdfile.FOLDER,),
        accounts=True,
        facts=("ssh.daemons", "ssh.values", "ssh.version", *(("ssh.banner",) if banner else ()),
               *(_WEAK[name] for name in sorted(names & _WEAK.keys()))),
    )


@remedy("sshd_options", "dict", _reads,
        "Options of sshd_config by name, values as text; what is stricter stays, and an option "
        "that would cut the automation account off is refused.")
def sshd_options(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have sshd take the options before all others, for every connection."""
    wanted = _checked(value)
    if len(draft.fact("ssh.daemons")) > 1:
        raise ByHand("主机运行多个配置不同的 sshd, 须逐个处理",
                     "several sshd with configurations of their own run here: do it one by one")
    major, minor = draft.fact("ssh.version")
    version = (int(major), int(minor))
    for name, text in wanted.items():
        _refuse_harm(draft, name, text)
    wanted = allowed(draft, wanted)
    if "protocol" in wanted and version >= _PROTOCOL_1_GONE:
        del wanted["protocol"]
    lists = _lists(draft, wanted, version)
    ruled = {name: text for name, text in lists.items() if name in sshdcrypto.ruled(draft)}
    rest = {name: text for name, text in wanted.items()
            if name not in LISTS and name != "banner"}
    sshdfile.refuse_exceptions(draft, rest, version)
    new = {name: text for name, text in rest.items() if not _is_met(draft, name, text, version)}
    new |= {name: text for name, text in lists.items() if name not in ruled}
    policy = sshdcrypto.narrowed(draft, ruled)
    if "banner" in wanted and _warn(draft, wanted["banner"]):
        new["banner"] = wanted["banner"]
    sshdcrypto.put(draft, policy)
    sshdfile.put(draft, new)


def _checked(value: Any) -> dict[str, str]:  # noqa: ANN401 - what the inventory gave
    """Return options by name in lower case. Raise InputError naming all that cannot be set."""
    words = {True: "yes", False: "no"}
    wrong, found = [], {}
    for name, given in mapping("sshd_options", value).items():
        text = words[given] if isinstance(given, bool) else str(given)
        if name.lower() == "maxstartups" and isinstance(given, list):
            text = ":".join(map(str, given))  # start, rate, full
        if name.lower() not in SPELLING:
            wrong.append(f"{name}: is none of {', '.join(sorted(SPELLING.values()))}")
        elif not is_value(name.lower(), text):
            wrong.append(f"{name}: {text!r} is no value of it")
        else:
            found[name.lower()] = text
    if wrong or not found:
        raise refused("sshd_options", wrong or ["must name at least one option"])
    return found


def _refuse_harm(draft: Draft, name: str, text: str) -> None:
    login = draft.state.login
    if name == "pubkeyauthentication" and text.lower() == "no":
        raise Refused("关闭公钥登录会立即切断自动化运维",
                      "turning keys off would cut the automation off at once")
    if name == "permitrootlogin" and text in ("no", "forced-commands-only") and login == "root":
        raise Refused("控制端仍以 root 登录; 先在清单中改用另一个可 sudo 的账户 (ansible_user), "
                      "即以其登录为证",
                      "the controller itself still logs in as root: give it another account with "
                      "sudo in the inventory (ansible_user) first, whose login is the proof")


def _is_met(draft: Draft, name: str, text: str, version: Version) -> bool:
    held = sshdfile.ours(draft).get(name)
    if held is not None:
        return meets(name, held, text, version)
    values = draft.fact("ssh.values").get(name, [])
    return bool(values) and name not in WHO and all(
        meets(name, now, text, version) for now in values)


def _lists(draft: Draft, wanted: Mapping[str, str], version: Version) -> dict[str, str]:
    """Return the lists of algorithms that have to be set: this sshd knows all of their names."""
    found = {}
    for name in sorted(wanted.keys() & LISTS.keys()):
        known = known_to(version, wanted[name])
        if not known:
            old = f"OpenSSH {version[0]}.{version[1]}"
            raise ByHand(f"{old} 不支持所要求的 {SPELLING[name]}",
                         f"{old} has none of the wanted {SPELLING[name]}")
        held = sshdfile.ours(draft).get(name)
        met = meets(name, held, known, version) if held else not draft.fact(_WEAK[name])
        if not met:
            found[name] = known
    return found


def _warn(draft: Draft, path: str) -> bool:
    """Put a warning into the banner's file where it has none; return whether sshd must be told."""
    shown = draft.fact("ssh.banner")
    if path == "none" or (shown["length"] and not shown["leaks"]):
        return False
    text = draft.text(path)
    if all(_STOCK.fullmatch(line) for line in text.split("\n")):
        draft.write(path, _WARNING)
    elif text != _WARNING and shown["path"] == path:
        raise ByHand(f"{path} 的内容泄露系统信息, 须由撰写者改写",
                     f"{path} gives the system away: whoever wrote it must word it anew")
    return True
