"""What remedies must see of a host -> one read-only script, and its frames -> a HostState.

The script is the probe's own: its runner, prelude, caps and wire form, with the probes of the
declared facts beside those of ``roles/observe_linux/files/reading``, so that everything comes in
one round trip. File contents are sensitive: frames of a reading are never stored as evidence.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from opsrunner.changes import frames
from opsrunner.changes.file_frames import FILE_LIMIT, FileAnswer, files, is_pattern
from opsrunner.changes.state import FileState, HostState
from opsrunner.errors import InputError, Problem
from opsrunner.facts.base import CannotTell, Host, probes_for
from opsrunner.models import Frame
from opsrunner.remedies.base import Reads
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import Probe, build_script, load_probes

# Never read by content, under whatever name a link gives them; their mode may be looked at.
SECRET = (
    "/etc/shadow*", "/etc/gshadow*", "/etc/security/opasswd*", "/etc/ssh/ssh_host_*_key",
    "*/.ssh/id_*", "/etc/pki/*/private/*", "/etc/ssl/private/*", "*.key", "*.pem", "*.p12",
    "*.pfx", "*.keytab", "*/.my.cnf", "*/.pgpass", "*/.netrc",
)
_PUBLIC = ("*.pub",)
_UNIT = re.compile(r"[\w:.\\@-]+\.(service|socket|timer|target|path|mount|automount)", re.ASCII)
_SYSCTL = re.compile(r"\w[\w./@:=*-]*")  # a star stands for any one part: an interface
_FILES, _STATS, _UNITS, _SYSCTLS = "state.files", "state.stats", "state.units", "state.sysctls"
_CAP = 8 * 1024 * 1024  # bytes of one probe: all declared files together, in base64


@dataclass(frozen=True, slots=True)
class Target:
    """Which host is read: its families by its platform, its inventory variables, and the login.

    ``login`` empty: the account is the one that the host says logged in.
    """

    subject: str
    platform: str
    families: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    login: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A script for ``sh -s`` and how many bytes each of its probes may print."""

    script: str
    caps: Mapping[str, int]


def read_script(
    role: Path, reads: Reads, families: Iterable[str], limits: Limits | None = None,
) -> Reading:
    """Given the folder of ``observe_linux``, what to read and the host's families, return how.

    Raise InputError listing every path, unit and key that is none, or that may not be read.
    """
    refuse(reads)
    limits = limits or Limits()
    known = load_probes(role / "files" / "probes")
    names = frozenset().union(*(probes_for(name) for name in _facts(reads, families)))
    ours = _probes(load_probes(role / "files" / "reading"), reads)
    caps = {name: known[name].cap or limits.probe_bytes for name in names}
    caps |= {probe.name: _CAP for probe in ours}
    return Reading(build_script(role, names, limits, extra=ours), caps)


def _facts(reads: Reads, families: Iterable[str]) -> set[str]:
    sysv = {frames.SYSV_UNITS} if reads.units and "el6" in families else set()
    return {*reads.facts, *sysv}


def _probes(parts: Mapping[str, Probe], reads: Reads) -> list[Probe]:
    paths = parts["state.paths"].body.replace("@SECRET@", _secret_case())
    contents = parts["state.contents"].body.replace("@LIMIT@", str(FILE_LIMIT + 1))
    found = [Probe("state.self", parts["state.self"].body, cap=_CAP)]
    for name, words, body in (
        (_FILES, reads.files, f"content=''\n{paths}{contents}"),
        (_STATS, reads.stats, f"content=-\n{paths}true\n"),
        (_UNITS, reads.units, parts[_UNITS].body),
        (_SYSCTLS, tuple(map(frames.sysctl_path, reads.sysctls)), parts[_SYSCTLS].body),
    ):
        if words:
            found.append(Probe(name, f"set -- {shlex.join(words)}\n{body}", cap=_CAP))
    if reads.accounts:
        found.append(Probe("state.accounts", parts["state.accounts"].body, cap=_CAP))
    return found


def _secret_case() -> str:
    """Return the patterns as a shell's ``case`` writes them; a public key is none of them."""
    return f"{'|'.join(_PUBLIC)}) ;; {'|'.join(SECRET)}"


def read_state(answers: Mapping[str, Frame], reads: Reads, target: Target) -> HostState:
    """Given frames, what was asked for and of whom, return the host's state.

    Raise CannotTell when the host did not even say who logged in and which day it is.
    """
    host = Host(target.platform, answers)
    login, today = frames.login(host)
    found = files(host, _STATS, reads.stats) if reads.stats else {}
    found |= files(host, _FILES, reads.files) if reads.files else {}
    return HostState(
        subject=target.subject,
        platform=target.platform,
        families=target.families,
        files={path: _fullest(found, one) for path, one in found.items()},
        units=frames.units(host, reads.units),
        sysctls=frames.sysctls(host, reads.sysctls),
        accounts=frames.accounts(host) if reads.accounts else {},
        facts={name: _fact(host, name) for name in reads.facts},
        attributes=target.attributes,
        login=target.login or login,
        root=frames.is_root(host),
        today=today,
    )


def _fullest(found: Mapping[str, FileAnswer], one: FileAnswer) -> FileAnswer:
    """Return a file that a link names, asked for by stat alone, as its own name was read."""
    own = found.get(one.path) if isinstance(one, FileState) else None
    return one if own is None else own


def _fact(host: Host, name: str) -> Any:  # noqa: ANN401 - a fact is any JSON-like value
    try:
        return host.get(name)
    except CannotTell as reason:
        return reason


def refuse(reads: Reads) -> None:
    """Given what is to be read, raise InputError listing all that must not or cannot be."""
    problems = [Problem("files", path, message) for path in reads.files
                if (message := _misnamed(path) or _secret(path))]
    problems += [Problem("stats", path, message) for path in reads.stats
                 if (message := _misnamed(path))]
    problems += [Problem("units", name, "is no name of a unit with its suffix")
                 for name in reads.units if not _UNIT.fullmatch(name)]
    problems += [Problem("sysctls", key, "is no kernel parameter")
                 for key in reads.sysctls if not _SYSCTL.fullmatch(key) or ".." in key]
    if problems:
        raise InputError(problems)


def _misnamed(path: str) -> str:
    parts = path.split("/")[1:]
    if not path.startswith("/") or (path != "/" and not all(parts)):
        return "must be an absolute path without doubled or final slashes"
    if not {".", ".."}.isdisjoint(parts) or not path.isprintable():
        return "must not hold '.', '..' or unprintable characters"
    return ""


def _secret(path: str) -> str:
    if any(fnmatchcase(path, public) for public in _PUBLIC):
        return ""
    for secret in SECRET:
        # Of two patterns, what the one stands for is tried on the other.
        sample = secret.replace("*", "x") if is_pattern(path) else path
        if fnmatchcase(path, secret) or (is_pattern(path) and fnmatchcase(sample, path)):
            return "holds secrets (or its pattern may meet one): its content is never read"
    if path.startswith(("/proc/", "/sys/", "/dev/")):
        return "is no file of a disk: use sysctls or a fact"
    return ""
