"""Does what was installed get in: the repository opens, the database answers? Asked on the host.

The passwords are in files of the host by then and nowhere in these scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from opsrunner.activities.backup.install.steps import Wanted
from opsrunner.activities.backup.jobs import MARIADB
from opsrunner.plan.asking import HostAnswer, HostCommand

Ask = Callable[[Sequence[HostCommand]], Iterable[HostAnswer]]
SECONDS = 120  # a repository far away takes its time to open
_REPOSITORY = """\
. {settings} || exit 1
. /usr/local/lib/opsrunner/restic.sh || exit 1
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
call_restic cat config >/dev/null 2>"$said" && exit 0
if {initialize} && grep -q 'Is there a repository at' "$said"; then
  call_restic init >/dev/null 2>"$said" && {{ echo made; exit 0; }}
fi
why_not_reached "$said" | grep . || tail -n 2 "$said"
exit 1
"""
_DATABASE = """\
. {settings} || exit 1
client=$(command -v mariadb || command -v mysql) || {{ echo "no program mariadb"; exit 1; }}
login=
[ -z "$options_file" ] || login=--defaults-extra-file=$options_file
echo 'SELECT 1' | "$client" $login --batch --skip-column-names --connect-timeout=10 >/dev/null
"""


def ask_access(
    ask: Ask, jobs: Mapping[str, Sequence[Wanted]], *, initialize: bool,
) -> dict[str, dict[str, str | None]]:
    """Given hosts and their jobs, return by host and name why one does not get in, "" if it does.

    None: nobody can tell. ``initialize``: make a repository where the plan says so and there is
    certainly none; what opens with another password is there, and stays.
    """
    commands = [
        HostCommand(host, name, ("/bin/sh", "-s"), None, script, SECONDS)
        for host, every in jobs.items() for job in every
        for name, script in _scripts(job, initialize=initialize and job.initialize)
    ]
    found: dict[str, dict[str, str | None]] = {host: {} for host in jobs}
    for command in commands:
        found[command.subject][command.name] = None
    for answer in ask(commands) if commands else ():
        said = " ".join(answer.output.split())[:300]
        if answer.exit_code == 0:
            found[answer.subject][answer.name] = ""
        elif answer.exit_code is not None:
            found[answer.subject][answer.name] = said or f"exit code {answer.exit_code}"
    return found


def _scripts(job: Wanted, *, initialize: bool) -> Iterator[tuple[str, str]]:
    """Yield what is asked of a job, by name: its database, each of its repositories."""
    if job.kind == MARIADB:
        yield job.kind.role, _DATABASE.format(settings=job.kind.settings)
    for store in job.stores:
        own = store.settings == job.kind.settings
        yield job.kind.role if own else f"{job.kind.role}_offsite", _REPOSITORY.format(
            settings=store.settings, initialize="true" if initialize else "false",
        )
