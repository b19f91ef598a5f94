"""What is asked of a host to make one backup: start it once, look at it, forget that it was asked.

A marker on the host, named by the plan, says when it was started: a second start with the same plan
finds it and does nothing, and a restarted runner tells this backup from the nightly one by it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from opsrunner.activities.backup.jobs import Kind

Action = Literal["ready", "start", "look", "forget"]
_SCRIPT = """\
marker=/var/lib/opsrunner/run-$plan.$role
[ -x "$program" ] && [ -r "$settings" ] || { echo 'problem it is not installed'; exit 0; }
. "$settings" || { echo "problem $settings cannot be read"; exit 0; }
lock=$status.lock
[ -z "${directory:-}" ] || lock=$directory/.lock
by_unit() { [ -d /run/systemd/system ] && systemctl cat "$service" >/dev/null 2>&1; }
runs() {
  # Only looked at: whoever takes the lock to try it may be in the way of a backup that begins.
  [ -e "$lock" ] && held=$(stat -c %i "$lock") &&
    grep -q "FLOCK .*:$held 0 EOF" /proc/locks && return 0
  by_unit || return 1
  case $(systemctl show -p ActiveState -p Job "$service" | tr '\\n' ' ') in
    *ActiveState=activ* | *ActiveState=deactiv* | *Job=[1-9]*) return 0 ;;
  esac
  return 1
}
case $action in
  ready) if runs; then echo busy; else echo ready; fi ;;
  start)
    [ ! -e "$marker" ] || { echo started; exit 0; }
    if runs; then echo busy; exit 0; fi
    (umask 077; date +%s >"$marker") || { echo "problem cannot write $marker"; exit 0; }
    if by_unit; then
      systemctl start --no-block "$service" ||
        { rm -f "$marker"; echo "problem $service cannot be started"; exit 0; }
    else
      more=${settings%.conf}-offsite.conf # as the cron line of the role has it
      [ "$role" = backup_files ] && [ -r "$more" ] || more=
      setsid sh -c '"$1" "$2" ${4:+"$4"}; echo $? >"$3"' \\
        sh "$program" "$settings" "$marker.code" "$more" \\
        </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
      echo $! >"$marker.pid"
    fi
    echo started ;;
  look)
    [ -e "$marker" ] || { echo none; exit 0; }
    echo "marker $(cat "$marker")"
    if runs; then echo runs
    elif [ -s "$marker.pid" ] && [ ! -e "$marker.code" ] &&
      kill -0 "$(cat "$marker.pid")" 2>/dev/null; then echo runs; fi
    if by_unit; then
      echo "code $(systemctl show -p ExecMainStatus "$service" | cut -d= -f2)"
    elif [ -e "$marker.code" ]; then
      echo "code $(cat "$marker.code")"
    fi
    [ ! -r "$status" ] || echo "status $(cat "$status")" ;;
  forget) rm -f "$marker" "$marker.code" "$marker.pid"; echo forgotten ;;
esac
"""


def script(action: Action, plan: str, kind: Kind) -> str:
    """Given what to do, the plan's id and the kind of job, return a script for ``sh -s``."""
    values = {"action": action, "plan": plan, "role": kind.role, "program": kind.program,
              "settings": kind.settings, "service": kind.service, "status": kind.status}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()) + _SCRIPT


@dataclass(frozen=True, slots=True)
class Look:
    """How a started backup stands: ``ended`` is "", ``done``, ``failed`` or ``unknown``.

    ``asked``: whether the host knows of it at all. ``status``: what the program wrote, when it is
    of this backup.
    """

    asked: bool
    ended: str = ""
    why: str = ""
    status: Mapping[str, Any] | None = None


def read_look(said: str) -> Look:
    """Given what a host said to ``look``, return how it stands. Never raises."""
    lines = dict(line.partition(" ")[::2] for line in said.splitlines())
    if "none" in lines:
        return Look(asked=False)
    started = lines.get("marker", "")
    if not started.isascii() or not started.isdigit():
        return Look(asked=True, ended="unknown", why=lines.get("problem") or "the answer was cut")
    status = _status(lines.get("status", ""), int(started))
    if status is not None:  # also while the next one runs
        ended = "done" if status.get("result") == "done" else "failed"
        return Look(asked=True, ended=ended, why=str(status.get("reason", "")), status=status)
    if "runs" in lines:
        return Look(asked=True)
    if lines.get("code") == "75":
        return Look(asked=True, ended="failed", why="another one ran (exit code 75)")
    why = f"it ended with {lines.get('code') or 'no exit code'} and left no status"
    return Look(asked=True, ended="unknown", why=why)


def _status(text: str, since: int) -> Mapping[str, Any] | None:
    """Return a status that is of a backup begun since then, None for another or a broken one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    began = found.get("began") if isinstance(found, dict) else None
    return found if isinstance(began, int) and began >= since else None
