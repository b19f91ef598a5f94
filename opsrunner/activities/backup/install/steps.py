"""One host's jobs -> steps and operations; what a plan binds has names of secrets, never secrets.

The content of a file with a secret, as it is and as it will be, is no part of what is bound: a
digest of it could be guessed from the plan by whoever has a list of passwords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opsrunner.activities.backup.jobs import FILES, KINDS, Kind, Store, left_out, stores_of
from opsrunner.changes.binding import operations_sha256
from opsrunner.changes.describing import between, describe, restarts
from opsrunner.changes.draft import Draft
from opsrunner.changes.operations import Changes, Operation, SetFile
from opsrunner.changes.role_tasks import outcome_of
from opsrunner.changes.state import FileState, HostState
from opsrunner.errors import InputError, Problem
from opsrunner.facts.base import CannotTell
from opsrunner.plan.models import Change, Danger, LeftOut, Step, Words
from opsrunner.remedies.base import Reads

SYSTEMD = "/run/systemd/system"
# The steps that make repositories, by the role that writes to them.
REPOSITORIES = {role: f"{role}_repositories" for role in KINDS}
_HIDDEN = b"<secret>\n"
_MARK = "<secret "  # with which what stands for a secret begins
_FOLDERS = ("/usr/bin", "/usr/local/bin")
_INSTALL = Danger(level="low", why=Words(
    zh="安装备份程序、配置和定时任务；备份运行时占用 CPU、磁盘和网络，均有上限",
    en="programs, settings and a timer; a backup takes processor, disk and network, with limits"))
_INITIALIZE = Danger(level="medium", why=Words(
    zh="仅在该位置没有仓库时新建；口令错误绝不新建。仓库不随回退删除（其中可能已有备份），"
       "口令丢失则其中备份永久不可用",
    en="made only where there is none; a wrong password never makes one. An undo leaves it: there"
       " may be backups in it. Whoever loses the password loses them"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One job as a plan keeps it: role, backup set, title, variables, whether to make its store."""

    kind: Kind
    set_id: str
    title: Words
    variables: Mapping[str, Any]
    initialize: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return what a step keeps of it."""
        return {"role": self.kind.role, "set": self.set_id, "title": self.title.model_dump(),
                "variables": dict(self.variables), "initialize": self.initialize}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Wanted:
        """Given what a step keeps, return the job."""
        return cls(KINDS[said["role"]], said["set"], Words(**said["title"]), said["variables"],
                   said["initialize"])

    @property
    def stores(self) -> tuple[Store, ...]:
        """Return the repositories that it writes to."""
        return stores_of(self.kind, self.variables)

    @property
    def tools(self) -> tuple[tuple[str, ...], ...]:
        """Return the programs that it needs on the host, one of each row."""
        return (self.kind.tools, *([FILES.tools] if self.stores else []))


@dataclass(frozen=True, slots=True)
class Made:
    """What one host's jobs come to. ``changes`` is what the plan binds, secrets left out."""

    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...]
    changes: Changes
    shown: tuple[Change, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the digest that an approval holds on to."""
        return operations_sha256(self.changes)


def reads_of(wanted: Iterable[Wanted], roles: Path) -> Reads:
    """Given jobs, return all that must be read of the host, with systemd or without."""
    files: dict[str, None] = {}
    units: dict[str, None] = {}
    stats = {SYSTEMD: None}
    for job in wanted:
        for systemd in (True, False):
            found = outcome_of(roles / job.kind.role, job.variables, _always(there=systemd))
            files |= dict.fromkeys((*found.files, *found.removed))
            units |= dict.fromkeys(found.units)
        tools = [tool for row in job.tools for tool in row]
        stats |= dict.fromkeys(f"{folder}/{tool}" for folder in _FOLDERS for tool in tools)
        stats |= dict.fromkeys(store.marker for store in job.stores if store.marker)
    return Reads(files=tuple(files), units=tuple(units), stats=tuple(stats))


def _always(*, there: bool) -> Callable[[str], bool]:
    return lambda _: there


def make_steps(state: HostState, wanted: Sequence[Wanted], roles: Path) -> Made:
    """Given a host as it was read and its jobs, return the steps. Pure; the same gives the same."""
    secret = {_real(state, path) for job in wanted
              for path, (text, _) in _files(job, state, roles).items() if _MARK in text}
    draft = Draft(_hidden(state, secret))
    steps: list[Step] = []
    left: list[LeftOut] = []
    for job in wanted:
        before = draft.changes()
        try:
            why = _missing(draft, job)
            if why is None:
                _install(draft, job, roles)
        except CannotTell as reason:
            left.append(unread(job.set_id, str(reason)))
            continue
        if why is not None:
            left.append(left_out(job.set_id, why))
            continue
        after = draft.changes()
        shown = tuple(_shown(one, secret, job) for one in between(before, after))
        if shown:
            steps.append(_step(job, shown, before, after))
            steps += _initialize(draft, job)
        else:
            left.append(_nothing(job))
    changes = draft.changes()
    every = tuple(change for step in steps for change in step.changes if change.kind != "other")
    return Made(tuple(steps), tuple(left), changes, every)


def exact(
    bound: Changes, state: HostState, wanted: Sequence[Wanted], roles: Path,
    reveal: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Changes:
    """Given what a plan binds and the host, return the changes with the secrets in their files.

    ``reveal`` puts the secrets into a job's variables.
    """
    texts: dict[str, tuple[FileState, str]] = {}
    for job in wanted:
        clear = replace(job, variables=reveal(job.variables))
        hidden = _files(job, state, roles)
        for path, (text, _) in _files(clear, state, roles).items():
            now = state.files[path]
            if _MARK in hidden[path][0] and isinstance(now, FileState):
                texts[now.path] = now, text

    def one(operation: Operation) -> Operation:
        if not isinstance(operation, SetFile):
            return operation
        if operation.target in texts:
            now, text = texts[operation.target]
            return SetFile(now, operation.after.with_(content=text.encode()))
        if _MARK.encode() in (operation.after.content or b""):  # never a name for a password
            message = "its secret was not put in"
            raise InputError([Problem("backup_install", operation.target, message)])
        return operation

    return replace(bound, operations=tuple(map(one, bound.operations)))


def _real(state: HostState, path: str) -> str:
    """Return the path behind links, by which operations go."""
    found = state.files[path]
    return found.path if isinstance(found, FileState) else path


def _files(job: Wanted, state: HostState, roles: Path) -> dict[str, tuple[str, int]]:
    return outcome_of(roles / job.kind.role, job.variables, lambda _: _systemd(state)).files


def _systemd(state: HostState) -> bool:
    found = state.files.get(SYSTEMD)
    return isinstance(found, FileState) and found.exists


def _hidden(state: HostState, secret: Iterable[str]) -> HostState:
    """Return the state with the content of files that hold secrets left out."""
    paths = frozenset(secret)
    return replace(state, files={
        path: found.with_(content=_HIDDEN)
        if isinstance(found, FileState) and found.exists and found.path in paths else found
        for path, found in state.files.items()
    })


def _missing(draft: Draft, job: Wanted) -> Words | None:
    """Return the precondition that is not met, None when all are. Raise CannotTell."""
    for tools in job.tools:
        if not any(draft.exists(f"{folder}/{tool}") for folder in _FOLDERS for tool in tools):
            said = " / ".join(tools)
            return Words(zh=f"主机上没有程序 {said}", en=f"there is no program {said}")
    for store in job.stores:
        if store.marker and not job.initialize and not draft.exists(store.marker):
            return Words(zh=f"{store.place} 处没有仓库；需要新建请加 --initialize",
                         en=f"there is no repository at {store.place}; to make one: --initialize")
    return None


def _install(draft: Draft, job: Wanted, roles: Path) -> None:
    found = outcome_of(roles / job.kind.role, job.variables, draft.exists)
    for path in (*found.files, *found.removed):  # all are known, or nothing is written
        draft.file(path)
    for name in found.units:
        draft.unit(name)
    for path, (text, mode) in found.files.items():
        if draft.exists(path) and draft.text(path) == text:
            draft.set_mode(path, mode, uid=0, gid=0)
            continue
        draft.write(path, text, mode=mode)
        draft.set_mode(path, mode, uid=0, gid=0)
    for path in found.removed:
        if draft.exists(path):
            draft.remove(path)
    for name, runs in found.units.items():
        if runs or draft.unit(name).present:
            draft.set_unit(name, enabled="enabled" if runs else "disabled", active=runs)
    if found.units:
        draft.validate("systemd_unit")
        draft.activate("systemd")
    else:
        draft.validate("crontab")


def _shown(operation: Operation, secret: Iterable[str], job: Wanted) -> Change:
    """Return an operation as people read it; of a file with a secret neither text nor digest."""
    if operation.target not in secret or not isinstance(operation, SetFile):
        return describe(operation)
    names = sorted({str(value).removeprefix("<secret ").removesuffix(">")
                    for value in job.variables.values() if str(value).startswith("<secret ")})
    before, after = operation.before, operation.after
    return Change(
        kind="secret", target=operation.target, before="there" if before.exists else "absent",
        after=f"secret {', '.join(names)}, mode {after.mode or 0:04o}, {after.uid}:{after.gid}",
    )


def _step(job: Wanted, shown: tuple[Change, ...], before: Changes, after: Changes) -> Step:
    known = restarts(before)
    return Step(
        id=job.kind.role, rule=job.kind.role, danger=_INSTALL, wanted=job.as_json(), changes=shown,
        title=Words(zh=f"安装备份：{job.title.zh}（{job.set_id}）",
                    en=f"install the backup: {job.title.en} ({job.set_id})"),
        restarts=tuple(name for name in restarts(after) if name not in known),
    )


def _initialize(draft: Draft, job: Wanted) -> list[Step]:
    """Return the step that makes what is not there, none when nothing is to be made."""
    places = [store.place for store in job.stores
              if not (store.marker and draft.exists(store.marker))]
    if not job.initialize or not places:
        return []
    name = REPOSITORIES[job.kind.role]
    return [Step(
        id=name, rule=name, danger=_INITIALIZE, wanted={"set": job.set_id},
        title=Words(zh=f"新建备份仓库 {'、'.join(places)}",
                    en=f"make the repository {', '.join(places)}"),
        changes=tuple(
            Change(kind="other", target=place, before="no repository, or one that opens",
                   after="a repository that opens with the password") for place in places
        ),
    )]


def _nothing(job: Wanted) -> LeftOut:
    why = Words(zh="已经安装，配置一致", en="is installed already, all alike")
    return left_out(job.set_id, why, "nothing_to_do")


def unread(set_id: str, why: str) -> LeftOut:
    """Given a backup set and why its host could not be looked at, return it as unknown."""
    said = Words(zh=f"主机现状未能读取：{why}", en=f"the host could not be read: {why}")
    return left_out(set_id, said, "unknown")
