"""What a YAML file of policies may say: whatever it is, a value or one clear problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.policy.yaml import read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("expires: 2026-02-30\n", "line 1, column 10: bad YAML: 2026-02-30 is no date"),
        ("a: 1\nexpires: 2026-06-10T25:00:00\n", "line 2, column 10: bad YAML: 2026-06-10T25:00:00"),
        (f"b: {'9' * 6000}\n", "is no whole number"),
        ("? [a, b]\n: 1\n", "a key must be a word"),
        ("{{ name }}: 1\n", "a key must be a word"),
        (f"a: {'[' * 3000}{']' * 3000}\n", "is nested too deep"),
        ("a: &a [*a]\n", "recursive"),
        ("a: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("a: 1\na: 2\n", "key 'a' stands twice"),
        ("a:\n\t- b\n", "cannot start any token"),
    ],
)
def test_what_cannot_be_read_is_one_problem(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.yml"
    path.write_text(text, encoding="utf-8")
    value, problems = read(path)
    assert value is None
    assert len(problems) == 1
    assert told in str(problems[0])


def test_dates_numbers_and_words_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("{date: 2028-02-29, number: 0x1f, part: 0.5, word: no, truth: true}\n")
    value, problems = read(path)
    assert problems == []
    assert str(value.pop("date")) == "2028-02-29"
    assert value == {"number": 31, "part": 0.5, "word": "no", "truth": True}
