"""What a packet filter does with a new connection from somewhere nobody listed.

Rules of iptables and nft are brought to one form and walked like the kernel does. The packet is
an outsider's: its source is in no listed network, its state NEW, and what its sender may choose
(source port, flags, rate, time) counts as chosen to get through. ``unsure`` when a condition
nobody can weigh from here decides. Source: iptables(8), iptables-extensions(8), nft(8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

ACCEPT, DROP, UNSURE, FALL = "accept", "drop", "unsure", "fall"
_DEPTH = 60


class Match(Enum):
    """Whether the outsider's packet meets a condition."""

    YES = "yes"
    NO = "no"
    CHOICE = "choice"  # the sender decides
    UNSURE = "unsure"  # cannot be told from here


@dataclass(frozen=True, slots=True)
class Packet:
    """A new connection: protocol, port, the interface it comes in by, and the IP version."""

    protocol: str
    port: int
    interface: str = "eth0"
    family: int = 4


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: ``kind`` with its values, or a fixed ``Match`` under kind ``fixed``.

    Kinds: protocol (names), port (pairs), interface (names, ``*`` or ``+`` at the end as
    pattern), family (4 or 6), outside (an address set: an outsider is not in it).
    """

    kind: str
    values: tuple[object, ...] = ()
    negated: bool = False
    fixed: Match = Match.YES


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions that must all hold, and what happens then.

    ``verdict``: accept, drop, unsure, return, or empty (go on); ``jump``: a chain's name.
    """

    conditions: tuple[Condition, ...] = ()
    verdict: str = ""
    jump: str = ""
    goto: bool = False


@dataclass(slots=True)
class Chain:
    """A chain: rules in order; ``policy`` for the ones the kernel calls itself."""

    rules: list[Rule] = field(default_factory=list)
    policy: str = ""
    priority: int = 0


def meets(condition: Condition, packet: Packet) -> Match:
    """Given a condition and a packet, return whether it is met."""
    if condition.kind == "fixed":
        return condition.fixed
    if condition.kind == "protocol":
        met = packet.protocol in condition.values or "all" in condition.values
    elif condition.kind == "family":
        met = packet.family in condition.values
    elif condition.kind == "port":
        met = any(
            isinstance(pair, tuple) and pair[0] <= packet.port <= pair[1]
            for pair in condition.values
        )
    elif condition.kind == "interface":
        met = any(_named(packet.interface, str(name)) for name in condition.values)
    else:  # an address set that does not hold everybody
        met = False
    return Match.YES if met != condition.negated else Match.NO


def _named(interface: str, pattern: str) -> bool:
    if pattern.endswith(("+", "*")):
        return interface.startswith(pattern[:-1])
    return interface == pattern


def together(rule: Rule, packet: Packet) -> Match:
    """Given a rule and a packet, return whether all of its conditions are met."""
    met = {meets(condition, packet) for condition in rule.conditions}
    for answer in (Match.NO, Match.UNSURE, Match.CHOICE):
        if answer in met:
            return answer
    return Match.YES


def walk(
    chains: Mapping[str, Chain], name: str, packet: Packet, depth: int = 0,
) -> str:
    """Given chains, the name of one and a packet, return accept, drop, unsure or fall (through).

    Raise ValueError for a chain that does not exist or calls itself.
    """
    if name not in chains or depth > _DEPTH:
        raise ValueError(f"no chain {name}, or it calls itself")
    doubts: set[str] = set()
    end = FALL
    for rule in chains[name].rules:
        answer = together(rule, packet)
        if answer is Match.NO or not (rule.verdict or rule.jump):
            continue
        effect = FALL if rule.verdict == "return" else rule.verdict
        if rule.jump:
            effect = walk(chains, rule.jump, packet, depth + 1)
        ends = effect != FALL or rule.goto or rule.verdict == "return"
        if not ends:
            continue
        if answer is Match.YES:
            end = effect
            break
        if answer is Match.CHOICE and effect == ACCEPT:
            end = ACCEPT
            break
        if answer is Match.UNSURE or effect in (UNSURE, FALL):
            doubts.add(effect)
    return end if doubts <= {end} else UNSURE


def judge_hook(chains: Mapping[str, Chain], hooked: Sequence[str], packet: Packet) -> str:
    """Given chains and those hooked to input, return accept, drop or unsure for a packet.

    A packet must pass every hooked chain; one that certainly drops it settles it.
    """
    results = []
    for name in hooked:
        result = walk(chains, name, packet)
        results.append(chains[name].policy or ACCEPT if result == FALL else result)
    if DROP in results:
        return DROP
    return UNSURE if UNSURE in results else ACCEPT
