"""One business check, asked: a port or a page from here, what a host's command said judged."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request

from opsrunner.plan.business import Check, Port, Result, Sql, Url, cannot_tell, fails, works

_BODY = 1 << 20  # of a page
_CLIENTS = {
    "mysql": ("mysql", "--batch", "--skip-column-names"),
    "postgresql": ("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
    "oracle": ("sqlplus", "-S", "-L", "/ as sysdba"),
}
_ORACLE = "whenever sqlerror exit 1\nset pagesize 0 feedback off heading off\n"


def client(sql: Sql) -> tuple[tuple[str, ...], str, str]:
    """Given a query, return the client's arguments, the user it runs as and its input."""
    named = (sql.database,) if sql.database and sql.engine != "oracle" else ()
    head = _ORACLE if sql.engine == "oracle" else ""
    return _CLIENTS[sql.engine] + named, sql.user, f"{head}{sql.query};\n"


def judged(check: Check, exit_code: int | None, output: str) -> Result:
    """Given a check, its command's exit code (None: did not run) and output, return the result."""
    asked = check.command or check.sql
    if exit_code is None or asked is None:
        return cannot_tell(output.strip()[:200] or "could not be run")
    wanted = check.command.exit_code if check.command else 0
    said = f"exit code {exit_code}"
    if exit_code in (126, 127) and wanted != exit_code:
        return cannot_tell(f"{said}: {output.strip()[:200]}")  # no such tool: nobody asked
    if exit_code != wanted:
        return fails(f"{said}, wanted {wanted}")
    if asked.contains not in output:
        return fails(f"{said}, the wanted text is not in the answer")
    return works(said)


def port(wanted: Port, address: str, seconds: float) -> Result:
    """Given a port and an address, return whether somebody accepts connections there."""
    where = f"{address}:{wanted.number}"
    try:
        with socket.create_connection((address, wanted.number), timeout=seconds):
            return works(f"{where} accepts")
    except socket.gaierror as error:
        return cannot_tell(f"{where}: {error.strerror}")
    except OSError as error:
        return fails(f"{where}: {error.strerror or error}")


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would ask another server."""

    def redirect_request(self, *_: object) -> None:
        """Given a redirect, do not follow it."""


def page(wanted: Url, seconds: float) -> Result:
    """Given a page, return whether it answers as it should; proxies and redirects are not used."""
    try:
        context = ssl.create_default_context(cafile=wanted.ca_file)
    except OSError as error:
        return cannot_tell(f"{wanted.ca_file}: {error}")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _Stay,
    )
    try:
        with opener.open(wanted.address, timeout=seconds) as answer:
            status, body = answer.status, answer.read(_BODY)
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read(_BODY)
    except (OSError, ValueError) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        said = f"{wanted.address}: {cause or type(cause).__name__}"
        return cannot_tell(said) if isinstance(cause, socket.gaierror) else fails(said)
    return _read(wanted, status, body)


def _read(wanted: Url, status: int, body: bytes) -> Result:
    said = f"HTTP {status}"
    if status not in wanted.status:
        return fails(f"{said}, wanted {', '.join(map(str, wanted.status))}")
    if wanted.contains.encode() not in body:
        return fails(f"{said}, the wanted text is not in the page")
    return works(said)
