"""SSH server: what ``sshd -T`` says it would do, and what Match blocks may change of it."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.sshd import Block, match_blocks, possible, tokens
from opsrunner.sources.wire import SECTION

_MAIN = "/etc/ssh/sshd_config"
_WEAK_CIPHER = re.compile(r"cbc|3des|arcfour|rc4|blowfish|cast128|^des|^none$")
_WEAK_MAC = re.compile(r"md5|-96|sha1(?!\d)|^none$")
_WEAK_KEX = re.compile(r"group1-|group14-sha1|group-exchange-sha1|gex-sha1|^kexguess|rsa1024")
# What a banner must not give away: getty's escapes and the names and numbers of systems.
_LEAK = re.compile(
    r"(?i)\\[mrsvnl]|\\S|centos|red ?hat|kylin|debian|ubuntu|openeuler|openssh|kernel|\bel\d|linux",
)
_EVERYBODY = re.compile(r"[*?]*\*[*?]*(@.*)?").fullmatch
_MODERN = (7, 0)  # from here on the built-in lists are printed by -T and hold no arcfour


@fact(probes=["ssh.effective"])
def reloaded(host: Host) -> bool:
    """Return True: every running sshd has read its files as they are now.

    Raise CannotTell when one has not: ``sshd -T`` says what its next start would do.
    """
    for kind, text in host.sections("ssh.effective"):
        if kind == "unread":
            what = f"sshd was not reloaded since {', '.join(text.split())} changed"
            raise CannotTell(Reason.NOT_COLLECTED, what)
    return True


@fact(probes=["ssh.effective"], proviso="ssh.reloaded")
def daemons(host: Host) -> list[dict[str, dict[str, str]]]:
    """Return by running sshd (one that would run, when none does) its effective options.

    Shape: ``[{"root": {"permitrootlogin": "no", ...}, "any": {...}}]``: for root from an
    unexpected address, and for a connection that meets no Match block. Keys are in lower case;
    an option that comes several times is joined with blanks. The probe prints what holds for
    root first and the rest only where it differs. Source: sshd(8), ``-T`` and ``-C``.
    """
    plain, *parts = host.text("ssh.effective").split(SECTION)
    found = [{"root": _options(plain)}]
    for kind, _, text in (part.partition("\n") for part in parts):
        if kind == "root":
            found.append({})
        if kind != "unread":
            found[-1][kind] = _options(text)
    return [{"any": daemon["root"], **daemon} for daemon in found]


def _options(text: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key:
            values.setdefault(key.lower(), []).append(value.strip())
    if "permitrootlogin" not in values or "port" not in values:
        raise CannotTell(Reason.UNPARSABLE, "sshd -T gave no option list")
    return {key: " ".join(items) for key, items in values.items()}


@fact(facts=["ssh.daemons"])
def options(host: Host) -> dict[str, str]:
    """Return the first daemon's effective options for root from an unexpected address."""
    return dict(host.get("ssh.daemons")[0]["root"])


@fact(probes=["ssh.daemon"])
def present(host: Host) -> bool:
    """Return whether there is an SSH server: a binary, a running process or a service."""
    said = dict(host.sections("ssh.daemon"))
    return any(said.get(name, "").strip() for name in ("binary", "process", "unit"))


@fact(probes=["ssh.files"], facts=["ssh.daemons"])
def values(host: Host) -> dict[str, list[str]]:
    """Return by option every value that some connection to some sshd may meet.

    Shape: ``{"permitrootlogin": ["no", "yes"], ...}``: what holds for root, what holds outside
    Match blocks unless one of them always applies (for PermitRootLogin: to root), and what the
    blocks set. An option that one of the answers lacks is left out.
    """
    answers = host.get("ssh.daemons")
    blocks = _blocks(host, len(answers))
    found: dict[str, list[str]] = {}
    for key in frozenset.intersection(*(frozenset(a) for d in answers for a in d.values())):
        user = "root" if key == "permitrootlogin" else None
        met = [value for daemon, own in zip(answers, blocks, strict=True)
               for value in (daemon["root"][key], *_met(own, key, user, daemon["any"][key]))]
        found[key] = list(dict.fromkeys(met))
    return found


def _met(blocks: list[Block], key: str, user: str | None, outside: str) -> list[str]:
    return [outside if value is None else value for value in possible(blocks, key, user)]


