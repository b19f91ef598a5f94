"""A fictitious drill that was held: a plan of a real scenario, people, and a time line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from opsrunner.activities.drill.papers.report import Story
from opsrunner.activities.drill.planning import Cause, Drill, drill_of, plan_tabletop
from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.plan.people import People, PeopleFile
from opsrunner.sources.watcher.lines import Attempt, Header, Reading
from opsrunner.timeline.events import Event, Kind

POLICIES = Path(__file__).parents[4] / "policies"
START = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)
_MS = 1_000_000


def people() -> People:
    """Return people who have every duty between them."""
    return People("people.yml", PeopleFile.model_validate({"people": {
        "zhang": {"name": "张建国", "logins": ["zhang"], "roles": ["plan", "apply"],
                  "duties": ["duty_officer", "recorder", "system_admin", "network_admin"]},
        "li": {"name": "李秀英", "roles": ["approve"], "duties": ["dba", "security_admin"]},
        "wang": {"name": "王志强", "duties": ["commander"]},
        "zhao": {"name": "赵敏", "duties": ["liaison", "app_owner"]},
    }}).people)


def drill(name: str = "database_restore") -> Drill:
    """Given a scenario's id, return its planned drill."""
    cause = Cause("zhang", "zhang", "1", "CHG-1")
    plan = plan_tabletop(name, load_scenarios(POLICIES)[name], people(), cause, START)
    return drill_of(plan.model_copy(update={"id": "drill-20261121-3fa9c1"}))


def events(held: Drill, faster: float = 0.8, outcomes: Mapping[str, str] | None = None,
           marks: Sequence[tuple[str, int]] = ()) -> list[Event]:
    """Given a drill, return its time line: each step took its time, so much faster or slower."""
    found: list[Event] = []
    second = 0.0

    def put(kind: Kind, **more: Any) -> None:  # noqa: ANN401 - members of an event
        at = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds")
        event = Event(kind, at.replace("+00:00", "Z"), int(second * 1e9), "b", **more)
        found.append(event.following(found[-1] if found else None))

    put(Kind.OPENED, data={"plan": held.plan.id, "digest": "d" * 64, "run": "r1"})
    for name, minute in marks:
        second = minute * 60.0
        put(Kind.MARK, data={"name": name})
    phase = ""
    for place, step in enumerate(held.scenario.steps):
        if step.phase != phase:
            phase = step.phase.value
            put(Kind.PHASE, data={"phase": phase})
        who = people().people[held.people[step.role][0]].name
        put(Kind.BEGUN, step=step.id, who=who)
        second += step.minutes * 60 * (faster if place % 3 else 1.4)
        outcome = (outcomes or {}).get(step.id, "done")
        put(Kind.DONE, step=step.id, who=who, text=f"第 {place + 1} 步按方案执行，无异常",
            data={"outcome": outcome})
        second += 30
    for place in range(1, len(held.scenario.criteria) + 1):
        data = {"criterion": place, "verdict": "partly" if place == 3 else "met"}
        put(Kind.JUDGED, who="张建国", text="补录办法须明确到处室" if place == 3 else "", data=data)
    put(Kind.PROBLEM, who="张建国", text="业务验证清单补充附件下载与打印",
        data={"owner": "赵敏", "due": "2026-12-05"})
    put(Kind.ENDED, who="张建国", text="预案流程总体可行，问题按期整改后复演相关环节。",
        data={"result": "partly"})
    return found


def watch() -> Reading:
    """Return what a prober saw: 12 s, of which 3 s were an outage."""
    attempts, at = [], 0
    for n in range(1, 50):
        down = 4000 <= at < 7000
        took = 1000 if down else 4 + n % 5
        attempts.append(Attempt(n, at * _MS, (at + took) * _MS, not down, "" if down else "db1"))
        at += max(200, took + 200 - (took % 200) if down else 200)
    header = Header("w", {"kind": "sql"}, 200, 1000, "b", "2026-11-21T01:12:00.000Z", 0, 1)
    return Reading(header, tuple(attempts), at * _MS, "stopped")


def story(**more: Any) -> Story:  # noqa: ANN401 - members of a story
    """Return a drill that was held, with anything replaced."""
    held = drill()
    names = {key: person.name for key, person in people().people.items()}
    lines = events(held, outcomes={"restore": "skipped"})
    return Story(**{
        "drill": held, "digest": "d" * 64, "events": lines, "names": names,
        "heads": {"20261121T011200Z-7f3a": "a" * 64}, "approvers": "李秀英", **more,
    })
