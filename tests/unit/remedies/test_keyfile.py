"""Settings in files of PAM's modules: in place, after their comment, or in our block."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.parse.confkeys import pairs
from opsrunner.remedies.keyfile import with_settings


@pytest.mark.parametrize(("text", "after"), [
    ("deny = 3\nx\n", "deny = 5\nx\n"),
    ("deny=3 # why\n", "deny = 5 # why\n"),
    ("deny = 3\ndeny = 9\n", "deny = 3\ndeny = 5\n"),
    ("# deny = 3\n#\n", "# deny = 3\ndeny = 5\n#\n"),
    ("denying = 3\n", "denying = 3\n# BEGIN opsrunner\ndeny = 5\n# END opsrunner\n"),
    ("", "# BEGIN opsrunner\ndeny = 5\n# END opsrunner\n"),
    ("x = 1", "x = 1\n# BEGIN opsrunner\ndeny = 5\n# END opsrunner\n"),
    ("  DENY 3\r\n", "  deny = 5\r\n"),
])
def test_where_a_setting_goes(text: str, after: str) -> None:
    assert with_settings(text, {"deny": "5"}) == after
    assert with_settings(after, {"deny": "5"}) == after


def test_words_alone() -> None:
    assert with_settings("# even_deny_root\n", {"even_deny_root": None}) == (
        "# even_deny_root\neven_deny_root\n")


@given(st.text(alphabet="deny=nofil 3#\n\r", max_size=60))
def test_it_is_in_force_whatever_the_file_was_and_order_does_not_matter(text: str) -> None:
    one = with_settings(with_settings(text, {"deny": "5"}), {"nofile": "7"})
    other = with_settings(with_settings(text, {"nofile": "7"}), {"deny": "5"})
    assert one == other == with_settings(one, {"deny": "5", "nofile": "7"})
    values = {name.lower(): value for name, value in pairs(one)}
    assert (values["deny"], values["nofile"]) == ("5", "7")
