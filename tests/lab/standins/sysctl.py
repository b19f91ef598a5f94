"""sysctl: net.* is the kernel's own; kernel-wide keys are shared, so they live in a state file."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from . import state

PROC = Path("/proc/sys")
FOLDERS = (Path("/run/sysctl.d"), Path("/etc/sysctl.d"), Path("/usr/local/lib/sysctl.d"),
           Path("/usr/lib/sysctl.d"))  # fmt: skip


def fresh() -> dict[str, Any]:
    """Return the state after boot: what an EL kernel has before any file is applied."""
    return {"values": dict(json.loads(state.FACTS.read_text(encoding="utf-8"))["sysctl"])}


def dotted(name: str) -> str:
    """Return a key with dots, whichever separator was written first."""
    first = next((c for c in name if c in "./"), ".")
    return name if first == "." else name.replace(".", "\0").replace("/", ".").replace("\0", "/")


def path_of(key: str) -> Path:
    """Return where the kernel has a key (a / inside a part stands for a dot)."""
    return PROC / key.replace(".", "\0").replace("/", ".").replace("\0", "/")


def shared(key: str) -> bool:
    """Tell whether a key belongs to the whole machine."""
    return not key.startswith("net.")


def read(now: dict[str, Any], key: str) -> str:
    """Return a key's value. Raise OSError when there is no such key."""
    values: dict[str, str] = now["values"]
    if shared(key) and key in values:
        return values[key]
    return path_of(key).read_text(encoding="utf-8", errors="replace").rstrip("\n")


def known(now: dict[str, Any], key: str) -> bool:
    """Tell whether a key exists."""
    return key in now["values"] or path_of(key).exists()


def write(now: dict[str, Any], key: str, value: str) -> None:
    """Set a key. Raise OSError when it does not exist or the kernel refuses."""
    if not known(now, key):
        raise FileNotFoundError(key)
    if shared(key):
        now["values"][key] = value.replace(" ", "\t") if "\t" in read(now, key) else value
    else:
        path_of(key).write_text(value, encoding="utf-8")


def all_keys(now: dict[str, Any]) -> list[str]:
    """Return every key, sorted."""
    found = {str(p.relative_to(PROC)).replace("/", ".") for p in PROC.rglob("*") if p.is_file()}
    return sorted(found | set(now["values"]))


def settings(path: Path) -> list[tuple[str, str, bool]]:
    """Given a configuration file, return (key, value, errors do not matter)."""
    found = []
    for raw in path.read_text(encoding="utf-8", errors="replace").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;" or "=" not in line:
            continue
        key, _, value = line.partition("=")
        optional = key.strip().startswith("-")
        found.append((dotted(key.strip().lstrip("-")), value.strip(), optional))
    return found


def system_files() -> list[Path]:
    """Return the configuration files in the order in which they count."""
    chosen: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.conf")) if folder.is_dir() else []:
            chosen.setdefault(path.name, path)
    files = [chosen[name] for name in sorted(chosen)]
    last = Path("/etc/sysctl.conf")
    return [*files, last] if last.exists() else files


class Tool:
    """One run of sysctl: its options, its exit code."""

    def __init__(self, options: set[str]) -> None:
        self.options = options
        self.now = state.load("sysctl", fresh())
        self.code = 0

    def complain(self, text: str) -> None:
        """Print an error, unless -e says that unknown keys do not matter."""
        if "e" not in self.options:
            sys.stderr.write(f"sysctl: {text}\n")
            self.code = 255

    def show(self, key: str) -> None:
        """Print a key."""
        try:
            value = read(self.now, key)
        except FileNotFoundError:
            path = key.replace(".", "/")
            self.complain(f"cannot stat /proc/sys/{path}: No such file or directory")
            return
        except OSError:
            if "a" not in self.options:
                self.complain(f"permission denied on key '{key}'")
            return
        for line in value.splitlines() or [""]:
            named = "" if "n" in self.options else f"{key} = "
            sys.stdout.write(key + "\n" if "N" in self.options else f"{named}{line}\n")

    def assign(self, key: str, value: str, *, optional: bool = False) -> None:
        """Set a key and say so."""
        try:
            write(self.now, key, value)
        except FileNotFoundError:
            if not optional:
                path = key.replace(".", "/")
                self.complain(f"cannot stat /proc/sys/{path}: No such file or directory")
            return
        except OSError as error:
            if not optional:
                self.complain(f"setting key '{key}': {error.strerror}")
            return
        if "q" not in self.options:
            sys.stdout.write(f"{value}\n" if "n" in self.options else f"{key} = {value}\n")

    def apply(self, path: Path) -> None:
        """Apply a configuration file."""
        try:
            entries = settings(path)
        except OSError:
            self.complain(f'cannot open "{path}": No such file or directory')
            return
        for key, value, optional in entries:
            self.assign(key, value, optional=optional)

    def apply_system(self) -> None:
        """Apply all configuration files, naming each."""
        for path in system_files():
            if "q" not in self.options:
                sys.stdout.write(f"* Applying {path} ...\n")
            self.apply(path)


def parse(arguments: list[str]) -> tuple[set[str], list[str]]:
    """Return options (single letters or long names) and the rest."""
    options: set[str] = set()
    rest: list[str] = []
    longs = {"all": "a", "values": "n", "names": "N", "ignore": "e", "quiet": "q", "write": "w",
             "load": "p", "binary": "b"}  # fmt: skip
    for argument in arguments:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            options.add(longs.get(name, name))
            rest += [value] if value else []
        elif argument.startswith("-") and len(argument) > 1:
            letters, _, value = argument[1:].partition("=")
            options.update(letters)
            rest += [value] if value else []
        else:
            rest.append(argument)
    return options, rest


def main() -> int:
    """Run as sysctl; return its exit code."""
    options, rest = parse(sys.argv[1:])
    tool = Tool(options)
    if "system" in options:
        tool.apply_system()
    elif options & {"p", "f"}:
        for name in rest or ["/etc/sysctl.conf"]:
            tool.apply(Path(name))
    elif options & {"a", "A", "X"}:
        pattern = re.compile(rest[0]) if "pattern" in options and rest else None
        for key in all_keys(tool.now):
            if pattern is None or pattern.search(key):
                tool.show(key)
    else:
        for word in rest:
            key, is_write, value = word.partition("=")
            if is_write:
                tool.assign(dotted(key.strip()), value.strip())
            else:
                tool.show(dotted(key))
    state.save("sysctl", tool.now)
    return tool.code
