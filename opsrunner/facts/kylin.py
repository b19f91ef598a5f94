"""Kylin V10: its release, and KySec, its own mandatory access control."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_PACKS = {"Tercel": "SP1", "Sword": "SP2", "Lance": "SP3", "Halberd": "SP3"}
_RELEASE = re.compile(r"Kylin Linux Advanced Server release (V\d+)(?: \((\w+)\))?")
_PACK = re.compile(r"\((SP\d+)\)")
_MODES = {
    "normal": "enabled", "enabled": "enabled", "enable": "enabled",
    "softmode": "softmode", "disabled": "disabled", "disable": "disabled",
}


@fact(probes=["system.release"])
def release(host: Host) -> dict[str, Any]:
    """Return what identifies the system: ``id``, ``version``, ``service_pack``, ``machine``.

    ``service_pack`` comes from ``.productinfo`` and from the code name; where they disagree
    nobody can tell. Source: /etc/os-release, /etc/kylin-release, /etc/.productinfo.
    """
    files = host.files("system.release")
    fields = dict(
        line.split("=", 1) for line in (files.text("/etc/os-release") or "").splitlines()
        if "=" in line
    )
    values = {key: value.strip().strip("\"'") for key, value in fields.items()}
    line = _RELEASE.search(files.text("/etc/kylin-release") or "")
    name = re.search(r"\((\w+)\)", values.get("VERSION", ""))
    names = [match for match in (name and name.group(1), line and line.group(2)) if match]
    packs = {_PACKS.get(code, code) for code in names}
    packs.update(_PACK.findall(files.text("/etc/.productinfo") or ""))
    if len(packs) > 1:
        raise CannotTell(Reason.UNPARSABLE, f"the release files disagree: {sorted(packs)}")
    return {
        "id": values.get("ID", "") if line else "",
        "version": line.group(1) if line else "",
        "service_pack": packs.pop() if packs else "none",
        "machine": dict(host.sections("system.release")).get("machine", "").strip(),
    }


@fact(probes=["kylin.kysec"])
def kysec(host: Host) -> dict[str, str]:
    """Return what getstatus says, keys and values in lower case, in its old and its new form.

    ``status`` is ``enabled`` (``Normal`` in the old form), ``softmode``, ``disabled`` or ``not
    installed``; the others (``exec control``, ``three admin``, ...) are ``on``, ``off`` or
    ``warning``, and ``off`` altogether when KySec is not there or disabled.
    """
    sections = {name: body.strip() for name, body in host.sections("kylin.kysec")}
    found = {"exec control": "off", "file protect": "off", "kmod protect": "off"}
    found |= {"three admin": "off"}
    if not sections.get("tool"):
        if sections.get("kernel"):
            raise CannotTell(Reason.MISSING_TOOL, "no getstatus, but KySec is on the host")
        return {"status": "not installed"} | found
    rows: dict[str, str] = {}
    for line in sections.get("status", "").splitlines():
        key, colon, value = line.replace("\uff1a", ":").partition(":")
        name, value = " ".join(key.split()).lower(), value.strip().lower()
        if colon and rows.setdefault(name, value) != value:
            raise CannotTell(Reason.UNPARSABLE, f"getstatus says {name} twice")
    status = _MODES.get(rows.pop("kysec status", ""))
    if status is None:
        said = sections.get("status", "")[:80]
        raise CannotTell(Reason.UNPARSABLE, f"getstatus: {said or 'no output'}")
    if status == "disabled":
        return {"status": status} | found
    if "exec control" not in rows:
        raise CannotTell(Reason.UNPARSABLE, "getstatus names no exec control")
    return {"status": status} | found | rows


@fact(facts=["accounts.passwd"])
def account_names(host: Host) -> list[str]:
    """Return the names of all accounts."""
    return [row["name"] for row in host.get("accounts.passwd") if row["name"]]


@fact(probes=["kylin.crypto"])
def national_algorithms(host: Host) -> list[str]:
    """Return which of SM3 and SM4 OpenSSL offers. Source: openssl-list(1)."""
    sections = {name: body.upper() for name, body in host.sections("kylin.crypto")}
    if not sections.get("version", "").strip():
        raise CannotTell(Reason.UNPARSABLE, "openssl gave no version")
    parts = {"SM3": "digests", "SM4": "ciphers"}
    return [name for name, part in parts.items() if name in sections.get(part, "")]


@fact(probes=["kylin.python"])
def python(host: Host) -> str:
    """Return the version of ``/usr/bin/python3`` (``3.7``), ``missing``, or what it said instead.

    An interpreter that KySec's execution control does not let start says why.
    """
    said = dict(host.sections("kylin.python")).get("python3", "").strip()
    if not said:
        raise CannotTell(Reason.UNPARSABLE, "python3 said nothing")
    match = re.fullmatch(r"(\d+\.\d+)\.\d+", said)
    return match.group(1) if match else said[:120]


@fact(facts=["boot.arguments", "kylin.kysec"])
def boot_security(host: Host) -> dict[str, str]:
    """Return which security module the kernel was told to use now, and in each boot entry.

    ``default``: no entry names one and KySec is there all the same; ``not set``: the same
    without KySec, or the argument is in use now and the entry lacks it. Of an argument given
    twice the last one counts. Source: kernel-parameters, ``security=``.
    """
    arguments: dict[str, list[str]] = host.get("boot.arguments")
    if not set(arguments) - {"now"}:
        raise CannotTell(Reason.UNPARSABLE, "no boot entry was found")
    values = {name: _security(words) for name, words in arguments.items()}
    if set(values.values()) == {"not set"}:
        status = host.get("kylin.kysec")["status"]
        if status in ("enabled", "softmode"):
            return dict.fromkeys(values, "default")
    return values


def _security(words: list[str]) -> str:
    values = [word.partition("=")[2] for word in words if word.startswith("security=")]
    return (values[-1] or "none") if values else "not set"
