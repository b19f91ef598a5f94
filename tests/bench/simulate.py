"""A store with thousands of simulated hosts, made from one recorded host, no two alike."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.models import Frame
from opsrunner.report.findings import encode as encode_findings
from opsrunner.sources.codec import encode

RAW = 100_000  # bytes of raw output a host
_TIMES = re.compile(rb"(?<=[^0-9])(1[67]\d{8})(?=[^0-9])")
_ACCOUNTS = {
    "accounts.passwd": b"%(name)s:x:%(uid)d:%(uid)d::/home/%(name)s:/bin/bash\n",
    "accounts.shadow": b"%(name)s:$6$:20%(day)03d:1:90:7:30:\n",
    "accounts.group": b"%(name)s:x:%(uid)d:\n",
}


def simulated_run(
    store: Store,
    policies: bytes,
    frames: Mapping[str, Frame],
    volatile: frozenset[str],
    hosts: int,
) -> str:
    """Given a store, the policy bundle, one host's frames and a number, record that many hosts.

    Every host has about ``RAW`` bytes: its own times, accounts and programs in the recorded
    frames, and a package list of its own padded to the size. Return the run's id.
    """
    names = [f"sim{number:05}" for number in range(hosts)]
    with store.begin(
        "check", inventory="simulated", policy_sha256="0" * 64, operator="bench",
        code_version="bench", options={"only": []}, subjects=names,
        inputs={"policies": store.put(policies)},
    ) as run:
        for number, name in enumerate(names):
            made = _vary(frames, random.Random(number))  # noqa: S311 - made-up data
            blobs = {label: store.put(data) for label, data in encode(made, volatile).items()}
            blobs["findings"] = store.put(encode_findings([], {}))
            run.subject(
                SubjectRecord(
                    "host", name, "rhel-8", "l3_el8", reached=True, reason=None,
                    started="2026-01-01T00:00:00.000Z", ended="2026-01-01T00:00:01.000Z", rules=0,
                    blobs=blobs, tally={"verdicts": {}, "failing": {}, "waived": 0, "high_risk": 0,
                                        "high_risk_clauses": [], "clauses": {}},
                ),
            )
        run.finish(outputs={})
    return run.run.id


def _vary(frames: Mapping[str, Frame], chance: random.Random) -> dict[str, Frame]:
    """Return the frames of another host of the site: other times, accounts, packages, programs."""
    def other(_: re.Match[bytes]) -> bytes:
        return b"1%09d" % chance.randrange(6 * 10**8, 8 * 10**8)

    account = {
        b"name": b"user%d" % chance.randrange(10**6), b"uid": chance.randrange(1000, 60000),
        b"day": chance.randrange(999),
    }
    made = {}
    for name, frame in frames.items():
        added = _ACCOUNTS[name] % account if name in _ACCOUNTS else b""
        if name == "system.processes":
            added = b"0 app-%d\n" % chance.randrange(10**6)
        made[name] = replace(frame, stdout=_TIMES.sub(other, frame.stdout) + added)
    size = sum(len(frame.stdout) for frame in made.values())
    package = made.get("software.rpm")
    if package is not None and size < RAW:
        padded = package.stdout + _padding(chance, RAW - size)
        made["software.rpm"] = replace(package, stdout=padded)
    return made


def _padding(chance: random.Random, size: int) -> bytes:
    lines = bytearray()
    while len(lines) < size:
        lines += b"made-up-%x|(none)|%d.%d|%d.el8|x86_64|16%08d\n" % (
            chance.getrandbits(40), chance.randrange(9), chance.randrange(99),
            chance.randrange(99), chance.randrange(10**8),
        )
    return bytes(lines)


def store_size(root: Path) -> int:
    """Given a store's root, return the bytes of all its files."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
