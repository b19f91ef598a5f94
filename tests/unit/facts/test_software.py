"""The reading of cached advisories: the probe's own awk program on real files."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

from opsrunner.parse.rpmver import vercmp
from opsrunner.sources.script import load_probes

PROBES = Path(__file__).parents[3] / "roles" / "observe_linux" / "files" / "probes"
UPDATE = """<update from="x" status="final" type="{type}" version="1"><id>{id}</id>
<severity>Important</severity><pkglist><collection short="s"><name>n</name>{module}
<package name="sudo" version="{version}" release="1.el8" epoch="0" arch="x86_64" src="s">
<filename>sudo.rpm</filename></package></collection></pkglist></update>
"""


def update(number: str, version: str, kind: str = "security", module: str = "") -> str:
    """Return an update of sudo as updateinfo.xml has it."""
    return UPDATE.format(type=kind, id=number, version=version, module=module)


def newest(tmp_path: Path, *updates: str, say: str = "", whole: bool = True) -> list[str]:
    """Given updates, return the lines the probe prints for a host with sudo."""
    body = load_probes(PROBES)["software.advisories"].body
    start = body.rindex("} | awk '") + len("} | awk '")
    program = body[start : body.rindex("' | sort")]
    file = tmp_path / "it's-updateinfo.xml.gz"
    packed = gzip.compress(f"<updates>{''.join(updates)}</updates>".encode())
    file.write_bytes(packed if whole else packed[: len(packed) // 2])
    done = subprocess.run(
        ["awk", program], input=f"P sudo.x86_64\n{say}F {file}\n", capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return sorted(done.stdout.splitlines())


def test_the_newest_security_update_by_rpms_order_is_printed(tmp_path: Path) -> None:
    updates = [update(number, version) for number, version in
               (("A", "1.9.5p2"), ("B", "1.9.5p10"), ("C", "1.10~rc1"))]  # fmt: skip
    lines = newest(tmp_path, *updates, update("D", "9.9", kind="bugfix"))
    assert lines[1] == "update|sudo.x86_64|0|1.10~rc1|1.el8|C|Important"
    assert lines[0].startswith("read|")


def test_the_program_orders_as_the_package_does(tmp_path: Path) -> None:
    pairs = [("1.0^git1", "1.0"), ("2.0.1a", "2.0.1"), ("10b2", "10a1"), ("1.0", "1.0~rc1"),
             ("5.5p10", "5.5p1"), ("8", "xyz.4"), ("1.0.1", "1.0^2")]  # fmt: skip
    for higher, lower in pairs:
        assert vercmp(higher, lower) == 1
        for order in ((higher, lower), (lower, higher)):
            lines = newest(tmp_path, *(update("X", version) for version in order))
            assert lines[1].split("|")[3] == higher


def test_a_module_counts_only_when_its_stream_is_enabled(tmp_path: Path) -> None:
    module = '<module name="tools" stream="4" version="1" context="c" arch="x86_64"/>'
    assert len(newest(tmp_path, update("A", "2", module=module))) == 1
    assert len(newest(tmp_path, update("A", "2", module=module), say="M tools:4\n")) == 2


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    lines = newest(tmp_path, update("A", "2"), whole=False)
    assert any(line.startswith("unread|") for line in lines)
