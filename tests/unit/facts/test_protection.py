"""Facts of software, jobs, malware, integrity, backup and secrets on arbitrary output."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsrunner.facts.base import CannotTell, Host, probes_for
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION

FACTS = [
    "software.names", "software.commands", "repositories.unsigned", "repositories.tools",
    "updates.pending", "updates.metadata_days", "updates.release", "kernels.newer", "jobs.known",
    "malware.programs", "malware.signatures", "malware.scans", "malware.jails", "integrity.gaps",
    "integrity.baseline_days", "backup.data", "backup.etckeeper_hours", "secrets.cleartext",
    "secrets.unread", "secrets.readable", "secrets.cached_days", "secrets.temporary_days",
]  # fmt: skip
WORDS = st.sampled_from([
    "modes", "commands", "newest x", "file /etc/opsrunner/backup.jobs", "databases", "lists",
    "configuration /etc/aide.conf", "sssd /etc/sssd/sssd.conf", "cached", "pending", "units",
    "files", "kernel",
])  # fmt: skip
LINES = st.lists(st.text(alphabet="ab/|.*#-=[]@:1209 \t\n\"'", max_size=40), max_size=6)


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("platform", ["rhel-8", "debian-12"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(WORDS, LINES), max_size=6))
def test_arbitrary_output_gives_a_value_or_a_reason(
    name: str, platform: str, parts: list[tuple[str, list[str]]],
) -> None:
    text = "".join(f"{SECTION}{words}\n" + "\n".join(lines) for words, lines in parts)
    host = Host(platform, {p: Frame(p, 0, text.encode()) for p in probes_for(name)})
    with contextlib.suppress(CannotTell, ValueError):  # the engine makes both `unknown`
        host.get(name)
