"""File services: FTP, NFS and Samba."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.offers import on
from opsrunner.models import Reason
from opsrunner.parse import exports, ftpd, smbconf
from opsrunner.parse.addresses import loopback

_FTP_UNITS = r"(vsftpd(@.*)?|proftpd|pure-ftpd|pureftpd|ftpd|bftpd)\.(service|socket|target)"
_FTP_INETD = frozenset(("ftp", "vsftpd", "gssftp", "wu-ftpd", "proftpd", "pure-ftpd"))
_FTPD = ("vsftpd", "proftpd", "pure-ftpd")
_NFS_UNITS = r"(nfs|nfs-server|nfs-kernel-server|nfs-mountd|nfs-ganesha)\.service"
_RPC_UNITS = r"(rpcbind|portmap)\.(service|socket)"
_SMB_UNITS = r"(smb|smbd|samba|samba-ad-dc)\.service"


@fact(probes=["services.ftp"],
      facts=["offers.units_on", "network.listeners", "system.processes", "offers.under_inetd"])
def cleartext_ftp(host: Host) -> list[str]:
    """Return how FTP is offered without forced TLS; empty without FTP or with TLS forced.

    Raise CannotTell where proftpd's conditions decide.
    """
    how, programs = _ftp_offered(host)
    if not how:
        return []
    faults: list[str] = []
    for program in sorted(programs):
        faults += [f"{program}: {fault}" for fault in _ftp_faults(host, program)]
    return [*how, *faults] if faults else []


def _ftp_offered(host: Host) -> tuple[list[str], set[str]]:
    """How FTP is offered, and by which programs (``?`` for one whose TLS nobody can read)."""
    how, programs, local = [], set(), set()
    for one in host.get("network.listeners"):
        names = [name for name in (one["process"] or "").split(",") if name]
        known = {daemon for daemon in _FTPD for name in names if name.startswith(daemon)}
        at_port = one["protocol"] == "tcp" and one["port"] == 21  # noqa: PLR2004 - FTP
        if one["protocol"] != "tcp" or not (known or at_port):
            continue
        if loopback(one["address"]):
            local |= known
            continue
        how.append(f"tcp/{one['port']} {one['address']} ({one['process'] or '?'})")
        programs |= known or (set() if {"xinetd", "inetd", "systemd"} & set(names) else {"?"})
    units = list(on(host.get("offers.units_on"), _FTP_UNITS))
    units = [why for why in units if not _served_locally(why, local, programs)]
    under = sorted(_FTP_INETD & set(host.get("offers.under_inetd")))
    how += units + [f"xinetd {name}" for name in under]
    for why in [*units, *under]:
        programs |= {name for name in _FTPD if why.startswith((name, name.replace("-", "")))}
    if how and not programs:
        programs = {"?"}
    return how, programs


def _served_locally(why: str, local: set[str], programs: set[str]) -> bool:
    return any(why.startswith(name) for name in local) and not programs


def _ftp_faults(host: Host, program: str) -> list[str]:
    files = host.files("services.ftp")
    if program == "vsftpd":
        given = dict(host.sections("services.ftp")).get("vsftpd", "").split("\n")
        paths = [line for line in given if line.startswith("/")]
        options = [line[2:] for line in given if line.startswith("-o")]
        paths = paths or [path for path in files.states if "vsftpd" in path]
        texts = {path: files.text(path) or "" for path in paths if path in files.states}
        if not texts:
            return ["no configuration: ssl_enable=NO"]
        return [f"{path} {fault}" for path, text in texts.items()
                for fault in ftpd.vsftpd(text, options)]
    texts = {path: files.text(path) or "" for path in files.states if program.rstrip("d") in path}
    if program == "proftpd":
        try:
            return ftpd.proftpd(texts.values())
        except ValueError as error:
            raise CannotTell(Reason.UNPARSABLE, str(error)) from None
    if program == "pure-ftpd":
        return ftpd.pureftpd(texts.values())
    return ["nothing says that it forces TLS"]


@fact(probes=["services.nfs"])
def exported(host: Host) -> list[str]:
    """Return the paths that ``/etc/exports`` and ``/etc/exports.d`` share."""
    return [path for text in _export_texts(host) for path in exports.shares(text)]


def _export_texts(host: Host) -> list[str]:
    files = host.files("services.nfs")
    return [files.text("/etc/exports") or "", *files.under("/etc/exports.d").values()]


@fact(probes=["services.nfs"])
def wide_exports(host: Host) -> list[str]:
    """Return exports to every host or with root kept: ``/data *: every host``.

    From the files and, live, from ``/var/lib/nfs/etab``. Source: exports(5).
    """
    try:
        found = [why for text in _export_texts(host) for why in exports.offences(text)]
        etab = dict(host.sections("services.nfs")).get("etab", "")
        found += [f"now: {why}" for why in exports.offences(etab)]
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, str(error)) from None
    return list(dict.fromkeys(found))


@fact(probes=["services.nfs"],
      facts=["offers.units_on", "network.listeners", "filesharing.exported"])
def unneeded_nfs(host: Host) -> list[str]:
    """Return how an NFS server or rpcbind is on although nothing is exported or mounted."""
    sections = dict(host.sections("services.nfs"))
    shared = bool(host.get("filesharing.exported")) or bool(sections.get("etab", "").strip())
    mounted = any(sections.get(name, "").strip() for name in ("mounts", "fstab"))
    units = host.get("offers.units_on")
    ports = {(one["protocol"], one["port"]) for one in host.get("network.listeners")
             if not loopback(one["address"])}
    found: list[str] = []
    if not shared:
        found += on(units, _NFS_UNITS)
        found += [f"{name}/2049" for name in ("tcp", "udp") if (name, 2049) in ports]
    if not (shared or mounted):
        found += on(units, _RPC_UNITS)
        found += [f"{name}/111" for name in ("tcp", "udp") if (name, 111) in ports]
    return found


@fact(probes=["services.samba"],
      facts=["offers.units_on", "network.listeners", "system.processes"])
def guest_shares(host: Host) -> list[str]:
    """Return where Samba lets a guest in; empty when Samba is off. Source: smb.conf(5).

    Raise CannotTell for settings from the registry or from a file named by the client.
    """
    if not _samba_on(host):
        return []
    files = host.files("services.samba")
    text = files.text("/etc/samba/smb.conf")
    if text is None:
        raise CannotTell(Reason.UNPARSABLE, "Samba is on, /etc/samba/smb.conf is missing")
    plain = {}
    try:
        plain = smbconf.sections(text, lambda _: None)
    except ValueError:
        found: list[str] = []
    else:
        found = smbconf.guests(plain)
    try:
        return smbconf.guests(smbconf.sections(text, files.text))
    except ValueError as error:
        if found:
            return found
        raise CannotTell(Reason.UNPARSABLE, str(error)) from None


def _samba_on(host: Host) -> bool:
    names: set[Any] = {process["name"] for process in host.get("system.processes")}
    open_ports = any(
        one["protocol"] == "tcp" and one["port"] in (139, 445) and not loopback(one["address"])
        for one in host.get("network.listeners")
    )
    return "smbd" in names or open_ports or any(on(host.get("offers.units_on"), _SMB_UNITS))
