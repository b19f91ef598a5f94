"""Kernel parameters: the values that hold now, and a file that wins at every boot.

systemd reads sysctl.d by file name, and digits come before letters: the file's name is late. What
is read later still, and ``/etc/sysctl.conf`` (which ``sysctl -p`` and ``sysctl --system`` apply
last), is changed in place where it says otherwise. EL 6 knows ``/etc/sysctl.conf`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.parse.sysctlconf import as_number, assigned, dotted, merge, path_of, patterns
from opsrunner.remedies import marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import edited
from opsrunner.remedies.values import mapping, refused

MAIN, DROP_IN = "/etc/sysctl.conf", "/etc/sysctl.d/zz-opsrunner.conf"
UNIT = "systemd-sysctl.service"
_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")  # the first hides the others
_FILES = (MAIN, DROP_IN, "/etc/sysctl.d/*", *(f"{one}/sysctl.d/*.conf" for one in _FOLDERS[1:]))
_BACKUPS = ("~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave")  # EL 6 initscripts skip them
_HEADER = "# Written by opsrunner (harden_linux_sysctl); changes here are lost."
_LINE = re.compile(r"(\s*-?\s*([^\s=#;]+)\s*=\s*)(.*?)(\s*)")
_KEY = re.compile(r"[a-z]\w*(\.[\w/:@-]+)+", re.ASCII)
_WHOLE = re.compile(r"net/(ipv[46])/conf/all/(\w+)")
# Of these the interface's own value counts beside that of "all".
_OWN = ("accept_redirects", "send_redirects", "rp_filter", "forwarding")
_LARGER_IS_STRICTER = frozenset((
    "net/ipv4/tcp_syncookies", "kernel/dmesg_restrict", "kernel/kptr_restrict",
    "kernel/yama/ptrace_scope",
))
_ROUTES, _FORWARDERS = "interfaces.several_default_routes", "interfaces.forwarders"


def _reads(wanted: Mapping[str, Any]) -> Reads:
    whole = [match for key in wanted if (match := _WHOLE.fullmatch(path_of(str(key))))]
    each = [f"net.{match[1]}.conf.*.{match[2]}" for match in whole if match[2] in _OWN]
    return Reads(
        files=_FILES, units=(UNIT,), sysctls=(*(str(key) for key in wanted), *each),
        facts=("sysctl.live", _ROUTES, _FORWARDERS),
    )


@remedy("sysctl", "dict", _reads,
        "Kernel parameters by name, now and at every boot; one this kernel lacks is left out.")
def sysctl(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Make each parameter, and where it counts each interface, as strict as wanted."""
    _refuse_nonsense(wanted)
    if draft.unit(UNIT).enabled == "masked":
        raise ByHand(f"{UNIT} 已屏蔽，重启后不会应用任何内核参数",
                     f"{UNIT} is masked: no boot would apply kernel parameters")
    goals = {path_of(str(key)): str(value) for key, value in wanted.items()
             if draft.sysctl(str(key)) is not None}
    goals = _loosened(draft, goals)
    _refuse_router(draft, goals)
    _persist(draft, goals)
    _set_now(draft, goals)


def _refuse_nonsense(wanted: Mapping[str, Any]) -> None:
    items = mapping("sysctl", wanted).items()
    problems = [(key, "is no kernel parameter") for key, _ in items if not _KEY.fullmatch(str(key))]
    problems += [(key, f"{value!r} is no value of one") for key, value in items
                 if not re.fullmatch(r"[ -~]+", str(value)) or isinstance(value, bool)]
    if problems:
        raise refused("sysctl", [f"{key}: {said}" for key, said in problems])


def _loosened(draft: Draft, goals: Mapping[str, str]) -> dict[str, str]:
    """Where default routes leave by several interfaces the loose filter (2) is the right one."""
    strict = [path for path, value in goals.items() if path.endswith("/rp_filter") and value == "1"]
    loose = bool(strict) and draft.fact(_ROUTES)
    return {**goals, **dict.fromkeys(strict, "2")} if loose else dict(goals)


def _refuse_router(draft: Draft, goals: Mapping[str, str]) -> None:
    closed = [path for path, value in goals.items() if value == "0"
              and (path == "net/ipv4/ip_forward" or path.endswith("/forwarding"))]
    needing = draft.fact(_FORWARDERS) if closed else []
    if needing:
        raise Refused(f"本机运行需要转发的程序：{'、'.join(needing)}",
                      f"programs here need forwarding: {', '.join(needing)}")


def _good(path: str, value: str | None, wanted: str) -> bool:
    """Return whether a written or live value is as strict as the wanted one."""
    held, goal = as_number(value or ""), as_number(wanted)
    if held is None or goal is None:
        return value is not None and value.split() == wanted.split()
    if path in _LARGER_IS_STRICTER:
        return held >= goal
    if path.endswith("/accept_source_route") and goal == 0:
        return held <= 0
    if path.endswith("/rp_filter"):
        # 1 is stricter than 2; below "all" an interface filters with the larger of both.
        whole = path.split("/")[3] in ("all", "default")
        return held in (1, goal) if whole else held <= goal
    return held == goal


