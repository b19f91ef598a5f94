"""A fixed, fictitious plan that was carried out, with an end of every kind and a hostile host.

``fleet`` makes larger ones of the same kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opsrunner.activities.harden.papers.operations import change_record, operation_report
from opsrunner.activities.harden.papers.plan import plan_paper
from opsrunner.activities.harden.papers.report import hardening_report
from opsrunner.activities.harden.papers.story import Story
from opsrunner.plan.approval import Approval
from opsrunner.plan.entries import OPENED, STATE, Entry, fold
from opsrunner.plan.execute import BUSINESS, BUSINESS_AFTER
from opsrunner.plan.file import canonical, digest
from opsrunner.plan.models import Change, Danger, LeftOut, Plan, Step, SubjectPlan, Words
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import State
from opsrunner.report.paper import Paper
from tests.reports.hostile import HOSTILE

PEOPLE = {"zhang": "张三", "li": "李四", "zhao": "赵六"}
RUN = "20260302T131503Z-7f3a"
_DONE = (State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED)
_BANNER = "警告：本系统仅供授权人员使用，未经授权的访问将被追究责任。"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _file(target: str, before: str, after: str, *, new: bool = False) -> Change:
    diff = f"--- {target}\n+++ {target}\n@@ -1,2 +1,2 @@\n" + (f"-{before}\n" if before else "")
    size = "{} bytes, mode 0644, 0:0"
    return Change(
        kind="file", target=target, before="absent" if new else size.format(len(before)),
        after=size.format(len(after)), diff=f"{diff}+{after}\n",
        before_sha256="absent" if new else _sha(before), after_sha256=_sha(after),
    )


def _step(rule: str, titles: tuple[str, str], level: str, *changes: Change, **more: Any) -> Step:  # noqa: ANN401 - a step's fields
    why = Words(zh="依赖旧设置的客户端会被断开。", en="Clients that rely on the old value break.")
    return Step(
        id=rule, rule=rule, title=Words(zh=titles[0], en=titles[1]),
        danger=Danger.model_validate({"level": level, "why": why}), changes=changes, **more,
    )


_RUNS = (State.BEGINNING, State.BEGUN)
_SHELL = "/etc/profile.d/zz-opsrunner-umask.sh"
_SAYS = {"title": {"zh": "审批系统首页", "en": "first page"}}
_UP = {"portal": {"ok": True, "detail": "HTTP 200", **_SAYS}}
_DOWN = {"portal": {"ok": False, "detail": "HTTP 502, wanted 200", **_SAYS}}
_FAILED = {"when": "2026-03-02T13:18:11Z", "command": "sshd -t -f /etc/ssh/sshd_config",
           "code": 255, "said": "/etc/ssh/sshd_config line 12: Bad configuration option: Bannner"}
Line = tuple[State, tuple[Why, ...], Mapping[str, Any]]
# How it went on the hosts that show one end each: state, reasons, data, in order.
FATES: Mapping[str, Sequence[Line]] = {
    "refused-01": [(State.BEGINNING, (), {}), (State.REFUSED, (
        Why("blocked.read_only", "its file system is mounted read-only", f"read_only: {_SHELL}"),
        Why("blocked.no_space", "12 KiB are free, 4096 are needed", "no_space: /var/lib"),
    ), {})],
    "drifted-01": [(State.REFUSED, (
        Why("drifted", "drifted since the plan was made; plan again"),
    ), {"drift": [{"target": "file /etc/login.defs", "planned": "812 bytes, mode 0644, 0:0 -> "
                   "840 bytes, mode 0644, 0:0", "now": "790 bytes, mode 0640, 0:0 -> "
                   "818 bytes, mode 0640, 0:0"}]})],
    "invalid-01": [(State.BEGINNING, (), {}), (State.UNDONE, (
        Why("invalid", f"sshd: {_FAILED['said']}", "sshd -t"),
    ), {"commands": [_FAILED]})],
    "worse-01": [
        (State.BEGINNING, (), {BUSINESS: _UP}), (State.BEGUN, (), {}),
        (State.UNDOING, (Why("business_worse", "portal fails: HTTP 502, wanted 200"),),
         {BUSINESS_AFTER: _DOWN}),
        (State.UNDONE, (), {"notes": [
            {"code": "note.not_running", "words": "rsyslog does not run", "about": "rsyslog"},
        ]}),
    ],
    "changed-01": [
        (State.BEGINNING, (), {}), (State.BEGUN, (), {}), (State.CONFIRMING, (), {}),
        (State.CONFIRMED, (), {}), (State.UNDOING, (Why("undo_asked", "asked for by zhao"),), {}),
        (State.FAILED, (Why("changed", "was changed since", "/etc/login.defs"),),
         {"conflicts": [{"target": "/etc/login.defs", "before": f"file {_sha('a')} 644 0 0",
                         "after": f"file {_sha('b')} 644 0 0",
                         "now": f"file {_sha('c')} 640 0 0"}]}),
    ],
    "failing-01": [
        (State.BEGINNING, (), {}), (State.BEGUN, (), {}), (State.CONFIRMING, (), {}),
        (State.CONFIRMED, (), {}),
        (State.FAILED, (Why("recheck_failed", "still failing: umask"),),
         {"recheck": {"ssh_banner": "pass", "umask": "fail", "source_route_off": "pass"}}),
    ],
    "reboot-01": [
        (State.BEGINNING, (), {BUSINESS: _UP}), (State.BEGUN, (), {}),
        (State.CONFIRMING, (), {BUSINESS_AFTER: _UP}), (State.CONFIRMED, (), {}),
        (State.VERIFIED, (Why("recheck_waits", "source_route_off still fails (reboot: sysctl)"),),
         {"recheck": {"ssh_banner": "pass", "umask": "pass", "source_route_off": "fail"},
          "waits": {"source_route_off": "reboot: sysctl"}}),
    ],
    "lost-01": [(State.BEGINNING, (), {}), (State.UNKNOWN, (
        Why("no_answer", "unreachable: connection timed out"),
    ), {})],
    "waiting-01": [],
}


def steps() -> tuple[Step, ...]:
    """Return the steps of an honest host."""
    key = "net.ipv4.conf.all.accept_source_route"
    return (
        _step("ssh_banner", ("SSH 登录前显示警示信息", "SSH shows a warning before login"), "low",
              _file("/etc/issue.net", "\\S", _BANNER),
              _file("/etc/ssh/sshd_config", "#Banner none", "Banner\t/etc/issue.net"),
              restarts=("sshd",)),
        _step("umask", ("默认 umask 为 027 或更严", "The default umask is 027"), "medium",
              _file("/etc/login.defs", "UMASK\t\t022", "UMASK\t\t027"),
              _file("/etc/profile.d/zz-opsrunner-umask.sh", "", "umask 027", new=True)),
        _step("source_route_off", ("不接受源路由报文", "Source-routed packets are refused"), "high",
              Change(kind="sysctl", target=key, before=f"{key} = 1", after=f"{key} = 0"),
              acknowledged="业务确认不使用源路由", reboot=("内核参数在重启后复核",)),
    )


def hostile_step() -> Step:
    """Return a step whose changes are what a hostile host may print."""
    short = [text[:150] for text in HOSTILE]
    line = ["".join(c if c.isprintable() else "?" for c in text) or "?" for text in short]
    changes = [
        Change(kind="file", target=line[n], before=_legal(text), after=_legal(text),
               diff=f"--- a\n+++ b\n@@ -1 +1 @@\n-{_legal(text)}\n+{_legal(text)}\n")
        for n, text in enumerate(short)
    ]
    return _step("hostile", ("恶意主机的输出", "What a hostile host prints"), "low", *changes)


def _legal(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # a plan's file has no half surrogates


_LEFT = (
    LeftOut(rule="root_login", title=Words(zh="禁止 root 远程登录", en="No remote root login"),
            reason="precondition",
            detail=Words(zh="没有第二个可用登录", en="no second login is proven")),
    LeftOut(rule="antivirus", title=Words(zh="安装防病毒软件", en="Antivirus is installed"),
            reason="by_hand", detail=Words(zh="由厂商安装", en="installed by the vendor")),
)


def plan(subjects: Sequence[SubjectPlan] = ()) -> Plan:
    """Given subjects, or none for the sample's own, return the plan."""
    return Plan(
        id="harden-20260302-3fa9c1", activity="harden", planner="zhang", planner_login="zhang",
        created="2026-03-02T10:00:00Z", expires="2026-03-09T10:00:00Z", ticket="CHG-2026-0312",
        period="2026-两会保障", inventory="inventories/sample", source_run="20260302T011503Z-7f3a",
        policy_sha256=_sha("sample policies"), code_version="0.1.0",
        subjects=tuple(subjects) or (
            SubjectPlan(id="web-01", platform="centos-7", profile="l3", address="192.0.2.11",
                        second_login="opsadm", steps=steps(), left_out=_LEFT),
            SubjectPlan(id="db-01", platform="kylin-v10", profile="l3", address="192.0.2.21",
                        without_second_way="机房值守，可用本地控制台", steps=steps()),
            *(SubjectPlan(id=name, platform="centos-7", profile="l3", steps=steps())
              for name in FATES),
            SubjectPlan(id="evil-01", platform="rhel-8", profile="l3", steps=(hostile_step(),)),
        ),
    )


