"""``iptables-save`` text -> chains of the filter table. Source: iptables-save(8), iptables(8)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import lru_cache

from opsrunner.parse.addresses import everybody, never_ours
from opsrunner.parse.netfilter import ACCEPT, DROP, UNSURE, Chain, Condition, Match, Rule

_YES, _NO = Condition("fixed"), Condition("fixed", fixed=Match.NO)
_CHOICE, _UNSURE = Condition("fixed", fixed=Match.CHOICE), Condition("fixed", fixed=Match.UNSURE)
_GOES_ON = frozenset(
    ("LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "SET", "AUDIT", "SECMARK", "CONNSECMARK", "TOS",
     "DSCP", "TCPMSS", "CLASSIFY", "TRACE", "NOTRACK", "CT", "CHECKSUM", "TTL", "HL", "LED",
     "ACCOUNT"),
)
_VERDICTS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "TARPIT": DROP, "RETURN": "return"}
_PROTOCOLS = {"0": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "ipv6-icmp", "132": "sctp"}
_SENDERS = frozenset(  # what the sender of a packet has in his hand
    ("--sport", "--sports", "--source-port", "--source-ports", "--tcp-option", "--icmp-type",
     "--icmpv6-type", "--length", "--dscp", "--tos", "--ttl-eq",
     "--ttl-gt", "--ttl-lt", "--string", "--hex-string", "--limit", "--hashlimit",
     "--hashlimit-upto", "--timestart", "--timestop", "--weekdays", "--datestart", "--datestop"),
)
_OVER = frozenset(("--hashlimit-above", "--connlimit-above"))  # a single connection is below
_IGNORED = frozenset(
    ("--comment", "--limit-burst", "--hashlimit-burst", "--hashlimit-mode", "--hashlimit-name",
     "--hashlimit-htable-size", "--hashlimit-htable-max", "--hashlimit-htable-expire",
     "--hashlimit-htable-gcinterval", "--connlimit-mask", "--name", "--mask", "--algo", "--from",
     "--to", "--kerneltz", "--hashlimit-srcmask", "--hashlimit-dstmask"),
)
_TARGETS = frozenset(("-j", "--jump", "-g", "--goto"))
_FLAGS = frozenset(
    ("--set", "--rsource", "--rdest", "--connlimit-saddr", "--connlimit-daddr", "--rttl",
     "--kerneltz", "--utc", "--localtz", "--contiguous", "--reap"),
)


@lru_cache(maxsize=128)
def chains_of(text: str, table: str = "filter") -> dict[str, Chain]:
    """Given ``iptables-save`` output, return the chains of one table, empty without it.

    Raise ValueError for a line that iptables-restore would not take.
    """
    chains: dict[str, Chain] = {}
    current = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("*"):
            current = line[1:].strip()
        elif not line or line.startswith("#") or line == "COMMIT" or current != table:
            continue
        elif line.startswith(":"):
            name, _, rest = line[1:].partition(" ")
            policy = _VERDICTS.get(rest.split(" ")[0], "")
            chains[name] = Chain(policy=policy)
        else:
            _add(chains, line)
    return chains


def _add(chains: dict[str, Chain], line: str) -> None:
    words = shlex.split(line)
    if words and words[0].startswith("["):  # counters, with iptables-save -c
        words = words[1:]
    if len(words) < 2 or words[0] not in ("-A", "--append", "-I", "--insert"):  # noqa: PLR2004
        raise ValueError(f"not a rule: {line[:80]}")
    if words[1] not in chains:
        raise ValueError(f"a rule for chain {words[1]}, which does not exist")
    rules = chains[words[1]].rules
    if words[0] in ("-I", "--insert"):
        numbered = len(words) > 2 and words[2].isdigit()  # noqa: PLR2004
        rules.insert(int(words[2]) - 1 if numbered else 0, rule_of(words[3 if numbered else 2 :]))
    else:
        rules.append(rule_of(words[2:]))


def rule_of(words: list[str]) -> Rule:
    """Given the words of a rule after its chain, return it. Raise ValueError when cut short."""
    conditions: list[Condition] = []
    target, goto, negated = "", False, False
    index = 0
    while index < len(words):
        word = words[index]
        if word == "!":
            negated, index = True, index + 1
            continue
        if word in _FLAGS or word == "--syn":
            conditions.append(_NO if word == "--syn" and negated else _YES)
            negated, index = False, index + 1
            continue
        following = words[index + 1] if index + 1 < len(words) else None
        if not word.startswith("-") or following is None or (
            following.startswith("-") and word not in _TARGETS
        ):  # a switch without a value that this table does not know
            if word in _TARGETS:
                raise ValueError(f"{word} without a value")
            conditions.append(_UNSURE)
            negated, index = False, index + 1
            continue
        value, step = following, 2
        if value == "!":  # the old place of the negation
            negated, step = True, 3
            value = words[index + 2] if index + 2 < len(words) else ""
        if word in ("--tcp-flags", "--match-set"):
            value, step = " ".join([value, *words[index + step : index + step + 1]]), step + 1
        if word in _TARGETS:
            target, goto = value, word in ("-g", "--goto")
            break
        conditions.append(_condition(word, value, negated=negated))
        negated, index = False, index + step
    return _rule(tuple(conditions), target, goto=goto)


def _rule(conditions: tuple[Condition, ...], target: str, *, goto: bool) -> Rule:
    if target in _VERDICTS:
        return Rule(conditions, verdict=_VERDICTS[target])
    if target in _GOES_ON or not target:
        return Rule(conditions)
    if target in ("QUEUE", "NFQUEUE"):
        return Rule(conditions, verdict=UNSURE)
    return Rule(conditions, jump=target, goto=goto)


def _condition(word: str, value: str, *, negated: bool) -> Condition:
    if word in ("-m", "--match") or word in _IGNORED:
        return _UNSURE if word in ("-m", "--match") and value in _WEIGHTLESS else _YES
    if word in _SENDERS:
        return _CHOICE
    if word in _OVER:
        return _YES if negated else _NO
    reader = _READERS.get(word)
    return reader(value, negated) if reader else _UNSURE


def _flip(met: bool, negated: bool) -> Condition:  # noqa: FBT001 - two truth values, nothing else
    return _YES if met != negated else _NO


def _source(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    if any(everybody(part) for part in value.split(",")):
        return _flip(met=True, negated=negated)
    return Condition("outside", (value,), negated)


def destination(value: str, *, negated: bool) -> Match:
    """Given a destination, return whether a packet to this host meets it.

    Which of the host's addresses is used is the sender's choice; a group or loopback address
    is none that a connection from outside can use.
    """
    if everybody(value):
        return Match.NO if negated else Match.YES
    if never_ours(value):
        return Match.YES if negated else Match.NO
    return Match.CHOICE


def _ports(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    pairs = []
    for part in value.split(","):
        low, colon, high = part.partition(":")
        pair = (low or "0", high or "65535") if colon else (low, low)
        if not (pair[0].isdigit() and pair[1].isdigit()):
            return _UNSURE
        pairs.append((int(pair[0]), int(pair[1])))
    return Condition("port", tuple(pairs), negated)


def opens(mask: str, wanted: str) -> bool:
    """Given a mask of TCP flags and those wanted, return whether an opening SYN has just them."""
    words = [{flag for flag in re.split(r"[|,\s()]+", text.upper()) if flag not in ("", "NONE")}
             for text in (mask, wanted)]
    return words[1] == ({"SYN"} & words[0] if words[0] != {"ALL"} else {"SYN"})


def _flags(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    mask, _, wanted = value.partition(" ")
    return _flip(met=opens(mask, wanted), negated=negated)


def _states(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return _flip(met="NEW" in value.upper().split(","), negated=negated)


def _set(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    if "src" in value.partition(" ")[2].split(","):
        return Condition("outside", (value,), negated)
    return _UNSURE


def _type(value: str, negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return _flip(met=bool({"LOCAL", "UNICAST", "HOST"} & set(value.upper().split(","))),
                 negated=negated)


_WEIGHTLESS = frozenset(("recent", "geoip", "physdev", "mark", "connmark", "owner", "socket",
                         "policy", "u32", "bpf", "cgroup", "statistic", "quota", "rpfilter"))
_READERS: dict[str, Callable[[str, bool], Condition]] = {
    "-s": _source, "--source": _source, "--src": _source, "--src-range": _source,
    "--mac-source": lambda value, negated: Condition("outside", (value,), negated),
    "--match-set": _set,
    "-p": lambda value, negated: Condition(
        "protocol", (_PROTOCOLS.get(value.lower(), value.lower()),), negated),
    "-i": lambda value, negated: Condition("interface", (value,), negated),
    "-d": lambda value, negated: Condition("fixed", fixed=destination(value, negated=negated)),
    "--dport": _ports, "--dports": _ports, "--destination-port": _ports,
    "--destination-ports": _ports, "--ports": _ports,
    "--state": _states, "--ctstate": _states, "--tcp-flags": _flags,
    "--dst-type": _type, "--pkt-type": _type,
    "--src-type": _type,
}
_READERS |= {
    "--protocol": _READERS["-p"], "--proto": _READERS["-p"], "--in-interface": _READERS["-i"],
    "--destination": _READERS["-d"], "--dst": _READERS["-d"],
}
