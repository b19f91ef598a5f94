"""getstatus and setstatus of Kylin's KySec, in the words of 2021 ("old") or later ("new").

The form is `old` unless /var/lib/lab-standin/kysec.form says `new`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .state import STATE

OLD = {"exectl": "exec control", "fpro": "file protect", "kmod": "kmod protect"}
NEW = {
    "exectl": "exec control", "netctl": "net control", "fpro": "file protect",
    "kmod": "kmod protect", "three": "three admin", "ppro": "process protect",
    "devctl": "device control", "ipt": "ipt control", "kid": "kid protect",
    "programblk": "program blklist", "eperm": "eperm control",
}  # fmt: skip
FRESH = {"mode": "Normal", "exectl": "on", "fpro": "on", "kmod": "on", "kid": "disable_privacy"}
MODES = {"normal": "Normal", "enable": "Normal", "softmode": "Softmode", "disable": "disabled"}
SAVED = STATE / "kysec.json"  # survives a reboot, as -p does


def form() -> str:
    """Return old or new."""
    path = STATE / "kysec.form"
    return path.read_text(encoding="ascii").strip() if path.exists() else "old"


def load() -> dict[str, str]:
    """Return the state."""
    try:
        return {**FRESH, **json.loads(SAVED.read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        return dict(FRESH)


def report(now: dict[str, str], style: str) -> str:
    """Return what getstatus prints."""
    if now["mode"] == "disabled":
        return "KySec status: disabled\n"
    if style == "old":
        lines = [f"KySec status: {now['mode']}", ""]
        lines += [f"{label}: {now[name]}" for name, label in OLD.items()]
        return "\n".join([*lines, "three admin : off", ""])
    mode = "enabled" if now["mode"] == "Normal" else "softmode"
    lines = [f"KySec status: {mode}", ""]
    lines += [f"{label:<13}: {now.get(name, 'off')}" for name, label in NEW.items()]
    return "\n".join([*lines, ""])


def getstatus() -> int:
    """Print the state; runs without root."""
    sys.stdout.write(report(load(), form()))
    return 0


def setstatus() -> int:
    """Set the mode, or one function with -f NAME on|off|warning; -p keeps it."""
    words = [w for w in sys.argv[1:] if w != "-p"]
    now = load()
    names = OLD if form() == "old" else NEW
    values = ("on", "off") if form() == "old" else ("on", "off", "warning")
    if len(words) == 1 and words[0].lower() in MODES:
        now["mode"] = MODES[words[0].lower()]
    elif len(words) == 3 and words[0] == "-f" and words[1] in names and words[2] in values:
        now[words[1]] = words[2]
    else:
        sys.stderr.write("Usage: setstatus MODE [-p] | -f FUNCTION STATE [-p]\n")
        return 1
    STATE.mkdir(parents=True, exist_ok=True)
    Path(SAVED).write_text(json.dumps(now), encoding="utf-8")
    Path(SAVED).chmod(0o644)
    return 0