def fleet(hosts: int, rules: int, kinds: int = 1) -> Plan:
    """Given how many hosts, rules and kinds of hosts, return a plan of that size."""
    made = [_many(rules, f"# kind {kind}" if kind else "") for kind in range(kinds)]
    return plan([
        SubjectPlan(id=f"host-{n:03d}", platform="centos-7", profile="l3", steps=made[n % kinds])
        for n in range(1, hosts + 1)
    ])


def _many(rules: int, differs: str) -> tuple[Step, ...]:
    known = steps()
    found = []
    for n in range(rules):
        step, name = known[n % len(known)], f"rule_{n:02d}"
        changes = tuple(
            c.model_copy(update={"diff": f"{c.diff}-was{differs[6:]} 1\n+is{differs[6:]} 2\n"})
            if differs and c.diff else c for c in step.changes
        )
        found.append(step.model_copy(update={"id": name, "rule": name, "changes": changes}))
    return tuple(found)


def story(of: Plan) -> Story:
    """Given a plan, return how it was carried out: all verified but the last, which went back."""
    entries = tuple(_linked(_lines(of)))
    sha = digest(canonical(of))
    approval = Approval(
        plan=of.id, digest=sha, kind="signature", by="li", name="李四", login="li",
        registrar="li", at="2026-03-02T12:00:00Z", principal="li@example.cn",
        fingerprint="SHA256:Zk0Yb2t4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg",
    )
    return Story(
        plan=of, digest=sha, approvals=[approval], entries=entries, states=fold(entries),
        people=PEOPLE, operators={RUN: "赵六"},
        heads={f"{of.source_run} check": _sha("check"), f"{RUN} harden": _sha("harden")},
    )


