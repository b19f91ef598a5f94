"""A person's attached document: on record with who answers for what, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsrunner.errors import InputError
from opsrunner.evidence.documents import VERDICTS
from opsrunner.evidence.records import AttachedDocument
from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify

TODAY = date.today()  # noqa: DTZ011 - a document's validity is a local date


def attach(store: Store, file: Path, **changes: Any) -> AttachedDocument:  # noqa: ANN401 - arguments
    statement: dict[str, Any] = {
        "subject": "web-01",
        "rule": None,
        "clause": "8.1.4.1",
        "verdict": "符合",
        "by": "李四",
        "note": "机房访谈记录",
        "valid_until": TODAY + timedelta(days=365),
    }
    return store.attach(file=file, **statement | changes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "访谈记录.pdf"
    path.write_bytes(b"%PDF-1.7")
    return path


def test_an_attached_document_is_on_record(store: Store, file: Path) -> None:
    attached = attach(store, file)
    [listed] = store.documents()
    assert listed == attached
    assert (listed.file, listed.size, listed.verdict) == ("访谈记录.pdf", 8, "符合")
    assert store.get(listed.sha256) == b"%PDF-1.7"
    assert listed.record == store.head()
    report = verify(store, expect=listed.record)
    assert report.ok
    assert report.heads == 1


def test_it_answers_to_its_last_day(store: Store, file: Path) -> None:
    document = attach(store, file, valid_until=TODAY)
    assert document.valid_on(TODAY)
    assert not document.valid_on(TODAY + timedelta(days=1))
    assert replace(document, valid_until=None).valid_on(TODAY + timedelta(days=9999))


def test_all_that_is_wrong_is_said_at_once(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        attach(
            store,
            tmp_path / "none.pdf",
            clause=None,
            verdict="unknown",
            by=" ",
            valid_until=TODAY - timedelta(days=1),
        )
    keys = [problem.key or problem.file for problem in caught.value.problems]
    assert keys == ["rule, clause", "verdict", "by", "valid_until", str(tmp_path / "none.pdf")]
    assert store.documents() == []


def test_a_person_answers_and_does_not_pass_on_the_question() -> None:
    assert "pass" in VERDICTS
    assert "不适用" in VERDICTS
    assert not {"unknown", "manual", "未知"} & set(VERDICTS)