def _persist(draft: Draft, goals: Mapping[str, str]) -> None:
    if draft.is_("el6"):
        _persist_el6(draft, goals)
        return
    of_interfaces = _of_interfaces(draft, goals)
    for path in _later(draft):
        _in_place(draft, path, {**goals, **of_interfaces})
    settings = merge(draft.text(path) for path in _order(draft))
    lacking = {path: value for path, value in goals.items()
               if not _good(path, settings.get(path), value)}
    known = patterns(settings)
    for path, value in of_interfaces.items():
        now = assigned(settings, path, known)
        if now is not None and not _good(path, now, value):
            family, name = path.split("/")[1], path.split("/")[4]
            lacking[path if path in settings else f"net/{family}/conf/*/{name}"] = value
    own = {path: value for path, value in merge([draft.text(DROP_IN)]).items() if value is not None}
    if lacking:
        _write(draft, DROP_IN, "\n".join([_HEADER, *_lines({**own, **lacking}), ""]))


def _order(draft: Draft) -> list[str]:
    """Return the files systemd reads at boot, in its order; those of an earlier folder hide."""
    chosen = {}
    for folder in reversed(_FOLDERS):
        prefix = f"{folder}/sysctl.d/"
        for path in draft.paths(prefix):
            if path.endswith(".conf"):
                chosen[path.removeprefix(prefix)] = path
    return [chosen[name] for name in sorted(chosen)]


def _later(draft: Draft) -> list[str]:
    """Return what is read after our file, and sysctl.conf, which people apply by hand."""
    ours = DROP_IN.rpartition("/")[2]
    late = [path for path in _order(draft) if path.rpartition("/")[2] > ours]
    return [MAIN, *late]


def _in_place(draft: Draft, path: str, goals: Mapping[str, str]) -> None:
    """Change the lines of a file that say otherwise; one outside /etc is not ours to change."""
    def change(body: str) -> str | None:
        match = _LINE.fullmatch(body)
        goal = goals.get(path_of(match[2].lstrip("-"))) if match else None
        if match is None or goal is None or _good(path_of(match[2].lstrip("-")), match[3], goal):
            return None
        return f"{match[1]}{goal}{match[4]}"

    text = draft.text(path)
    new = edited(text, change)
    if new == text:
        return
    if not draft.file(path).path.startswith("/etc/"):
        raise ByHand(f"{path} 最后生效且不在 /etc 下，须人工修改",
                     f"{path} is read last and does not lie in /etc: a person must change it")
    _write(draft, path, new)


def _write(draft: Draft, path: str, text: str) -> None:
    draft.write(path, text)
    draft.validate("sysctl_file")


def _persist_el6(draft: Draft, goals: Mapping[str, str]) -> None:
    """EL 6 applies sysctl.conf, later updates sysctl.d too: no file may say otherwise."""
    dropped = [path for path in draft.paths("/etc/sysctl.d/") if not path.endswith(_BACKUPS)]
    everywhere = {**goals, **_of_interfaces(draft, goals)}
    for path in (MAIN, *dropped):
        _in_place(draft, path, everywhere)
    settings = merge([draft.text(MAIN)])
    lacking = {path: value for path, value in goals.items() if path not in settings}
    if lacking:
        foreign, ours = marked.cut(draft.text(MAIN))
        block = {path: value for path, value in merge(ours).items() if value is not None}
        _write(draft, MAIN, marked.put(foreign, _lines({**block, **lacking})))


def _lines(settings: Mapping[str, str]) -> list[str]:
    return [f"{dotted(path)} = {value}" for path, value in sorted(settings.items())]


def _of_interfaces(draft: Draft, goals: Mapping[str, str]) -> dict[str, str]:
    """Return the goals of each interface there is, where its own value counts."""
    wanted: dict[tuple[str, str], str] = {}
    if "net/ipv4/ip_forward" in goals:
        wanted["ipv4", "forwarding"] = goals["net/ipv4/ip_forward"]
    for path, value in goals.items():
        match = _WHOLE.fullmatch(path)
        if match and match[2] in _OWN:
            wanted[match[1], match[2]] = value
    found: dict[str, str] = {}
    for key in draft.fact("sysctl.live") if wanted else ():
        words = path_of(key).split("/")
        if words[2:3] == ["conf"] and words[3] not in ("all", "default", "lo"):
            goal = wanted.get((words[1], words[4]))
            found |= {} if goal is None else {"/".join(words): goal}
    return found


def _set_now(draft: Draft, goals: Mapping[str, str]) -> None:
    for path, value in goals.items():
        key = dotted(path)
        if not _good(path, draft.sysctl(key), value):
            _set(draft, key, value)
    for path, value in _of_interfaces(draft, goals).items():
        key = dotted(path)
        # Forwarding of all interfaces follows the switch for all of them in the kernel.
        if not path.endswith("/forwarding") and not _good(path, draft.sysctl(key), value):
            _set(draft, key, value)


def _set(draft: Draft, key: str, value: str) -> None:
    draft.set_sysctl(key, value)
    draft.activate("sysctl")