def papers(of: Plan | None = None) -> list[Paper]:
    """Given a plan (none: the sample's), return its four papers."""
    told = story(of or plan())
    return [
        plan_paper(told.plan, told.digest, PEOPLE), hardening_report(told),
        operation_report(told), change_record(told),
    ]


def _linked(entries: Iterator[Entry]) -> Iterator[Entry]:
    before = None
    for entry in entries:
        before = entry.following(before)
        yield before


def _lines(of: Plan) -> Iterator[Entry]:
    names = [subject.id for subject in of.subjects]
    yield Entry(0, "2026-03-02T13:15:03.000Z", OPENED, data={"run": RUN, "subjects": names})
    for number, subject in enumerate(of.subjects):
        clock = f"2026-03-02T{13 + number // 60 % 10:02d}:{number % 60:02d}"
        if subject.id in FATES:
            yield from _fate(subject.id, clock)
            continue
        rules = {step.rule: "pass" for step in subject.steps}
        for second, state in enumerate(_DONE):
            data: dict[str, Any] = {"commands": _commands(subject)} if state is State.BEGUN else {}
            data |= {BUSINESS: _UP} if state is State.BEGINNING else {}
            data |= {BUSINESS_AFTER: _UP} if state is State.CONFIRMING else {}
            yield Entry(0, f"{clock}:{second:02d}.000Z", STATE, subject.id, state, data=data)
        back = subject.id == names[-1] and len(names) > 1
        if not back:
            yield Entry(0, f"{clock}:30.000Z", STATE, subject.id, State.VERIFIED,
                        data={"recheck": rules})
            continue
        asked = (Why("undo_asked", "undo asked for by 赵六"),)
        yield Entry(0, f"{clock}:30.000Z", STATE, subject.id, State.UNDOING, text(asked),
                    as_data(*asked))
        yield Entry(0, f"{clock}:40.000Z", STATE, subject.id, State.UNDONE)


def _fate(host: str, clock: str) -> Iterator[Entry]:
    for second, (state, whys, data) in enumerate(FATES[host]):
        yield Entry(0, f"{clock}:{second:02d}.000Z", STATE, host, state, text(whys),
                    {**data, **as_data(*whys)})


def _commands(subject: SubjectPlan) -> list[Mapping[str, Any]]:
    hostile = subject.id.startswith("evil")
    said = list(HOSTILE) if hostile else ["", "sshd: reloaded"]
    if not hostile and len(subject.steps) > len(steps()):  # a fleet: as many as a host really runs
        said = ["" for _ in range(3 * len(subject.steps))]
    return [
        {"when": "2026-03-02T13:15:10Z", "command": f"cp -a -- /etc/issue.net {n} {text[:300]}",
         "code": int(hostile), "said": text}
        for n, text in enumerate(said)
    ]
