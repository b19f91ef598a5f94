"""rsyslog's configuration is followed as rsyslogd does: selectors, order, blocks, rulesets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.rsyslog import Routes, follow
from opsrunner.parse.syslogfilter import FACILITIES, SEVERITIES, bits, expression, selector


def _names(bits_: int) -> set[str]:
    return {
        f"{facility}.{severity}"
        for at, facility in enumerate(FACILITIES)
        for level, severity in enumerate(SEVERITIES)
        if bits_ >> (at * 8 + level) & 1
    }


def _to(routes: Routes, target: str) -> set[str]:
    return set().union(*(_names(out.sure) for out in routes.outputs if out.target == target))


def _follow(text: str) -> Routes:
    return follow(text, lambda _: [])


@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("*.info;mail.none", "auth.info", "mail.emerg"),
        ("auth,authpriv.*", "authpriv.debug", "cron.emerg"),
        ("auth.=info", "auth.info", "auth.err"),
        ("*.*;cron.!warn", "cron.info", "cron.err"),
        ("*.*;mail.!=err", "mail.crit", "mail.err"),
        ("local5.*,uucp.*", "uucp.debug", "local4.emerg"),
        ("AUTH.Info", "auth.notice", "auth.debug"),
        ("security.panic", "auth.emerg", "auth.alert"),
    ],
)
def test_a_selector_takes_what_it_says(text: str, taken: str, left: str) -> None:
    names = _names(selector(text).sure)
    assert taken in names
    assert left not in names


def test_a_condition_is_sure_only_of_what_it_can_know() -> None:
    known = expression("$syslogfacility-text == 'auth' and $syslogseverity <= 6")
    assert known.sure == known.perhaps == bits("auth")
    unsure = expression("$syslogfacility-text == 'auth' and $programname == 'x'")
    assert (unsure.sure, unsure.perhaps) == (0, bits("auth", range(8)))
    assert expression("$fromhost-ip != '127.0.0.1'").perhaps == 0


def test_a_stop_takes_messages_from_what_follows_only() -> None:
    routes = _follow("auth.* /a\nauth.* stop\n*.* /b\n& /c\n")
    assert "auth.err" in _to(routes, "/a")
    assert "auth.err" not in _to(routes, "/b")
    assert _to(routes, "/b") == _to(routes, "/c")
    assert "auth.err" in _to(_follow("*.* /b\nauth.* ~\n"), "/b")


def test_blocks_else_and_rulesets_are_followed() -> None:
    routes = _follow(
        'if $syslogfacility-text == "mail" then {\n  /m\n  stop\n} else if $syslogseverity <= 3'
        ' then /e\nruleset(name="r1") {\n  daemon.* /d\n}\n*.err call r1\n*.* /rest\n',
    )
    assert "mail.debug" in _to(routes, "/m")
    assert "auth.err" in _to(routes, "/e")
    assert "auth.info" not in _to(routes, "/e")
    assert _to(routes, "/d") == {f"daemon.{name}" for name in SEVERITIES[:4]}
    assert "mail.err" not in _to(routes, "/rest")


def test_actions_of_both_syntaxes_name_their_targets() -> None:
    routes = _follow(
        '*.* @@(o)[2001:db8::9]:514;fmt\n*.* action(type="omfwd" Target="h1" # (\n port="514")\n'
        '*.* action(type="omfwd" target="h2" config.enabled="off")\n*.* :omrelp:h3:2514\n'
        "$FileCreateMode 0640\n*.* -/var/log/a;fmt # why\n",
    )
    found = [(out.kind, out.target) for out in routes.outputs]
    assert found == [
        ("forward", "2001:db8::9"), ("forward", "h1"), ("forward", "h3"), ("file", "/var/log/a"),
    ]
    assert routes.outputs[-1].mode == 0o640


def test_a_filter_on_logins_that_drops_messages_is_a_doubt() -> None:
    assert _follow(':programname, isequal, "sshd" stop\n').doubts
    assert not _follow(':programname, isequal, "snmpd" stop\n').doubts


PIECES = st.sampled_from([
    "*.*", "auth.info", " /a", " @h", " stop", "& ", "if $x then ", "else ", "{", "}", "(", ")",
    "action(", 'type="omfile"', ' file="/a"', "ruleset(", "call ", "$IncludeConfig /x", "\n", "\\",
    '"', "'", "#", ":msg, contains, ", "/*", "!prog", "+host", "$RuleSet r",
])


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    follow(text, lambda _: [text[:50]])
