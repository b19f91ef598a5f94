"""The watcher's process against servers that answer, die, hang and come back; and its own death."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsrunner.errors import EvidenceError, InputError, RunError
from opsrunner.models import Unmeasured
from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.accounting import account
from opsrunner.sources.watcher.aim import Order, require
from opsrunner.sources.watcher.outage import Outage, measure
from opsrunner.sources.watcher.process import Watch, start
from tests.unit.sources.watcher.fakes import Fake, serving

CANARY = "Canary-口令-7f3a!"


def order(aim: dict[str, Any], **more: int) -> Order:
    quick = {"interval_ms": 50, "timeout_ms": 300, **more}
    return require({"watch": "drill-1", "aim": aim, **quick})


def tcp(fake: Fake) -> dict[str, Any]:
    return {"kind": "tcp", "address": "127.0.0.1", "port": fake.port, "banner": "220"}


def http(fake: Fake) -> dict[str, Any]:
    return {"kind": "http", "url": f"http://127.0.0.1:{fake.port}/", "contains": "ok"}


def sql(fake: Fake) -> dict[str, Any]:
    return {"kind": "sql", "address": "127.0.0.1", "port": fake.port, "user": "w", "database": "d"}


KINDS = {"tcp": (tcp, Fake.greet), "http": (http, Fake.page), "sql": (sql, Fake.database)}
Make = Callable[[Fake], dict[str, Any]]


def speaking(kind: str, fake: Fake) -> Callable[[Any], None]:
    speak = KINDS[kind][1]
    return lambda peer: speak(fake, peer)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["dies", "hang", "refuse"])
def test_an_outage_is_measured_and_each_acknowledged_row_is_there(
    kind: str, how: str, tmp_path: Path,
) -> None:
    fake = Fake()
    with serving(fake, speaking(kind, fake)):
        watch = start(order(KINDS[kind][0](fake)), tmp_path / "watch", Secret("db", CANARY))
        watch.wait_green(10)
        if how != "dies":
            fake.mode = how
            time.sleep(1.0)
            if how == "refuse":
                fake.mode = "answer"
    if how != "refuse":
        time.sleep(1.0 if how == "dies" else 0.1)
        fake.mode = "answer"
    with serving(fake, speaking(kind, fake)):
        watch.wait_green(10)
        reading = watch.stop()
    assert not watch.lives()
    assert reading.why == "stopped"
    found = measure(reading)
    assert isinstance(found, Outage)
    held = how == "refuse" and kind == "sql"  # the pooled connection is still good
    assert 0.04 <= found.seconds < 6 if held else 0.9 <= found.seconds < 6
    assert found.resolution >= 0.35
    if kind == "sql":
        assert account(reading.attempts, fake.rows).intact
        assert {one.by for one in reading.attempts if one.acknowledged} == {"db1"}
    assert CANARY not in (tmp_path / "watch").read_text()


def test_a_server_that_drips_does_not_hold_the_clock(tmp_path: Path) -> None:
    fake = Fake(mode="drip")
    aim = {**tcp(fake), "banner": "2" * 150}
    with serving(fake, fake.greet):
        aim["port"] = fake.port
        watch = start(order(aim), tmp_path / "watch")
        time.sleep(1.5)
        reading = watch.stop()
    whole = [one for one in reading.attempts if one.ended]
    assert len(whole) >= 2
    assert not any(one.acknowledged for one in whole)
    assert any("no answer within 0.3 s" in one.error for one in whole)
    assert measure(reading) == Unmeasured("nothing was acknowledged", "none_acknowledged")


def test_a_row_that_was_written_but_not_acknowledged_is_seen(tmp_path: Path) -> None:
    fake = Fake(swallow=1)
    with serving(fake, fake.database):
        watch = start(order(sql(fake)), tmp_path / "watch")
        watch.wait_green(10)
        reading = watch.stop()
    assert account(reading.attempts, fake.rows).unexpected == (1,)


def test_a_killed_watcher_is_readable_to_the_last_line_and_has_measured_nothing(
    tmp_path: Path,
) -> None:
    fake = Fake()
    rng = random.Random(7)  # noqa: S311 - moments of killing, no secret
    with serving(fake, fake.greet):
        for number in range(8):
            watch = start(order(tcp(fake), interval_ms=10), tmp_path / f"watch{number}")
            time.sleep(rng.uniform(0, 0.2))
            assert watch.lives()
            os.kill(watch.read().header.pid, signal.SIGKILL)
            reading = watch.stop()
            assert not watch.lives()
            assert reading.ended is None
            assert [one.n for one in reading.attempts] == list(
                range(1, len(reading.attempts) + 1))
            assert isinstance(measure(reading), Unmeasured)


def test_a_watcher_outlives_the_runner_and_is_found_again(tmp_path: Path) -> None:
    fake = Fake()
    with serving(fake, fake.greet):
        script = (
            "import os, signal, sys\n"
            "from pathlib import Path\n"
            "from opsrunner.sources.watcher.aim import require\n"
            "from opsrunner.sources.watcher.process import start\n"
            f"start(require({order(tcp(fake)).model_dump(mode='json')!r}), Path(sys.argv[1]))\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        runner = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "watch")], check=False, timeout=60,
        )
        assert runner.returncode == -signal.SIGKILL
        watch = Watch(tmp_path / "watch")
        watch.wait_green(10)
        assert isinstance(measure(watch.stop()), Outage)


def test_a_stopped_clock_is_seen(tmp_path: Path) -> None:
    fake = Fake()
    with serving(fake, fake.greet):
        watch = start(order(tcp(fake)), tmp_path / "watch")
        watch.wait_green(10)
        pid = watch.read().header.pid
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(pid, signal.SIGCONT)
        watch.wait_green(10)
        found = measure(watch.stop())
    assert isinstance(found, Unmeasured)
    assert "stood still" in found.reason


def test_terminate_and_the_time_limit_end_it_properly(tmp_path: Path) -> None:
    fake = Fake()
    with serving(fake, fake.greet):
        watch = start(order(tcp(fake)), tmp_path / "one")
        watch.wait_green(10)
        os.kill(watch.read().header.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while watch.lives() and time.monotonic() < until:
            time.sleep(0.05)
        assert watch.read().why == "terminated"
        limited = start(order(tcp(fake), limit_seconds=1), tmp_path / "two")
        time.sleep(2)
        assert limited.read().why == "time limit"


def test_a_full_disk_ends_the_watch_without_an_end(tmp_path: Path) -> None:
    fake = Fake()
    with serving(fake, fake.greet):
        script = (
            "import resource, runpy\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "runpy.run_module('opsrunner.sources.watcher', run_name='__main__')\n"
        )
        told = f'{{"order": {order(tcp(fake)).model_dump_json()}, "journal": "{tmp_path}/watch"}}\n'
        done = subprocess.run(
            [sys.executable, "-c", script], input=told.encode(), check=False, timeout=60,
            capture_output=True,
        )
    assert (done.returncode, done.stdout) == (1, b"ready\n")
    reading = Watch(tmp_path / "watch").read()
    assert reading.ended is None
    assert reading.attempts
    assert "did not end properly" in str(measure(reading))


def test_the_password_is_in_no_argument_and_no_environment(tmp_path: Path) -> None:
    fake = Fake()
    os.environ["OPSRUNNER_CANARY"] = CANARY
    try:
        with serving(fake, fake.database):
            watch = start(order(sql(fake)), tmp_path / "watch", Secret("db", CANARY))
            watch.wait_green(10)
            process = Path("/proc") / str(watch.read().header.pid)
            for name in ("cmdline", "environ"):
                assert CANARY.encode() not in (process / name).read_bytes()
            assert b"opsrunner.sources.watcher" in (process / "cmdline").read_bytes()
            watch.stop()
    finally:
        del os.environ["OPSRUNNER_CANARY"]


def test_what_is_wrong_is_said_at_once_and_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        require({"watch": "no good", "aim": {"kind": "sql", "port": 0}, "interval_ms": 1})
    said = str(error.value)
    for key in ("aim.address", "aim.port", "aim.user", "aim.database", "interval_ms", "watch"):
        assert key in said
    with pytest.raises(InputError, match=r"aim\.kind: must be one of http, sql, tcp"):
        require({"watch": "w", "aim": {"kind": "smtp"}})
    (tmp_path / "watch").write_text("something")
    with pytest.raises(RunError, match="is there already"):
        start(order(tcp(Fake(port=1))), tmp_path / "watch")
    with pytest.raises(EvidenceError, match="cannot read"):
        Watch(tmp_path / "none").lives()


def test_nothing_green_is_said_with_the_last_error(tmp_path: Path) -> None:
    fake = Fake()
    with serving(fake, fake.greet):
        pass
    watch = start(order(tcp(fake)), tmp_path / "watch")
    with pytest.raises(RunError, match=r"nothing acknowledged within 0\.5 s: Connection"):
        watch.wait_green(0.5)
    assert isinstance(measure(watch.stop()), Unmeasured)
    with pytest.raises(RunError, match="has died"):
        watch.wait_green(0.5)
