"""Times on papers are those of the people who sign them."""

from __future__ import annotations

import pytest

from opsrunner.report.clock import clock, day


@pytest.mark.parametrize(("moment", "shown"), [
    ("2026-11-20T18:00:00Z", "2026-11-21 02:00:00"),
    ("2026-11-20T18:00:00.123456+00:00", "2026-11-21 02:00:00"),
    ("2026-11-20T18:00:00", "2026-11-21 02:00:00"),
    ("2026-11-21T02:00:00+08:00", "2026-11-21 02:00:00"),
    ("-", "-"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59"),
    ("=HYPERLINK(" * 9, "=HYPERLINK(=HYPERLI"),
    ("", ""),
])
def test_a_night_in_beijing_has_its_own_date(moment: str, shown: str) -> None:
    assert clock(moment) == shown
    assert day(moment) == shown[:10]
