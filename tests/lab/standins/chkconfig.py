"""chkconfig of EL 6: run levels are links in /etc/rc.d, and systemd follows them out of sight."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

INIT = Path("/etc/rc.d/init.d")
SYSTEMCTL = "/usr/lib/lab-standin/real/systemctl"
LEVELS = range(7)


def header(name: str) -> tuple[str, int, int]:
    """Return default levels, start and stop numbers from a script's chkconfig line."""
    text = (INIT / name).read_text(encoding="utf-8")
    found = re.search(r"^# chkconfig: (\S+) (\d+) (\d+)", text, re.MULTILINE)
    return (found[1], int(found[2]), int(found[3])) if found else ("-", 50, 50)


def is_on(name: str, level: int) -> bool:
    """Tell whether a service starts in a run level."""
    return any(Path(f"/etc/rc.d/rc{level}.d").glob(f"S??{name}"))


def set_levels(name: str, levels: str, *, on: bool) -> None:
    """Write the links of these levels; level 3 is the one the lab boots into."""
    _, start, stop = header(name)
    for level in levels:
        folder = Path(f"/etc/rc.d/rc{level}.d")
        for old in folder.glob(f"[SK]??{name}"):
            old.unlink()
        link = f"S{start:02d}{name}" if on else f"K{stop:02d}{name}"
        (folder / link).symlink_to(f"../init.d/{name}")
    if "3" in levels:
        verb = "enable" if on else "disable"
        command = [SYSTEMCTL, "-q", verb, f"{name}.service"]
        subprocess.run(command, check=False, capture_output=True)


def line(name: str) -> str:
    """Return a service's line of --list."""
    states = "\t".join(f"{level}:{'on' if is_on(name, level) else 'off'}" for level in LEVELS)
    return f"{name:<15}\t{states}"


def act(name: str, levels: str, verb: str) -> int:
    """Query or change one service; return the exit code."""
    if not (INIT / name).exists():
        why = "No such file or directory"
        sys.stderr.write(f"error reading information on service {name}: {why}\n")
        return 1
    if verb == "":
        return 0 if is_on(name, 3) else 1
    if verb in ("on", "off"):
        set_levels(name, levels, on=verb == "on")
    elif verb == "reset":
        default = header(name)[0]
        set_levels(name, default, on=True)
    return 0


def main() -> int:
    """Run as chkconfig."""
    words = sys.argv[1:]
    levels = "2345"
    if words[:1] == ["--level"]:
        levels, words = words[1], words[2:]
    if not words or words[0] == "--list":
        names = words[1:] or sorted(p.name for p in INIT.iterdir() if p.name != "functions")
        missing = [name for name in names if not (INIT / name).exists()]
        if missing:
            return act(missing[0], levels, "")
        sys.stdout.write("".join(line(name) + "\n" for name in names))
        return 0
    if words[0] in ("--add", "--del") and len(words) == 2:
        return (
            act(words[1], "0123456", "off") if words[0] == "--del" else act(words[1], "", "reset")
        )
    return act(words[0], levels, words[1] if len(words) > 1 else "")
