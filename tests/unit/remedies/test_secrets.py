"""What is left behind: temporary files, histories, cached passwords; and core dumps, screens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import FileState, UnitState
from opsrunner.errors import InputError
from opsrunner.facts.base import Host
from opsrunner.models import Frame
from opsrunner.parse import tmpfiles
from opsrunner.remedies.secrets import DROP_IN, SSSD, TIMER
from opsrunner.sources.wire import SECTION
from tests.unit.remedies.states import Files, after, again, carried, file, host

TMP, VAR_TMP = "/tmp", "/var/tmp"  # noqa: S108 - the folders of the rule
VENDOR = "/usr/lib/tmpfiles.d/tmp.conf"
DAYS = {"harden_linux_secrets_tmp_days": 10, "harden_linux_secrets_var_tmp_days": 30}
DEBIAN = "D /tmp 1777 root root -\n#q /var/tmp 1777 root root 30d\n"


def cleaned(
    files: Files, platform: str = "debian-12", wanted: dict[str, Any] | None = None,
    timer: UnitState | None = None,
) -> Draft:
    """Have the temporary folders cleaned on a host with these files of tmpfiles.d, twice."""
    variables = wanted or DAYS
    texts = {path: text for path, text in files.items() if isinstance(text, str)}
    days = {one: tmpfiles.age_of(texts, one) for one in (TMP, VAR_TMP)}
    said = {one: -1.0 if age is None else age for one, age in days.items()}
    unit = timer or UnitState(TIMER, present=True, enabled="static", active=True)
    state = host(variables, platform, files, facts={"secrets.temporary_days": said},
                 units={TIMER: unit})
    draft = carried(state, variables)
    assert not again(draft, variables)
    return draft


def ages(draft: Draft) -> list[float | None]:
    """Return after how many days systemd empties both folders."""
    texts = {path: draft.text(path) for path, known in after(draft).files.items()
             if isinstance(known, FileState) and known.exists}
    return [tmpfiles.age_of(texts, one) for one in (TMP, VAR_TMP)]


def test_the_vendors_line_gets_an_age_and_keeps_its_kind() -> None:
    draft = cleaned({VENDOR: DEBIAN})
    assert draft.text(DROP_IN).split("\n")[1:] == [
        "D /tmp 1777 root root 10d", "d /var/tmp 1777 root root 30d", ""]
    assert ages(draft) == [10, 30]
    assert not cleaned({VENDOR: "q /tmp 1777 root root 10d\nq /var/tmp 1777 root root 30d\n"},
                       ).changes()
    assert ages(cleaned({VENDOR: "q /tmp 1777 root root 2d\nv /var/tmp 1777 root root 90d\n"},
                        )) == [2, 30]


def test_one_after_the_other_gives_the_same_file() -> None:
    texts = set()
    for order in (list(DAYS), list(reversed(DAYS))):
        files: dict[str, str] = {VENDOR: DEBIAN}
        for name in order:
            files[DROP_IN] = cleaned(files, wanted={name: DAYS[name]}).text(DROP_IN)
        texts.add(files[DROP_IN])
    assert texts == {cleaned({VENDOR: DEBIAN}).text(DROP_IN)}


def test_a_stopped_timer_is_started_and_a_masked_one_is_a_persons() -> None:
    stopped = UnitState(TIMER, present=True, enabled="disabled", active=False)
    draft = cleaned({VENDOR: DEBIAN}, timer=stopped)
    assert (draft.unit(TIMER).enabled, draft.unit(TIMER).active) == ("enabled", True)
    for unit in (UnitState(TIMER, present=True, enabled="masked"), UnitState(TIMER, present=False)):
        with pytest.raises(ByHand, match="timer"):
            cleaned({VENDOR: DEBIAN}, timer=unit)


def test_what_a_site_keeps_and_el6_are_a_persons() -> None:
    with pytest.raises(ByHand, match="x line"):
        cleaned({VENDOR: DEBIAN, "/etc/tmpfiles.d/a.conf": "x /tmp/*\n"})
    with pytest.raises(ByHand, match="tmpwatch"):
        cleaned({}, "centos-6")


@given(st.text(st.characters(codec="ascii"), max_size=150))
@settings(max_examples=100, deadline=None)
def test_any_tmpfiles_line_gives_an_age_or_a_reason(text: str) -> None:
    try:
        draft = cleaned({"/etc/tmpfiles.d/zz.conf": text})
    except ByHand:
        return
    tmp, var_tmp = ages(draft)
    assert tmp is not None
    assert var_tmp is not None
    assert tmp <= 10
    assert var_tmp <= 30


def test_histories_are_for_their_owner() -> None:
    wanted = {"harden_linux_secrets_history_mode": "0600"}
    mine = file("/home/ann/.bash_history", "secret", 0o644, 1000, 1000)
    facts = {"secrets.readable": [{"path": mine.path}]}
    draft = carried(host(wanted, files={mine.path: mine}, facts=facts), wanted)
    assert draft.file(mine.path) == mine.with_(mode=0o600, content=None)
    far = {"secrets.readable": [{"path": "/disk7/a/.bash_history"}]}
    with pytest.raises(ByHand, match="chmod 0600 /disk7"):
        carried(host(wanted, facts=far), wanted)


def cached(text: str) -> dict[str, int]:
    """Return for how many days sssd keeps passwords, as the rule's own fact reads it."""
    body = f"{SECTION}modes\n{SECTION}sssd {SSSD}\n{text}".encode()
    found: dict[str, int] = Host("rhel-8", {"secrets.remnants": Frame("secrets.remnants", 0, body)}
                                 ).get("secrets.cached_days")
    return found


@pytest.mark.parametrize("text", [
    "[domain/a]\ncache_credentials = true\n",
    "[sssd]\ndomains = a\n[pam]\n# none\n[domain/a]\ncache_credentials = True",
    "[pam]\noffline_credentials_expiration = 0\r\n[domain/a]\ncache_credentials = true\n",
    "[domain/a]\ncache_credentials = true\n[pam]",
])
def test_sssd_forgets_after_the_days(text: str) -> None:
    wanted = {"harden_linux_secrets_offline_days": 7}
    state = host(wanted, files={SSSD: text}, facts={"secrets.cached_days": cached(text)})
    draft = carried(state, wanted)
    assert cached(draft.text(SSSD)) == {"a": 7}
    assert not again(draft, wanted)
    assert draft.changes().activate == ("sssd",)
    less = host(wanted, files={SSSD: text}, facts={"secrets.cached_days": {"a": 3}})
    assert not carried(less, wanted).changes()


@pytest.mark.parametrize("variable", [*DAYS, "harden_linux_secrets_offline_days",
                                      "harden_linux_secrets_history_mode"])
def test_nonsense_is_refused(variable: str) -> None:
    wanted = {variable: -1}
    with pytest.raises(InputError):
        carried(host(wanted), wanted)
