"""Case files: recorded frames and the verdict a rule must give on them.

``tests/policies/cases/<topic>/<rule>.yml`` holds ``base`` (frames all cases share), ``cases``
and, where a lab host can carry the rule, ``lab`` (scripts that set it wrong and right).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from opsrunner.errors import PolicyError, Problem
from opsrunner.facts.base import Host
from opsrunner.judge.engine import judge
from opsrunner.models import Finding, Frame, Subject, Verdict
from opsrunner.policy.models import Rule, Strict
from opsrunner.policy.resolve import Selected
from opsrunner.policy.yaml import read
from opsrunner.sources.wire import SECTION
from opsrunner.wording import wrong


class FrameCase(Strict):
    """A probe's frame, written for people.

    ``out`` is plain output; ``files`` maps a path to its text, to null (missing) or to a state
    such as ``{state: denied}``; ``sections`` maps section words to their content.
    """

    exit: int | None = 0
    out: str = ""
    err: str = ""
    files: dict[str, str | dict[str, str] | None] = Field(default_factory=dict)
    sections: dict[str, str] = Field(default_factory=dict)
    truncated: bool = False
    complete: bool = True

    def frame(self, name: str) -> Frame:
        """Given the probe's name, return the frame as the wire parser would."""
        parts = [self.out]
        for path, content in self.files.items():
            if isinstance(content, str):
                parts.append(f"{SECTION}file {path}\n{content}")
            else:
                state = content["state"] if content else "missing"
                parts.append(f"{SECTION}{state} {path}\n")
        parts += [f"{SECTION}{words}\n{body}" for words, body in self.sections.items()]
        return Frame(
            name, self.exit, "".join(parts).encode(), self.err.encode(),
            truncated=self.truncated, complete=self.complete,
        )


class Case(Strict):
    """One case; its name begins with the expected verdict."""

    name: str
    platform: str = "rhel-8"
    frames: dict[str, FrameCase | None] = Field(default_factory=dict)  # null: not collected
    parameters: dict[str, Any] = Field(default_factory=dict)
    verdict: Verdict
    reason: str | None = None  # the beginning of the finding's reason
    observed: Any = None


class Lab(Strict):
    """How to set a rule wrong and right on a lab host, as root, in POSIX sh.

    ``hosts``: lab identities; ``standin``: the tool that is stood in for, if one is;
    ``batch``: rules whose scripts would disturb each other go into different batches.
    """

    hosts: tuple[str, ...] = ("rhel8",)
    wrong: str
    right: str
    standin: str | None = None
    batch: int = 1
    wrong_verdict: Literal["fail"] = "fail"


class CaseFile(Strict):
    """All cases of one rule."""

    base: dict[str, FrameCase] = Field(default_factory=dict)
    cases: tuple[Case, ...]
    lab: Lab | None = None


def load_cases(path: Path) -> CaseFile:
    """Given a case file, return it. Raise PolicyError with every problem in it."""
    value, problems = read(path)
    if problems:
        raise PolicyError(problems)
    try:
        return CaseFile.model_validate(value)
    except ValidationError as error:
        raise PolicyError([Problem(str(path), *one) for one in wrong(error)]) from error


def run_case(name: str, rule: Rule, file: CaseFile, case: Case) -> Finding:
    """Given a rule and one of its cases, return the finding the engine gives."""
    frames: Mapping[str, FrameCase | None] = {**file.base, **case.frames}
    host = Host(
        case.platform,
        {probe: frame.frame(probe) for probe, frame in frames.items() if frame is not None},
    )
    parameters = {**rule.parameters, **case.parameters}
    selected = Selected(name, "", rule, parameters, ())
    return judge(selected, Subject("host", "case", case.platform, ""), host, None)


def failures(name: str, rule: Rule, file: CaseFile) -> Iterator[str]:
    """Given a rule and its case file, return a sentence for every case that does not hold."""
    for case in file.cases:
        finding = run_case(name, rule, file, case)
        said = f"{case.name}: {finding.verdict} ({finding.reason}), observed {finding.observed!r}"
        if finding.verdict is not case.verdict:
            yield f"{said}; expected {case.verdict}"
        elif case.reason and not (finding.reason or "").startswith(case.reason):
            yield f"{said}; expected the reason {case.reason}"
        elif case.observed is not None and finding.observed != case.observed:
            yield f"{said}; expected to observe {case.observed!r}"
