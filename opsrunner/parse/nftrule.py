"""One nft rule -> rules in the form that is walked (a verdict map becomes several)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from opsrunner.parse.addresses import everybody
from opsrunner.parse.iptables import destination, opens
from opsrunner.parse.netfilter import ACCEPT, DROP, UNSURE, Condition, Match, Rule

_YES, _NO = Condition("fixed"), Condition("fixed", fixed=Match.NO)
_CHOICE, _UNSURE = Condition("fixed", fixed=Match.CHOICE), Condition("fixed", fixed=Match.UNSURE)
_VERDICTS = {"accept": ACCEPT, "drop": DROP, "reject": DROP, "return": "return", "queue": UNSURE}
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "ipv6-icmp", "icmpv6": "ipv6-icmp"}
_SERVICES = {
    "ssh": 22, "ftp": 21, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68,
    "tftp": 69, "http": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "ntp": 123, "imap2": 143,
    "snmp": 161, "snmp-trap": 162, "ldap": 389, "https": 443, "microsoft-ds": 445, "isakmp": 500,
    "syslog": 514, "dhcpv6-client": 546, "dhcpv6-server": 547, "ldaps": 636, "imaps": 993,
    "pop3s": 995, "ms-sql-s": 1433, "nfs": 2049, "mysql": 3306, "postgresql": 5432, "mdns": 5353,
    "http-alt": 8080, "zabbix-agent": 10050,
}
# Words of statements that decide nothing, with how many words follow that belong to them.
_SILENT = {"counter": 0, "log": 0, "packets": 1, "bytes": 1, "prefix": 1, "level": 1, "group": 1,
           "comment": 1, "snaplen": 1, "queue-threshold": 1, "notrack": 0, "with": 0, "continue": 0,
           "tcp-reset": 0, "icmpx": 0, "admin-prohibited": 0, "port-unreachable": 0,
           "host-prohibited": 0, "host-unreachable": 0, "no-route": 0, "addr-unreachable": 0}
_FIELDS = frozenset(("saddr", "daddr", "dport", "sport", "iifname", "iif", "state", "l4proto",
                     "protocol", "nexthdr", "nfproto", "pkttype", "flags", "type", "code"))


def rules_of(line: list[str], sets: Mapping[str, list[str]]) -> list[Rule]:
    """Given a rule's words and the named sets, return it as rules. It never raises."""
    reader = _Reader(line, sets)
    reader.read()
    return reader.rules


