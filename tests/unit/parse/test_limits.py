"""limits.conf as pam_limits reads it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.limits import hard_limits


def test_soft_limits_and_other_items_do_not_count() -> None:
    assert hard_limits(["* soft core 0\n* hard nproc 0\n#* hard core 0\n"], "core") == {}


def test_the_last_line_of_a_domain_counts_over_all_files() -> None:
    found = hard_limits(["* hard core 0\n@dba - core -1\n", "* HARD Core unlimited # x\n"], "core")
    assert found == {"*": "unlimited", "@dba": "unlimited"}


def test_a_dash_alone_lifts_every_limit() -> None:
    assert hard_limits(["oracle -\n"], "core") == {"oracle": "unlimited"}


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert all(isinstance(value, str) for value in hard_limits([text], "core").values())
