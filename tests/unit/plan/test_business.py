"""Business checks: what may be declared, what an answer means, and what counts as worse."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.errors import PolicyError, RunError
from opsrunner.models import Subject
from opsrunner.plan.asking import Asker, HostAnswer, HostCommand, Unasked
from opsrunner.plan.business import (
    Check,
    Declared,
    Port,
    Sql,
    Url,
    declared_or_not,
    load_business,
    settle_seconds,
    unknown,
    worse,
)
from opsrunner.plan.probing import client, judged, page, port
from opsrunner.plan.reasons import text

SHIPPED = Path(__file__).parents[3] / "policies"
TITLE = {"zh": "检查", "en": "a check"}


def check(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    return {"title": TITLE, **more}


def load(policies: Path, checks: dict[str, Any]) -> dict[str, Check]:
    (policies / "business").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"checks": checks}, allow_unicode=True)
    (policies / "business" / "one.yml").write_text(text, "utf-8")
    return load_business(policies)


def test_what_is_shipped_is_valid_and_its_examples_are_too(tmp_path: Path) -> None:
    assert load_business(SHIPPED) == {}
    text = (SHIPPED / "business" / "checks.yml").read_text("utf-8")
    example = text[text.index("# checks:"):text.index("\nchecks:")]
    uncommented = "\n".join(line.removeprefix("# ") for line in example.splitlines())
    assert load(tmp_path, yaml.safe_load(uncommented)["checks"]).keys() == {
        "portal_page", "application_port", "orders_readable", "spooler",
    }


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (check(), "give exactly one of port, url, command, sql"),
        (check(port={"number": 80}, url={"address": "http://x"}), "give exactly one of"),
        (check(port={"number": 0}), "port.number"),
        (check(url={"address": "ftp://x"}), "is no http or https address"),
        (check(url={"address": "http://u:secret@x"}), "no place for secrets"),
        (check(command={"argv": ["true"]}), "read_only: missing"),
        (check(command={"argv": ["true"], "read_only": False}), "read_only"),
        (check(command={"argv": [], "read_only": True}), "command.argv"),
        (check(sql={"engine": "mysql", "user": "mysql", "query": "delete from t",
                    "read_only": True}), "must be one select"),
        (check(sql={"engine": "mysql", "user": "mysql", "query": "select 1 \\! id",
                    "read_only": True}), "must be one select"),
        (check(sql={"engine": "mysql", "user": "mysql", "database": "-e", "query": "select 1",
                    "read_only": True}), "sql.database"),
        (check(sql={"engine": "mysql", "user": "mysql", "query": "select 1; drop table t",
                    "read_only": True}), "must be one select"),
    ],
)
def test_a_check_that_cannot_be_meant_is_refused(
    tmp_path: Path, spoil: dict[str, Any], said: str,
) -> None:
    with pytest.raises(PolicyError, match=said) as caught:
        load(tmp_path, {"it": spoil})
    assert "secret@" not in str(caught.value)


def result(ok: bool | None) -> dict[str, Any]:  # noqa: FBT001 - one of three
    return {"ok": ok, "detail": "x"}


ANSWERS = st.dictionaries(st.sampled_from("abc"), st.sampled_from([True, False, None]))


@given(ANSWERS, ANSWERS)
def test_only_what_works_is_as_good_as_what_worked(
    before: dict[str, bool | None], after: dict[str, bool | None],
) -> None:
    found = worse(
        {n: result(ok) for n, ok in before.items()}, {n: result(ok) for n, ok in after.items()},
    )
    names = {line.split()[0] for line in found}
    assert names == {n for n, ok in before.items() if ok is not False and after.get(n) is not True}


def test_what_could_not_be_asked_is_named() -> None:
    assert unknown({"a": result(None), "b": result(ok=False), "c": result(ok=True)}) == ["a: x"]


def test_a_port_accepts_or_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        assert port(Port(number=number), "127.0.0.1", 2).ok is True
    assert port(Port(number=number), "127.0.0.1", 2).ok is False
    assert port(Port(number=number), "no-such-host.invalid", 2).ok is None


class Answering(BaseHTTPRequestHandler):
    """A small site."""

    def do_GET(self) -> None:
        """Answer."""
        code = {"/fine": 200, "/moved": 302}.get(self.path, 500)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/fine")
        self.end_headers()
        self.wfile.write("运行正常".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_answers_as_it_should_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a proxy would speak for itself
    with site() as at:
        assert page(Url(address=f"{at}/fine", contains="正常"), 5).ok is True
        assert page(Url(address=f"{at}/fine", contains="异常"), 5).ok is False
        assert page(Url(address=f"{at}/broken"), 5).detail == "HTTP 500, wanted 200"
        assert page(Url(address=f"{at}/moved"), 5).ok is False  # not followed
        assert page(Url(address=f"{at}/moved", status=(302,)), 5).ok is True
    assert page(Url(address=f"{at}/fine"), 5).ok is False
    assert page(Url(address="http://no-such-host.invalid/"), 5).ok is None
    missing = Url(address=f"{at}/fine", ca_file=Path("/none"))
    assert page(missing, 5).ok is None


def command(**more: Any) -> Check:  # noqa: ANN401 - a command's fields
    return Check.model_validate(
        check(command={"argv": ["pgrep", "-f", "java"], "read_only": True, **more}))


@pytest.mark.parametrize(
    ("exit_code", "output", "ok"),
    [(0, "ready 1", True), (0, "no", False), (1, "ready", False), (127, "not found", None),
     (126, "denied", None), (None, "unreachable", None), (124, "", False)],
)
def test_what_a_command_said(exit_code: int | None, output: str, *, ok: bool | None) -> None:
    assert judged(command(contains="ready"), exit_code, output).ok is ok


def test_a_code_that_is_wanted_is_no_missing_tool() -> None:
    assert judged(command(exit_code=127), 127, "").ok is True


def test_a_query_goes_in_by_standard_input_as_the_right_user() -> None:
    mysql = Sql(engine="mysql", user="mysql", database="items", query="select 1 ;", read_only=True)
    assert client(mysql) == (
        ("mysql", "--batch", "--skip-column-names", "items"), "mysql", "select 1;\n",
    )
    oracle = Sql(engine="oracle", user="oracle", query="select 1 from dual", read_only=True)
    argv, user, stdin = client(oracle)
    assert (argv[0], user) == ("sqlplus", "oracle")
    assert stdin.startswith("whenever sqlerror exit 1\n")
    assert stdin.endswith("select 1 from dual;\n")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def asker(checks: dict[str, Check], run: Any, clock: Clock) -> Asker:  # noqa: ANN401 - a runner
    subjects = {name: Subject("host", name, "centos-7", "") for name in ("a", "b")}
    return Asker(Declared(checks), subjects, run, lambda _: "127.0.0.1", clock, clock.sleep)


def test_a_restarting_service_gets_its_time_and_a_broken_one_does_not_get_more() -> None:
    clock = Clock()
    rounds: list[list[str]] = []

    def run(commands: Sequence[HostCommand]) -> Iterable[HostAnswer]:
        rounds.append([one.subject for one in commands])
        for one in commands:
            up = clock.now == 0 and len(rounds) == 1
            recovered = one.subject == "a" and clock.now >= 6
            yield HostAnswer(one.subject, one.name, 0 if up or recovered else 1, "")

    asking = asker({"java": command()}, run, clock)
    before = asking.before(["a", "b"])
    fine = {"ok": True, "detail": "exit code 0", "title": TITLE}
    assert before == {name: {"java": fine} for name in "ab"}
    after = asking.after(["a", "b"], before)
    found = {name: asking.worse(before[name], after[name]) for name in "ab"}
    assert found["a"] == []
    assert found["b"] == ["java fails: exit code 1, wanted 0 (before: exit code 0)"]
    assert rounds[-1] == ["b"]  # who is well is left alone
    assert 30 <= clock.now < 34
    assert settle_seconds(asking.checks, list(asking.subjects.values())) > clock.now


def test_a_host_that_says_nothing_was_not_asked() -> None:
    def broken(_: Sequence[HostCommand]) -> Iterable[HostAnswer]:
        raise RunError("Ansible reached no host")

    for run, said in ((broken, "Ansible reached no host"), (lambda _: [], "said nothing")):
        asking = asker({"java": command()}, run, Clock())
        before = asking.before(["a"])
        assert asking.unknown(before["a"])
        assert said in str(before)


def test_a_check_that_is_gone_afterwards_was_not_asked_again() -> None:
    asking = asker({}, lambda _: [], Clock())
    before = {"a": {"java": {"ok": True, "detail": "fine"}}}
    assert asking.worse(before["a"], asking.after(["a"], before)["a"]) == [
        "java could not be asked: was not asked again (before: fine)",
    ]


def test_ports_of_many_hosts_are_asked_at_once_each_at_its_own_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
        found = asker(
            {"tcp": Check.model_validate(check(port={"number": number}))}, lambda _: [], Clock(),
        ).before(["a", "b"])
    assert {name: one["tcp"]["ok"] for name, one in found.items()} == {"a": True, "b": True}


def test_what_nobody_can_read_is_unknown_before_and_after(tmp_path: Path) -> None:
    (tmp_path / "business").mkdir()
    (tmp_path / "business" / "one.yml").write_text("checks: [", "utf-8")
    found = declared_or_not(tmp_path, ())
    assert found.common == {}
    assert "one.yml" in text(found.unread)
    ask = Unasked(text(found.unread))
    assert ask.unknown(ask.before(["web01"])["web01"])
    was = {"page": {"ok": True, "detail": "200", "title": TITLE}, "port": {"ok": False}}
    after = ask.after(["web01"], {"web01": was})["web01"]
    assert {name: one["ok"] for name, one in after.items()} == {"page": None, "port": None}
    (worse_now,) = ask.worse(was, after)
    assert worse_now.startswith("page could not be asked: ")
    assert ask.worse({}, {}) == []
    (tmp_path / "business" / "one.yml").unlink()  # the control
    assert declared_or_not(tmp_path, ()) == Declared({})