class _Reader:
    """Goes over a rule's words once, gathering conditions until something is decided."""

    def __init__(self, words: list[str], sets: Mapping[str, list[str]]) -> None:
        self.words, self.sets, self.at = words, sets, 0
        self.met: list[Condition] = []
        self.rules: list[Rule] = []

    def read(self) -> None:
        while self.at < len(self.words):
            word = self.take()
            if word in _VERDICTS or word in ("jump", "goto"):
                self.decide(word, tuple(self.met))
                if word == "reject":
                    return
            elif word in _SILENT:
                self.at += _SILENT[word]
            elif word == "limit":
                self.met.append(_NO if "over" in self.words[self.at : self.at + 2] else _CHOICE)
                self.skip_rate()
            elif word in ("add", "update", "delete") and self.peek().startswith("@"):
                self.take()
                self.values()
            elif word in ("ip", "ip6", "tcp", "udp", "th", "sctp", "dccp", "icmp", "icmpv6",
                          "meta", "ct", "iif", "iifname", "ether", "fib", "oif", "oifname"):
                self.expression(word)
            else:
                self.met.append(_UNSURE)

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1] if self.at <= len(self.words) else ""

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def skip_rate(self) -> None:
        while self.peek() and self.peek() not in _VERDICTS and self.peek() not in (
            "jump", "goto", "counter", "log", "comment",
        ):
            self.at += 1

    def decide(self, word: str, conditions: tuple[Condition, ...]) -> None:
        if word in ("jump", "goto"):
            self.rules.append(Rule(conditions, jump=self.take().strip(","), goto=word == "goto"))
        else:
            self.rules.append(Rule(conditions, verdict=_VERDICTS[word]))

    def expression(self, subject: str) -> None:
        """One condition: subject, field, maybe != or a concatenation, and its values."""
        field = subject if subject in ("iif", "iifname", "oif", "oifname") else self.take()
        if subject == "fib":
            field = self.route(field)
        if field == "path":
            return
        if field in ("mark", "helper", "label") and self.peek() == "set":
            self.at += 2
            return
        joined = [field]
        while self.peek() == ".":
            self.take()
            other = self.take()
            joined.append(other if other in ("iifname", "iif") else self.take())
        negated = self.peek() == "!="
        if self.peek() in ("!=", "=="):
            self.take()
        if self.peek() in ("&", "and", "|", "or", "^", "("):
            self.masked(subject)
        elif self.peek() == "vmap":
            self.take()
            self.verdict_map(subject, field)
        elif len(joined) > 1:
            found = self.values()
            source = "saddr" in joined and not any(map(everybody, found))
            self.met.append(Condition("outside", (), negated) if source else _UNSURE)
        else:
            values = self.values()
            if self.peek() == "/":  # flags / mask
                self.take()
                met = opens(" ".join(self.values()), " ".join(values))
                self.met += [Condition("protocol", ("tcp",)), _flip(met, negated)]
                return
            self.met += self.conditions(subject, field, values, negated=negated)

    def route(self, field: str) -> str:
        """Return the field of a route lookup; the reverse path (``path``) is settled at once."""
        while self.peek() in ("saddr", "daddr", ".", "iif", "oif", "mark"):
            field = f"{field} {self.take()}"
        if self.peek() in ("type", "oifname"):
            field = f"{field} {self.take()}"
        if "oif" not in field:
            return field
        self.take()  # the sender picks a source that has a route back
        self.met.append(_CHOICE)
        return "path"

    def masked(self, subject: str) -> None:
        """Bits of a field: an opening segment has SYN alone, a mark is nobody's to know."""
        start = self.at
        while self.peek() and self.peek() not in _VERDICTS and self.peek() not in (
            "jump", "goto", "counter", "log", "ct", "ip", "ip6", "limit", "comment",
        ):
            self.at += 1
        text = " ".join(self.words[start : self.at])
        match = re.fullmatch(r"(?:&|and) (.*?) (==|!=) (.*)", text)
        if subject == "tcp" and match:
            self.met += [Condition("protocol", ("tcp",)),
                         _flip(opens(match.group(1), match.group(3)), match.group(2) == "!=")]
        else:
            self.met.append(_UNSURE)

    def values(self) -> list[str]:
        """Return the values at hand: one word with its commas, a set in braces, a named set."""
        if self.peek() == "{":
            self.take()
            found = []
            while self.peek() not in ("}", ""):
                found.append(self.take())
            self.take()
            return [part for word in found for part in word.split(",") if part]
        word = self.take()
        while self.peek() and (word.endswith(",") or self.peek().startswith(",")):
            word += self.take()
        if word.startswith("@"):
            return list(self.sets.get(word[1:], ["?"])) or ["(empty)"]
        return [part.strip('"') for part in word.split(",") if part]

    def verdict_map(self, subject: str, field: str) -> None:
        if self.peek() != "{":
            self.take()
            self.rules.append(Rule((*self.met, _UNSURE), verdict=UNSURE))
            return
        self.take()
        key: list[str] = []
        while self.peek() not in ("}", ""):
            word = self.take()
            if word != ":":
                key += [part for part in word.split(",") if part]
                continue
            verdict = self.take()
            conditions = self.conditions(subject, field, key, negated=False)
            if verdict.strip(",") in {*_VERDICTS, "jump", "goto"}:
                self.decide(verdict.strip(","), (*self.met, *conditions))
            else:
                self.rules.append(Rule((*self.met, _UNSURE), verdict=UNSURE))
            key = []
        self.take()

    def conditions(
        self, subject: str, field: str, values: list[str], *, negated: bool,
    ) -> list[Condition]:
        """Given one comparison, return its conditions, those it implies included."""
        values = [value.strip('"') for value in values]
        implied = []
        if subject in ("ip", "ip6"):
            implied.append(Condition("family", (4 if subject == "ip" else 6,)))
        if subject in ("tcp", "udp", "sctp", "dccp", "icmp", "icmpv6"):
            implied.append(Condition("protocol", (_PROTOCOLS.get(subject, subject),)))
        if values in (["?"], []):
            return [*implied, _UNSURE]
        reader = _READERS.get(field)
        return [*implied, reader(values, negated) if reader else _UNSURE]


def _flip(met: bool, negated: bool) -> Condition:  # noqa: FBT001 - two truth values
    return _YES if met != negated else _NO


def _source(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    if any(map(everybody, values)):
        return _flip(met=True, negated=negated)
    return Condition("outside", tuple(values), negated)


def _dest(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    answers = {destination(value, negated=negated) for value in values}
    return Condition("fixed", fixed=answers.pop() if len(answers) == 1 else Match.CHOICE)


def _ports(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    pairs = []
    for value in values:
        low, dash, high = value.partition("-")
        ends = [_SERVICES.get(end, int(end) if end.isdigit() else -1)
                for end in (low, high if dash else low)]
        if -1 in ends:
            if value == "(empty)":
                continue
            return _UNSURE
        pairs.append((ends[0], ends[1]))
    return Condition("port", tuple(pairs), negated)


def _protocol(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    names = tuple(_PROTOCOLS.get(value.lower(), value.lower()) for value in values)
    return Condition("protocol", names, negated)


def _state(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return _flip(met="new" in values or "0x8" in values, negated=negated)


def _family(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return Condition("family", tuple(4 if v in ("ipv4", "2") else 6 for v in values), negated)


def _iface(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return Condition("interface", tuple(values), negated)


def _local(values: list[str], negated: bool) -> Condition:  # noqa: FBT001 - as _READERS calls it
    return _flip(met=bool({"local", "unicast", "host"} & set(values)), negated=negated)


_READERS: dict[str, Callable[[list[str], bool], Condition]] = {
    "saddr": _source, "daddr": _dest, "dport": _ports, "l4proto": _protocol,
    "protocol": _protocol, "nexthdr": _protocol, "state": _state, "nfproto": _family,
    "iif": _iface, "iifname": _iface, "pkttype": _local,
    "daddr type": _local, "saddr type": _local, "daddr . iif type": _local,
    "sport": lambda _values, _negated: _CHOICE,
    "flags": lambda values, negated: _flip(met="syn" in values, negated=negated),
    "status": lambda values, negated: _flip(met="dnat" not in values, negated=negated),
    "type": lambda _values, _negated: _CHOICE, "code": lambda _values, _negated: _CHOICE,
    "length": lambda _values, _negated: _CHOICE, "hour": lambda _values, _negated: _CHOICE,
}