def _blocks(host: Host, count: int) -> list[list[Block]]:
    """Return the Match blocks of each daemon's configuration, whatever file it is in."""
    files = host.files("ssh.files")
    loaded = [body.split("\n") for words, body in host.sections("ssh.files") if words == "loaded"]
    lists = [[path for path in paths if path] for paths in loaded] or [[_MAIN]]
    if len(lists) != count or not all(lists):
        raise CannotTell(Reason.UNPARSABLE, "sshd does not say which configuration it reads")
    return [_blocks_of(files, paths, told=bool(loaded)) for paths in lists]


def _blocks_of(files: Files, paths: list[str], *, told: bool) -> list[Block]:
    """Given the files a daemon reads, its main one first, return their Match blocks in order.

    ``told``: the daemon itself said that it reads these files and no others.
    """
    main, used = paths[0], {paths[0]}

    def included(pattern: str) -> list[str]:
        """Return the texts that an Include pattern names, in order."""
        base = [pattern] if pattern.startswith("/") else [f"/etc/ssh/{pattern}"]
        base += [] if pattern.startswith("/") else [f"{main.rpartition('/')[0]}/{pattern}"]
        named = [path for path, state in sorted(files.states.items()) if state != "missing"
                 and any(fnmatch.fnmatchcase(path, full) for full in base)]
        if not (named or told or files.states.keys() & set(base)):
            raise CannotTell(Reason.NOT_COLLECTED, f"Include {pattern}")
        used.update(named)
        return [text for path in named if (text := files.text(path)) is not None]

    text = files.text(main)
    if text is None:
        raise CannotTell(Reason.UNPARSABLE, f"{main} is missing")
    try:
        blocks = match_blocks(text, included)
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, str(error)) from None
    if lost := [path for path in paths if path not in used]:
        raise CannotTell(Reason.UNPARSABLE, f"which Include names {', '.join(lost)}?")
    return blocks


@fact(probes=["ssh.daemon"])
def version(host: Host) -> list[int]:
    """Return the OpenSSH server's version as ``[major, minor]``.

    Raise CannotTell when it does not say, or when several daemons say several.
    """
    said = dict(host.sections("ssh.daemon")).get("version", "")
    found = {(int(major), int(minor)) for major, minor in re.findall(r"OpenSSH_(\d+)\.(\d+)", said)}
    if len(found) != 1:
        raise CannotTell(Reason.UNPARSABLE, f"no one OpenSSH version in {said.strip()[:80]!r}")
    return list(found.pop())


@fact(facts=["ssh.version"])
def protocol_selectable(host: Host) -> bool:
    """Return whether this OpenSSH still has protocol 1 (removed from the server in 7.4)."""
    return bool(host.get("ssh.version") < [7, 4])


@fact(facts=["ssh.values", "ssh.version"])
def idle_session_ends(host: Host) -> bool:
    """Return whether an unanswered session is ever ended.

    ClientAliveInterval 0 sends nothing; ClientAliveCountMax 0 ended the session at once before
    OpenSSH 8.2 and never ends it since. Source: release notes of OpenSSH 8.2.
    """
    found = host.get("ssh.values")
    if not {"clientaliveinterval", "clientalivecountmax"} <= found.keys():
        raise CannotTell(Reason.UNPARSABLE, "sshd -T gave no ClientAlive options")
    if any(not value.strip("0") for value in found["clientaliveinterval"]):
        return False
    ever = all(value.strip("0") for value in found["clientalivecountmax"])
    return ever or bool(host.get("ssh.version") < [8, 2])


@fact(facts=["ssh.daemons"])
def max_startups(host: Host) -> dict[str, int]:
    """Return MaxStartups as ``{"start", "rate", "full"}``; a single number refuses all above it.

    Of several daemons each number is the loosest.
    """
    found = [_startups(answer.get("maxstartups", "")) for answer in _answers(host)]
    starts, rates, fulls = zip(*found, strict=True)
    return {"start": max(starts), "rate": min(rates), "full": max(fulls)}


def _startups(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d+)(?::(\d+):(\d+))?", text, re.ASCII)
    if match is None:
        raise CannotTell(Reason.UNPARSABLE, f"maxstartups {text!r}")
    start, rate, full = match.groups()
    return int(start), int(rate or 100), int(full or start)


def _answers(host: Host) -> list[dict[str, str]]:
    return [answer for daemon in host.get("ssh.daemons") for answer in daemon.values()]


def _weak(host: Host, option: str, pattern: re.Pattern[str]) -> list[str]:
    found = [name for answer in _answers(host) for name in _weak_of(host, answer, option, pattern)]
    return list(dict.fromkeys(found))


