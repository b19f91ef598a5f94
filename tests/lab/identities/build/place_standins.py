"""Install the stand-ins of one identity inside its root. In: identity name. Out: files and links.

Every stand-in is a file under /usr/lib/lab-standin with a link from the real place; the real
program, where Debian has one, moves to /usr/lib/lab-standin/real.
"""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

LAB = Path("/mnt")
HOME = Path("/usr/lib/lab-standin")
# Tools that share a module: tool -> module and function.
ENTRY = {
    "getenforce": ("selinux", "getenforce"), "setenforce": ("selinux", "setenforce"),
    "sestatus": ("selinux", "sestatus"), "getstatus": ("kysec", "getstatus"),
    "setstatus": ("kysec", "setstatus"),
}  # fmt: skip
LAUNCHER = """\
#!/usr/lib/lab-standin/real/python3 -S
import sys
sys.path.insert(0, "/usr/lib/lab-standin/lib")
sys.dont_write_bytecode = True
from standins.{module} import {function}
sys.exit({function}())
"""


def install(tool: str, entry: dict[str, Any]) -> None:
    """Write one stand-in and link its places to it."""
    target = HOME / ("idle" if entry["kind"] == "idle" else "") / Path(entry["at"][0]).name
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry["kind"] == "python":
        module, function = ENTRY.get(tool, (tool.replace("-", "_"), "main"))
        target.write_text(LAUNCHER.format(module=module, function=function), encoding="ascii")
    elif entry["kind"] == "shell":
        shutil.copyfile(LAB / "standins" / f"{tool}.sh", target)
    else:
        shutil.copyfile("/usr/bin/sleep", target)  # sleeps under its own name
    target.chmod(0o755)
    for place in map(Path, entry["at"]):
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and not place.is_symlink():
            shutil.move(place, HOME / "real" / place.name)
        place.unlink(missing_ok=True)
        place.symlink_to(target)


def main() -> None:
    """Install what standins.toml says for the identity named on the command line."""
    identity = sys.argv[1]
    entries = tomllib.loads((LAB / "standins" / "standins.toml").read_text(encoding="utf-8"))
    library = HOME / "lib" / "standins"
    library.mkdir(parents=True, exist_ok=True)
    for path in (LAB / "standins").glob("*.py"):
        shutil.copyfile(path, library / path.name)
    shutil.copytree(LAB / "standins" / "authselect.d", library / "authselect.d")
    data = LAB / "identities" / identity / "standin"
    for path in data.iterdir() if data.is_dir() else []:
        shutil.copyfile(path, HOME / path.name)
    sysctl = HOME / "sysctl.json"
    values = json.loads(sysctl.read_text(encoding="utf-8")) if sysctl.exists() else {}
    facts = {"name": identity, "sysctl": values}
    (HOME / "identity.json").write_text(json.dumps(facts), encoding="utf-8")
    for tool, entry in entries.items():
        if identity in entry["on"] and entry["kind"] != "placed":
            install(tool, entry)


if __name__ == "__main__":
    main()
