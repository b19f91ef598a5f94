"""Fixed, fictitious backup sets: a restore test, a week's inspection, a year's ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.inspection import Inspection, Said, inspect
from opsrunner.activities.backup.ledger import Ledger, build
from opsrunner.activities.backup.papers.inspection import inspection_paper
from opsrunner.activities.backup.papers.ledger import ledger_paper
from opsrunner.activities.backup.papers.restore import restore_paper
from opsrunner.activities.backup.papers.tested import RestoreTest, outcomes_of
from opsrunner.activities.backup.proofs import proven_by_set
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.evidence.records import SubjectRecord
from opsrunner.policy.backup import BackupPolicy, BackupSet, Level, System
from opsrunner.report.paper import Paper

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)  # a Saturday, week 47
RUN = "20261120T181502Z-5c1e"
WEEK = "2026-W46"
SIZE = 8_734_118_912
ZONE = ZoneInfo("Asia/Shanghai")
SINCE = date(2026, 2, 2)
TESTER = "张建国"
HOSTILE = "=2+3 <b>加粗</b> \x1b[31m"
ITEM = "item_management/mysql/item-centos-03/sx_item"
FLOW = "item_management/mysql/item-centos-04/sx_flow"
FILES = "item_management/files/item-centos-07"
PORTAL = "regulation_portal/mysql/portal-centos-04/mh_cms"
ORACLE = "regulation_platform/oracle/reg-rhel-01/JG01"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _system(titles: tuple[str, str], importance: str, owner: str, **backups: Any) -> System:  # noqa: ANN401 - any YAML
    common = {
        "made_by": "opsrunner", "cadence": {"every": "daily", "at": "12:00"},
        "retention": {"daily": 14},
        "targets": {"local": {"location": "/backup"},
                    "offsite": {"location": "sftp://backup@198.18.9.12/x", "append_only": True}},
        "encryption": {"secret": "backup/x"},
        "verification": {"level": "L4", "cadence": {"every": "weekly"}},
    }
    return System.model_validate({
        "title": {"zh": titles[0], "en": titles[1]}, "importance": importance, "owner": owner,
        "rto": "4h", "rpo": "24h",
        "backups": {
            name: common | {"title": {"zh": "备份", "en": "backup"}} | more
            for name, more in backups.items()
        },
    })


def policy() -> BackupPolicy:
    """Return the policy: databases of ours and of others, files, and a hostile owner."""
    external = {"made_by": "external", "logs": "1h",
                "verification": {"level": "L3", "cadence": {"every": "weekly"}}}
    systems = {
        "item_management": _system(
            ("事项管理系统", "Item management"), "core", "事项管理系统管理岗",
            mysql={"databases": {"item-centos-03": ["sx_item"], "item-centos-04": ["sx_flow"]}},
            files={"paths": {"item-centos-07": ["/opt/tomcat/conf", "/srv/attachments"]}}),
        "regulation_portal": _system(
            (f"门户 {HOSTILE}", f"Portal {HOSTILE}"), "important", "=2+3 <b>门户岗</b>",
            mysql={"databases": {"portal-centos-04": ["mh_cms"]}}),
        "regulation_platform": _system(
            ("监管平台", "Regulation platform"), "core", "监管平台系统管理岗",
            oracle={**external, "job": "rman", "databases": {"reg-rhel-01": ["JG01"]}}),
    }
    sets = [one for name, system in systems.items() for one in _sets(name, system)]
    return BackupPolicy(systems, {one.id: one for one in sets}, _sha("policy"), {})


def _sets(name: str, system: System) -> Iterator[BackupSet]:
    for kind, backup in system.backups.items():
        kept = (name, system, backup, ZONE, SINCE)
        for host, paths in backup.paths.items():
            yield BackupSet(f"{name}/{kind}/{host}", host, paths, *kept)
        for host, instances in backup.databases.items():
            for one in instances:
                yield BackupSet(f"{name}/{kind}/{host}/{one}", host, (one,), *kept)


def said(
    set_id: str, level: Level | None, moment: datetime, **changes: Any,  # noqa: ANN401 - any field
) -> Verification:
    """Given a set, how far it was proven and when, return the verification of that night's copy."""
    made = moment.replace(hour=18, minute=2) - timedelta(days=1)
    one = policy().sets[set_id]
    fields: dict[str, Any] = {
        "looked": True, "reason": None,
        "copy": Copy(made.strftime("%Y%m%dT%H%M%SZ"), made, made, SIZE),
        "started": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ended": (moment + timedelta(minutes=9)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "restored": one.content if level and level.recoverable else (),
        "blobs": {name: _sha(f"{set_id} {name}") for name in ("log", "comparison")},
    } | changes
    return Verification(
        set_id=set_id, kind=one.kind, wanted=one.backup.verification.level, level=level, **fields,
    )


