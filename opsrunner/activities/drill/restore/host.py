"""The host that a set is restored on, through the playbook ``restore_drill.yml``."""

from __future__ import annotations

from dataclasses import dataclass

from opsrunner.activities.drill.machines import Restore
from opsrunner.errors import RunError
from opsrunner.sources.tasks import Play

_RESTORE = "Restore | The newest set into a scratch instance, compared with its manifest"


@dataclass(frozen=True, slots=True)
class Host:
    """One host; ``play`` plays a playbook."""

    part: Restore
    play: Play

    def check(self) -> str:
        """Return what speaks against restoring there, "" when nothing does. Changes nothing."""
        try:
            return self._play("--check")[1]
        except RunError as error:
            return str(error)

    def restore(self) -> str:
        """Restore; return what was printed. Raise RunError when nobody knows."""
        said, why = self._play("")
        if not said:
            raise RunError(why or "the restore printed nothing")
        return said

    def _play(self, options: str) -> tuple[str, str]:
        """Return what the restore printed, "" when it did not run, and why the play failed."""
        part, said, why = self.part, "", ""
        variables = {
            "restore_drill_host": part.host, "restore_drill_folder": part.folder,
            "restore_drill_scratch": part.scratch, "restore_drill_seconds": part.seconds,
        }
        for event in self.play("restore_drill.yml", variables, options):
            if not event.host:
                return said, "" if event.status == "ok" else why or event.said
            if event.status == "ok" and event.task == _RESTORE:
                said = event.said
            elif event.status in {"failed", "unreachable"}:
                why = event.said
        raise RunError("the play ended without a word")  # a play ends with one
