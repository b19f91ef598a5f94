"""Where packages come from, and whether they must be signed: yum, dnf, APT."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import aptsources, yumconf

_FOLDERS = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
_YUM, _DNF = "/etc/yum.conf", "/etc/dnf/dnf.conf"


@fact(probes=["software.yum"], facts=["software.manager"])
def tools(host: Host) -> list[str]:
    """Return the programs that fetch packages: of ``yum``, ``dnf``, ``microdnf``, or ``apt``."""
    return ["apt"] if host.get("software.manager") == "dpkg" else _commands(host)


@fact(
    probes=["software.yum", "software.apt"],
    facts=["software.manager", "repositories.enabled"],
)
def unsigned(host: Host) -> list[str]:
    """Return what lets unsigned packages in: ``[main]``, repository ids, APT sources, switches.

    yum and dnf: gpgcheck of ``[main]`` and of every enabled repository, which inherits it; not
    set means off. APT: switches of apt.conf and sources marked as trusted.
    """
    if host.get("software.manager") == "dpkg":
        return _apt(host)
    files = host.files("software.yum")
    found = [f"[main] in {path}" for path in _mains(host) if not _checks(_main(files, path))]
    return found + [name for name, checks in host.get("repositories.enabled").items() if not checks]


@fact(probes=["software.yum"])
def enabled(host: Host) -> dict[str, bool]:
    """Return the enabled repositories of yum or dnf: ``{id: packages must be signed}``.

    Raise CannotTell when the configuration reads files that were not collected.
    """
    files = host.files("software.yum")
    path = _mains(host)[0]
    main = _main(files, path)
    for folder in main.get("reposdir", "").replace(",", " ").split():
        if folder.rstrip("/") not in _FOLDERS:
            raise CannotTell(Reason.NOT_COLLECTED, f"reposdir {folder}")
    parsed = [(path, yumconf.parse(files.text(path) or ""))]
    for folder in _FOLDERS:
        parsed += [(name, yumconf.parse(text)) for name, text in files.under(folder).items()]
    for name, sections in parsed:
        if any("include" in options for options in sections.values()):
            raise CannotTell(Reason.NOT_COLLECTED, f"{name} includes another file")
    return yumconf.repositories(main, parsed)


def _mains(host: Host) -> list[str]:
    """Return the files whose ``[main]`` counts: yum's on EL 6 and 7, dnf's where dnf is there."""
    if not host.platform.endswith(("-6", "-7")):
        return [_DNF]
    return [_YUM, _DNF] if "dnf" in _commands(host) else [_YUM]


def _commands(host: Host) -> list[str]:
    text = dict(host.sections("software.yum")).get("commands", "")
    return sorted({line.rpartition("/")[2] for line in text.split()})


def _main(files: Files, path: str) -> dict[str, str]:
    return yumconf.parse(files.text(path) or "").get("main", {})


def _checks(main: dict[str, str]) -> bool:
    return yumconf.truth(main.get("gpgcheck"), otherwise=False) is True


def _apt(host: Host) -> list[str]:
    sections = dict(host.sections("software.apt"))
    found = aptsources.switches(sections.get("dump", ""))
    files = Files(host.sections("software.apt"))
    texts = files.under("/etc/apt/sources.list.d")
    main = files.text("/etc/apt/sources.list")
    if main is not None:
        texts["/etc/apt/sources.list"] = main
    for path, text in sorted(texts.items()):
        read = aptsources.deb822 if path.endswith(".sources") else aptsources.one_line
        found += [
            f"{path}: {source} [{', '.join(keys)}]" for source, keys in read(text) if keys
        ]
    return found