def _record(what: Verification, **besides: Any) -> SubjectRecord:  # noqa: ANN401 - any JSON
    record = what.as_record()
    return replace(record, tally={**record.tally, **besides})


def restore_test() -> RestoreTest:
    """Return a restore test with an end of every kind."""
    moment = datetime(2026, 11, 20, 18, 15, 2, tzinfo=UTC)
    full = {"on": "item-centos-03", "scratch": "/var/tmp/opsrunner-scratch", "cleaned": True}  # noqa: S108 - a name
    records = [
        _record(said(ITEM, Level.L4, moment), seconds=412.6, tables=187, rows=23_911_204,
                sentinel="48211", range="20261119T180211Z 20261120T181440Z", **full),
        _record(said(FLOW, Level.L3, moment, reason=(
            "table act_ru_task: 0 rows restored, the manifest has 5120")), seconds=218.0,
            tables=64, rows=1_204_833, gaps=["mysql-bin.000412 is missing"],
            **full | {"cleaned": False}),
        _record(said(FILES, Level.L5, moment, source="offsite"), seconds=95.2, rto_seconds=1310.4,
                rpo_seconds=41_400, read={"parts": [3], "of": 4}, **full),
        _record(said(PORTAL, None, moment, looked=False, copy=None, blobs={},
                     reason=f"unreachable: {HOSTILE}")),
        _record(said(ORACLE, None, moment, reason="ORA-19809: limit exceeded for recovery files")),
    ]
    return RestoreTest(
        RUN, moment + timedelta(minutes=40), TESTER, "1.4.0", _sha("policy"), policy(),
        outcomes_of(records, policy()), _sha("head"), {"policy-1": _sha("policy file")},
    )


def inspection(week: str = WEEK) -> Inspection:
    """Return the inspection of a week: well, anomalies of every kind, missed, nobody could look."""
    moment = datetime(2026, 11, 12, 2, 30, tzinfo=UTC)

    def seen(what: Verification, days: int = 0) -> Said:
        return Said(what, f"20261112T0230{len(what.set_id):02}Z-7f3a", TESTER,
                    moment + timedelta(days=days))

    before = moment - timedelta(days=1)
    made = Copy("before", before - timedelta(days=3), before - timedelta(days=3), SIZE * 3)
    old = Copy("s", moment - timedelta(days=9), moment - timedelta(days=9), SIZE)
    return inspect(policy(), [
        seen(said(ITEM, Level.L4, moment)),
        seen(said(FLOW, Level.L2, moment, others=(made,), reason="damaged since it was written")),
        seen(said(PORTAL, None, moment, looked=False, copy=None, blobs={},
                  reason=f"unreachable: {HOSTILE}")),
        seen(said(ORACLE, Level.L0, moment, copy=old), 1),
    ], week, NOW, head=_sha("head"))


def ledger() -> Ledger:
    """Return a year: proven in most weeks, gaps that stay gaps, a hostile refusal."""
    runs = []
    for ago in range(41, 0, -1):
        moment = NOW - timedelta(weeks=ago)
        levels = {ITEM: Level.L4, FILES: Level.L3 if ago % 4 else Level.L5, ORACLE: Level.L0}
        if ago % 7:
            levels[FLOW] = Level.L4 if ago % 5 else Level.L1
        runs.append((f"run-{ago}", moment, [
            said(name, level, moment).as_record() for name, level in levels.items()
        ]))
    proven, refused = proven_by_set(runs)
    return build(policy(), proven, NOW, weeks=52, head=_sha("head"),
                 refused=[*refused, f"run x: {HOSTILE}"])


def papers() -> list[Paper]:
    """Return all three."""
    heads = {one.run: _sha(one.run) for row in inspection().rows for one in row.said}
    return [
        restore_paper(restore_test()), inspection_paper(inspection(), TESTER, heads),
        ledger_paper(ledger(), TESTER),
    ]
