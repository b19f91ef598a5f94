"""Fill the rpm database of an EL identity with stub packages, and make its repository.

In: identities/<name>/rpm/packages.txt (name version release arch), updates.txt (the same, newer),
advisory.toml, and el/rpm/owns.txt (package, kind, path). Out: /var/lib/rpm filled with --justdb, so
that every file stays as the identity has it, and /usr/lib/lab-standin/repo with the updates.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

SHARED = Path("/mnt/identities/el/rpm")
REPO = Path("/usr/lib/lab-standin/repo")
SCRATCH = Path(gettempdir())  # a tmpfs of this build alone
QUIET = {
    "__os_install_post": "%{nil}", "debug_package": "%{nil}", "_build_id_links": "none",
    "__check_files": "%{nil}", "_binary_payload": "w1.gzdio", "_topdir": str(SCRATCH / "rpm"),
    "_buildhost": "lab.example", "vendor": "lab", "_source_filedigest_algorithm": "8",
    "_binary_filedigest_algorithm": "8", "_missing_doc_files_terminate_build": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """One stub: what `rpm -q` answers."""

    name: str
    version: str
    release: str
    arch: str


def packages(path: Path) -> list[Package]:
    """Return the packages of a list; an empty or # line counts for nothing."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Package(*line.split()) for line in lines if line and not line.startswith("#")]


def ownership() -> dict[str, list[str]]:
    """Return package -> lines of its %files section, for the files that this root has."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in (SHARED / "owns.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        package, kind, pattern = line.split()
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            found[package].append(file_line(kind, path))
    return found


def file_line(kind: str, path: Path) -> str:
    """Return the %files line of a path with the mode and owner it has now."""
    facts = path.lstat()
    prefix = {"config": "%config(noreplace) ", "ghost": "%ghost ", "file": "", "dir": "%dir "}[kind]
    mode = "-" if path.is_symlink() else f"{stat.S_IMODE(facts.st_mode):04o}"
    return f"%attr({mode}, {path.owner()}, {path.group()}) {prefix}{path}"


def section(package: Package, owned: dict[str, list[str]], identity: str) -> list[str]:
    """Return a package's part of the spec."""
    lines = [
        f"%package -n {package.name}", f"Version: {package.version}",
        f"Release: {package.release}", "Summary: lab stub", "Group: Lab", "AutoReqProv: no",
    ]  # fmt: skip
    if package.arch == "noarch":
        lines.append("BuildArch: noarch")
    if package.name in ("centos-release", "redhat-release", "kylin-release"):
        major = {"centos6": "6", "centos7": "7", "rhel8": "8", "kylinv10": "V10"}[identity]
        lines += [f"Provides: system-release = {major}",
                  f"Provides: system-release(releasever) = {major}"]  # fmt: skip
    lines += [f"%description -n {package.name}", "lab stub", f"%files -n {package.name}"]
    return lines + owned.get(package.name, [])


def build(stubs: list[Package], identity: str, target: Path) -> list[Path]:
    """Build stubs by one run of rpmbuild; return the packages made."""
    owned = ownership()
    head = [f"%define {name} {value}" for name, value in QUIET.items()]
    head += ["Name: lab-stubs", "Version: 1", "Release: 1", "Summary: lab stubs", "License: none",
             "Group: Lab", "%description", "lab stubs"]  # fmt: skip
    wanted = {stub.name for stub in stubs}
    copies = {line.rpartition(" ")[2] for name in wanted for line in owned.get(name, [])}
    (target / "files").mkdir(parents=True, exist_ok=True)
    (target / "files" / "list").write_text("".join(f"{c[1:]}\n" for c in sorted(copies)), "utf-8")
    pack = f"tar -C / -cf - --no-recursion -T {target}/files/list"
    install = ["%install", "mkdir -p %{buildroot}", f"{pack} | tar -C %{{buildroot}} -xpf -"]
    body = [line for stub in stubs for line in section(stub, owned, identity)]
    spec = target / "stubs.spec"
    spec.write_text("\n".join([*head, *install, *body, ""]), encoding="utf-8")
    subprocess.run(
        ["rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", f"_rpmdir {target}/out",
         str(spec)], check=True, env={**os.environ, "HOME": str(SCRATCH)},
    )  # fmt: skip
    return sorted((target / "out").rglob("*.rpm"))


def advisory(identity: str) -> None:
    """Add updateinfo.xml, made from advisory.toml, to the repository."""
    path = Path(f"/mnt/identities/{identity}/rpm/advisory.toml")
    entry = tomllib.loads(path.read_text(encoding="utf-8"))
    built = []
    for stub in packages(path.with_name("updates.txt")):
        nevra = f"{stub.name}-{stub.version}-{stub.release}.{stub.arch}"
        built.append(
            f'<package name="{stub.name}" version="{stub.version}" release="{stub.release}" '
            f'epoch="0" arch="{stub.arch}" src="{stub.name}.src.rpm">'
            f"<filename>{nevra}.rpm</filename></package>"
        )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<updates><update from="lab" status="final" '
        f'type="security" version="1"><id>{entry["id"]}</id><title>{entry["title"]}</title>'
        f'<severity>{entry["severity"]}</severity><issued date="{entry["issued"]}"/>'
        f'<references><reference href="https://example.invalid/{entry["cve"]}" id="{entry["cve"]}" '
        f'title="{entry["cve"]}" type="cve"/></references>'
        f"<description>{entry['title']}</description>"
        f'<pkglist><collection short="lab"><name>lab</name>{"".join(built)}</collection></pkglist>'
        "</update></updates>\n"
    )
    target = SCRATCH / "updateinfo.xml"
    target.write_text(text, encoding="utf-8")
    subprocess.run(
        ["modifyrepo_c", "--mdtype=updateinfo", str(target), str(REPO / "repodata")],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> None:
    """Build, register, make the repository."""
    identity = sys.argv[1]
    data = Path(f"/mnt/identities/{identity}/rpm")
    made = build(packages(data / "packages.txt"), identity, SCRATCH / "stubs")
    subprocess.run(
        ["rpm", "-i", "--justdb", "--nodeps", "--noscripts", "--excludedocs", "--nosignature",
         *map(str, made)], check=True,
    )  # fmt: skip
    REPO.mkdir(parents=True)
    for path in build(packages(data / "updates.txt"), identity, SCRATCH / "updates"):
        (REPO / path.name).write_bytes(path.read_bytes())
    subprocess.run(["createrepo_c", "--quiet", "--simple-md-filenames", str(REPO)], check=True)
    advisory(identity)


if __name__ == "__main__":
    main()
