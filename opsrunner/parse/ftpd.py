"""FTP daemons: do their files force TLS. Source: vsftpd.conf(5), proftpd mod_tls, pure-ftpd(8).

vsftpd was tried (3.0.3): the last value wins, values are YES, TRUE, 1 in any case; a blank
beside the ``=``, a carriage return or a remark behind the value makes it refuse to start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_YES, _NO = frozenset(("YES", "TRUE", "1")), frozenset(("NO", "FALSE", "0"))


def vsftpd(text: str, options: Iterable[str] = ()) -> list[str]:
    """Given vsftpd.conf and ``-o`` options, return what keeps it from forcing TLS."""
    values = {"ssl_enable": False, "force_local_logins_ssl": True, "force_local_data_ssl": True}
    faults = []
    for line in [*text.split("\n"), *options]:
        name, equals, value = line.lstrip(" \t").partition("=")
        if name.strip() not in values or not equals:
            continue
        if name not in values or value.upper() not in _YES | _NO:
            faults.append(f"not valid: {line.strip()[:60]}")
        else:
            values[name] = value.upper() in _YES
    return faults + [f"{name}=NO" for name, on in values.items() if not on]


def proftpd(texts: Iterable[str]) -> list[str]:
    """Given proftpd's files, return what keeps it from forcing TLS.

    Raise ValueError where conditions (IfDefine, VirtualHost) decide.
    """
    engine: list[str] = []
    required: list[str] = []
    depth: list[str] = []
    conditional, loaded = set[str](), False
    for line in (raw.strip() for text in texts for raw in text.splitlines()):
        if match := re.match(r"<(/?)(\w+)", line):
            depth = depth[:-1] if match.group(1) else [*depth, match.group(2).lower()]
            continue
        words = line.split()
        key = words[0].lower() if words else ""
        loaded = loaded or (key == "loadmodule" and "mod_tls.c" in words)
        if key in ("tlsengine", "tlsrequired") and len(words) > 1:
            (engine if key == "tlsengine" else required).append(words[1].lower())
            conditional |= set(depth) - {"global"}
    faults = []
    if not engine or set(engine) != {"on"}:
        faults.append("TLSEngine is not on")
    if not required or not set(required) <= {"on", "auth+data", "ctrl+data"}:
        faults.append("TLSRequired is not on")
    if not faults and (conditional - {"ifmodule"} or ("ifmodule" in conditional and not loaded)):
        raise ValueError("proftpd: TLS settings stand under a condition")
    return faults


def pureftpd(texts: Iterable[str]) -> list[str]:
    """Given pure-ftpd's TLS settings, return what keeps it from forcing TLS."""
    levels = re.findall(r"(?m)^\s*(?:TLS[ \t=]+)?(\d)\s*$", "\n".join(texts))
    return [] if levels and int(levels[-1]) > 1 else ["TLS is not 2 or more"]