def _weak_of(
    host: Host, answer: dict[str, str], option: str, pattern: re.Pattern[str],
) -> list[str]:
    listed = answer.get(option, "")
    if listed in ("", "(null)", "default"):
        major, minor = host.get("ssh.version")
        if (major, minor) < _MODERN:
            return [f"built-in list of OpenSSH {major}.{minor}"]
        raise CannotTell(Reason.UNPARSABLE, f"sshd -T gave no {option}")
    return [name for name in listed.split(",") if pattern.search(name.strip().lower())]


@fact(facts=["ssh.daemons", "ssh.version"])
def weak_ciphers(host: Host) -> list[str]:
    """Return the accepted ciphers that are CBC, 3DES, RC4, Blowfish or CAST."""
    return _weak(host, "ciphers", _WEAK_CIPHER)


@fact(facts=["ssh.daemons", "ssh.version"])
def weak_macs(host: Host) -> list[str]:
    """Return the accepted MACs that use MD5, SHA-1 or 96 bits."""
    return _weak(host, "macs", _WEAK_MAC)


@fact(facts=["ssh.daemons", "ssh.version"])
def weak_kex(host: Host) -> list[str]:
    """Return the accepted key exchanges over group 1 or with SHA-1 on classic groups.

    Those over GSSAPI count where GSSAPIKeyExchange is on; before there was a list of them to
    choose from, all of them used SHA-1.
    """
    found = _weak(host, "kexalgorithms", _WEAK_KEX)
    for answer in _answers(host):
        if answer.get("gssapikeyexchange", "no").lower() != "no":
            names = answer.get("gssapikexalgorithms", "gss-group1-sha1-").split(",")
            found += [name for name in names if _WEAK_KEX.search(name.lower())]
    return list(dict.fromkeys(found))


@fact(probes=["ssh.files"], facts=["ssh.daemons"])
def allow_list(host: Host) -> list[str]:
    """Return the users and groups that AllowUsers and AllowGroups let in, none when open.

    Open is a daemon, and open is a Match block, in which neither list refuses anybody: an entry
    such as ``*`` or ``*@10.0.0.0/8`` names no account. Source: sshd_config(5), AllowUsers: once
    there is one, everybody else is refused; the lists of a Match block replace the others.
    """
    found, answers = [], host.get("ssh.daemons")
    for daemon, blocks in zip(answers, _blocks(host, len(answers)), strict=True):
        inside = [{**daemon["any"], **block.options} for block in blocks if "allowusers"
                  in block.options or "allowgroups" in block.options]
        for answer in (*daemon.values(), *inside):
            lists = [answer.get(key, "").split() for key in ("allowusers", "allowgroups")]
            closed = [words for words in lists if words and not any(map(_EVERYBODY, words))]
            if not closed:
                return []
            found += [word for words in closed for word in words]
    return list(dict.fromkeys(found))


@fact(probes=["ssh.banner"], facts=["ssh.values"])
def banner(host: Host) -> dict[str, Any]:
    """Return what a client is shown before login: ``{"path", "length", "leaks": [...]}``.

    ``path`` is None and ``length`` 0 when some connection is shown nothing.
    """
    paths = host.get("ssh.values").get("banner", ["none"])
    files = host.files("ssh.banner")
    shown: dict[str, Any] = {"path": paths[0], "length": 0, "leaks": []}
    for path in paths:
        text = None if path.lower() == "none" else files.text(path)
        if text is None or not text.strip():
            return {"path": None, "length": 0, "leaks": []}
        shown["length"] = len(text.strip())
        shown["leaks"] += sorted({word.group(0).lower() for word in _LEAK.finditer(text)})
    return shown


@fact(probes=["ssh.files"], facts=["ssh.options"])
def two_factor_hints(host: Host) -> dict[str, Any]:
    """Return what points to a second factor: AuthenticationMethods and what the files require.

    Shape: ``{"authenticationmethods": str, "combined": bool, "lines": [...]}``; ``combined``:
    every listed method joins at least two with a comma. For the person who decides.
    """
    methods = str(host.get("ssh.options").get("authenticationmethods", "any"))
    text = "\n".join(body for _, body in sorted(host.files("ssh.files").texts.items()))
    wanted = ("authenticationmethods", *(f"{way}authentication"
                                         for way in ("challengeresponse", "kbdinteractive")))
    lines = [" ".join(words) for line in text.split("\n") if (words := tokens(line))
             and words[0] in wanted]
    combined = methods != "any" and all("," in item for item in methods.split())
    return {"authenticationmethods": methods, "combined": combined, "lines": lines}
