"""Upstart's jobs of EL 6."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.upstart import Job, job

STOCK = "start on control-alt-delete\n\nexec /sbin/shutdown -r now\n"


def test_the_override_wins_stanza_by_stanza() -> None:
    assert job([STOCK, "exec /bin/logger x\n"]) == Job("control-alt-delete", "/bin/logger x")
    assert job([STOCK, "manual\n"]) == Job("", "/sbin/shutdown -r now")
    assert job([STOCK, "# exec /bin/true\n"]) == job([STOCK])


def test_a_script_is_what_the_job_runs() -> None:
    assert job(["start on x\nscript\n  # no\n  /sbin/reboot\nend script\n"]).runs == "/sbin/reboot"


@settings(max_examples=100)
@given(st.lists(st.text(max_size=120), max_size=2))
def test_any_text_is_read(texts: list[str]) -> None:
    assert isinstance(job(texts), Job)
