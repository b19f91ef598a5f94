"""The site's declaration of its backup jobs, which checks judge by the files they leave."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused, strings

_VARIABLE = "backup_jobs"
_FILE = "/etc/opsrunner/backup.jobs"
_JOB = re.compile(r"([^|#\s][^|]*)\|(data|configuration)\|(/[^|]*)\|([0-9]{1,6})\|([0-9]{1,15})")


@remedy(_VARIABLE, "list", Reads(files=(_FILE,)),
        "Backup jobs of the host, each NAME|KIND|PATTERN|HOURS|BYTES: kind data or "
        "configuration, pattern of the files it leaves, how old (hours) the newest may be and "
        "how small (bytes).")
def backup_jobs(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given jobs, declare them; one of the same name is replaced, others stay."""
    jobs = _checked(strings(_VARIABLE, wanted))
    lines = draft.text(_FILE).split("\n")
    if lines[-1] == "":
        lines.pop()
    for name, line in jobs.items():
        places = [at for at, old in enumerate(lines)
                  if not old.startswith("#") and old.partition("|")[0].strip() == name]
        if places:
            lines[places[0]] = line
        else:
            lines.append(line)
    draft.write(_FILE, "\n".join((*lines, "")))


def _checked(jobs: list[str]) -> dict[str, str]:
    """Return the jobs by name. Raise ByHand for none, InputError naming all that are no job."""
    if not jobs:
        raise ByHand("请在 harden_linux_backup_jobs 中申报本机的备份任务",
                     "declare the host's backup jobs in harden_linux_backup_jobs")
    wrong = [f"{job!r} is not NAME|KIND|PATTERN|HOURS|BYTES" for job in jobs
             if not _JOB.fullmatch(job)]
    names = [job.partition("|")[0].strip() for job in jobs]
    wrong += [f"{name!r} is declared twice" for name in sorted(set(names))
              if names.count(name) > 1]
    if wrong:
        raise refused(_VARIABLE, wrong)
    return dict(zip(names, jobs, strict=True))
