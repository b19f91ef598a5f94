"""Put one read-only probe script together from the topic snippets of ``roles/observe_<platform>``.

A snippet file ``files/probes/<topic>.sh`` holds several probes, each begun by ``# probe: NAME``
and optional ``# limit: SECONDS``, ``# cap: BYTES`` and ``# volatile`` lines. ``volatile`` says
that the output changes from run to run on an unchanged host, so that it is stored apart.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from opsrunner.errors import PolicyError, Problem
from opsrunner.sources.limits import Limits

_HEADER = re.compile(r"^# (probe|limit|cap): *(\S+)$|^# (volatile)$")


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: its body in POSIX sh, how long it may run (s) and how much it may say (bytes)."""

    name: str
    body: str
    limit: int | None = None
    cap: int | None = None
    volatile: bool = False


@cache
def load_probes(folder: Path) -> Mapping[str, Probe]:
    """Given ``files/probes``, return probes by name. Raise PolicyError naming what is wrong."""
    probes: dict[str, Probe] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.sh")):
        for probe in _parse(path.read_text(encoding="utf-8")):
            if not probe.name.startswith(f"{path.stem}."):
                problems.append(Problem(str(path), probe.name, f"name it {path.stem}.SOMETHING"))
            if probe.name in probes:
                problems.append(Problem(str(path), probe.name, "a probe of this name exists"))
            probes[probe.name] = probe
    if problems:
        raise PolicyError(problems)
    return probes


def _parse(text: str) -> Iterable[Probe]:
    blocks = re.split(r"(?m)^(?=# probe: )", text)
    for block in blocks[1:]:
        words: dict[str, str] = {}
        body = []
        for line in block.splitlines():
            match = _HEADER.match(line)
            if match and match.group(3):
                words["volatile"] = "yes"
            elif match:
                words[match.group(1)] = match.group(2)
            elif not line.startswith("#"):
                body.append(line)
        yield Probe(
            name=words["probe"],
            body="\n".join(body).strip() + "\n",
            limit=int(words["limit"]) if "limit" in words else None,
            cap=int(words["cap"]) if "cap" in words else None,
            volatile="volatile" in words,
        )


def build_script(
    role: Path, names: Iterable[str], limits: Limits, extra: Collection[Probe] = (),
) -> str:
    """Given a role folder, probe names and limits, return the script for ``sh -s``.

    ``extra``: probes made for this one script, beside those of the role.

    ``@OPS_MARK@`` stays in it: the sender puts a fresh one-time word there for each host.
    Everything stands in functions and the last line starts them, so that a script cut on its
    way runs nothing. Raise PolicyError for a name no snippet defines.
    """
    probes = dict(load_probes(role / "files" / "probes"))
    probes |= {probe.name: probe for probe in extra}
    names = {*names, *(probe.name for probe in extra)}
    _refuse_unknown(names - probes.keys(), role)
    runner = (role / "files" / "runner.sh").read_text(encoding="utf-8")
    prelude = (role / "files" / "prelude.sh").read_text(encoding="utf-8")
    return "\n".join(
        [
            runner.replace("@OPS_HOST_LIMIT@", str(limits.host_seconds)),
            f"OPS_PRELUDE={shlex.quote(_without_comments(prelude))}",
            "ops_all() {",
            "  exec 5>&1",
            *_calls([probes[name] for name in names], limits),
            "}",
            "ops_main() {",
            "  ops_environment",
            f"  ops_all | head -c {limits.host_bytes} | ops_pack",
            "}",
            "ops_main </dev/null",
            "",
        ],
    )


def _calls(probes: Iterable[Probe], limits: Limits) -> list[str]:
    """Return one call for each probe, the slow ones last: what is left no time is only they."""
    order = sorted(probes, key=lambda one: (one.limit or limits.probe_seconds, one.name))
    return [
        f"  ops_run {one.name} {one.limit or limits.probe_seconds} {one.cap or limits.probe_bytes}"
        f" {shlex.quote(one.body)}"
        for one in order
    ]


def _refuse_unknown(names: set[str], role: Path) -> None:
    if names:
        raise PolicyError(
            [Problem(str(role), name, "no snippet defines this probe") for name in sorted(names)],
        )


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))
