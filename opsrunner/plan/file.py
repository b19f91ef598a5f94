"""A plan <-> its one file, ``<store>/plans/<id>/plan.json``; the digest is over the file's bytes.

The text is canonical (sorted keys, UTF-8, one indentation, no float, no key twice), so that two
readers cannot understand it differently and ``sha256sum plan.json`` is what was signed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from opsrunner.errors import EvidenceError, InputError, Problem
from opsrunner.evidence.files import sync_folder, write_durably
from opsrunner.plan.models import Plan
from opsrunner.plan.signature import message

FILE = "plan.json"
DIGEST_FILE = "plan.digest"  # what is signed, for an approver who signs on another machine
_MANY = 20


def utc(moment: datetime) -> str:
    """Given a moment, return it as plans write it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Given a time as plans write it, return the moment. Raise ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def expired(plan: Plan, now: datetime) -> str | None:
    """Given a plan and the time, return why it is too late for it, None when it is not."""
    if now < moment(plan.expires):
        return None
    return f"the plan expired at {plan.expires}; plan again, the hosts may have changed"


def new_id(activity: str, now: datetime) -> str:
    """Given an activity and the time, return an id that people can say: harden-20261121-3fa9c1."""
    return f"{activity}-{now.astimezone():%Y%m%d}-{secrets.token_hex(3)}"


def folder_of(store: Path, plan_id: str) -> Path:
    """Given the store's root and a plan's id, return the folder of the plan and its documents."""
    return store / "plans" / plan_id


def canonical(plan: Plan) -> bytes:
    """Given a plan, return the one text it has."""
    return _text(plan.model_dump(mode="json"))


def _text(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    return f"{text}\n".encode()


def digest(data: bytes) -> str:
    """Given a plan's bytes, return what is signed: their SHA-256."""
    return hashlib.sha256(data).hexdigest()


def save(plan: Plan, folder: Path) -> Path:
    """Given a plan and its folder, write it there durably, its digest beside it; return the file.

    Raise InputError when another plan is there already, EvidenceError when it cannot be written.
    """
    path, data = folder / FILE, canonical(plan)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != data:
            raise InputError([Problem(str(path), "", "holds another plan; a plan is never edited")])
        write_durably(path, data)
        path.chmod(0o400)
        write_durably(folder / DIGEST_FILE, message(digest(data)))
        sync_folder(folder.parent)
    except OSError as error:
        raise EvidenceError(f"cannot write the plan {path}: {error.strerror}") from error
    return path


def find(ref: str, store: Path) -> Path:
    """Given a plan's file, its folder, its id or a unique beginning of it, return the file.

    Raise InputError, with the candidates.
    """
    given = Path(ref)
    for path in (given, given / FILE):
        if path.is_file():
            return path
    known = sorted(path.parent.name for path in (store / "plans").glob(f"*/{FILE}"))
    found = [name for name in known if ref and name.startswith(ref)]
    if ref in found:
        found = [ref]
    if len(found) == 1:
        return folder_of(store, found[0]) / FILE
    said = f"{len(found)} plans begin so" if found else "there is no such plan and no such file"
    shown = ", ".join((found or known)[-10:]) or "no plan yet"
    raise InputError([Problem("PLAN", ref, f"{said}; the store holds {shown}")])


def load(path: Path) -> tuple[Plan, str]:
    """Given a plan's file, return the plan and the digest of its bytes.

    Raise InputError with all that is wrong: unreadable, no JSON, not canonical (edited), a key
    or a value that a plan cannot have.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([Problem(str(path), "", f"cannot be read: {error.strerror}")]) from error
    problems: list[Problem] = []
    value = _parse(data, path, problems)
    if problems and value is None:
        raise InputError(problems)
    if not problems and not _is_canonical(value, data):
        message = "is not the text that was saved: it was edited or written by something else"
        problems.append(Problem(str(path), "", message))
    try:
        plan = Plan.model_validate(value)
    except ValidationError as error:
        raise InputError(problems + _wrong(path, error)) from None
    if problems:
        raise InputError(problems)
    return plan, digest(data)


def reread(path: Path, expected: str) -> bytes:
    """Given a plan's file and its digest when it was loaded, return its bytes for the record.

    Raise InputError when the file is another by now.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError([Problem(str(path), "", f"cannot be read: {error.strerror}")]) from error
    if digest(data) != expected:
        raise InputError([Problem(str(path), "", "was changed in the meantime; look at it again")])
    return data


def require_own(path: Path, plan: Plan, store: Path) -> None:
    """Given a plan's file, the plan and the store's root, refuse a copy.

    A plan is carried out once, by the one journal beside it; a copy would have a second one.
    """
    own = folder_of(store, plan.id) / FILE
    if path.resolve() != own.resolve():
        message = f"is a copy; what is carried out is {own}: opsrunner apply {plan.id}"
        raise InputError([Problem(str(path), "", message)])


def _is_canonical(value: object, data: bytes) -> bool:
    try:
        return _text(value) == data
    except UnicodeEncodeError:  # half a surrogate pair, escaped: no text
        return False


def _parse(data: bytes, path: Path, problems: list[Problem]) -> Any:  # noqa: ANN401 - any JSON
    def strange(text: str) -> str:
        problems.append(Problem(str(path), text, "is a number with a fraction; no plan has one"))
        return text

    def pairs(found: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(found)
        if len(members) != len(found):
            names = [name for name, _ in found]
            twice = sorted({name for name in names if names.count(name) > 1})
            problems.append(Problem(str(path), ", ".join(twice), "stands twice in one object"))
        return members

    try:
        return json.loads(
            data.decode("utf-8"), parse_float=strange, parse_constant=strange,
            object_pairs_hook=pairs,
        )
    except (ValueError, RecursionError) as error:
        problems.append(Problem(str(path), "", f"is no JSON in UTF-8: {error}"))
        return None


def _wrong(path: Path, error: ValidationError) -> list[Problem]:
    """Given what a model found, return it as problems, never a value: a plan may be long."""
    found = [
        Problem(str(path), ".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
        for one in error.errors(include_url=False, include_input=False)
    ]
    more = len(found) - _MANY
    rest = [Problem(str(path), "", f"and {more} problems more")] if more > 0 else []
    return found[:_MANY] + rest
