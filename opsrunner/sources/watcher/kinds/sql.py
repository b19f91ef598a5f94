"""A numbered row through MySQL's own protocol: written and committed, or not.

The row says which server took it, so that two writers at once show. The table has no unique key
on the number: a row that is there twice must be seen, not refused.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import pymysql
from pydantic import Field

from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.aim import Aim, Order

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_WHO = "SELECT CONCAT(@@hostname, ':', @@port, ' #', @@server_id)"
_NO_SERVER = ValueError("is connected, but the server did not say who it is")


class Sql(Aim):
    """A database by the application's address; the account may insert into ``table`` alone.

    With ``ca_file`` the connection is TLS and the server's certificate is checked.
    """

    address: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 3306
    user: Annotated[str, Field(min_length=1, max_length=128)]
    database: Identifier
    table: Identifier = "opsrunner_watch"
    ca_file: Path | None = None


def table(aim: Sql) -> str:
    """Given an aim, return the statement that makes its table; whoever may runs it beforehand."""
    return (
        f"CREATE TABLE IF NOT EXISTS `{aim.database}`.`{aim.table}` ("
        "id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, "
        "watch VARCHAR(64) NOT NULL, n BIGINT UNSIGNED NOT NULL, server VARCHAR(200) NOT NULL, "
        "written TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), KEY (watch, n)"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    )


class SqlTarget:
    """Keeps one connection, as an application's pool does, until it is in doubt."""

    def __init__(self, aim: Sql, order: Order, password: Secret | None) -> None:
        self._aim, self._password = aim, password
        self._watch, self._seconds = order.watch, order.timeout_ms / 1000
        # Names are plain identifiers; values go as parameters.
        into = f"INSERT INTO `{aim.database}`.`{aim.table}` (watch, n, server)"
        self._insert = f"{into} VALUES (%s, %s, %s)"
        self._connection: Any = None
        self._server = ""

    def attempt(self, number: int) -> str:
        """Write and commit the row of that number; return which server took it.

        Raise an exception of PyMySQL or OSError.
        """
        if self._connection is None:
            self._connect()
        with self._connection.cursor() as cursor:
            cursor.execute(self._insert, (self._watch, number, self._server))
        return self._server

    def _connect(self) -> None:
        aim = self._aim
        self._connection = pymysql.connect(
            host=aim.address, port=aim.port, user=aim.user,
            password=self._password.reveal().encode() if self._password else b"",
            autocommit=True, charset="utf8mb4", program_name="opsrunner-watcher",
            connect_timeout=self._seconds, read_timeout=self._seconds,
            write_timeout=self._seconds, ssl_ca=str(aim.ca_file) if aim.ca_file else None,
            ssl_verify_cert=True if aim.ca_file else None,
            ssl_verify_identity=True if aim.ca_file else None,
        )
        with self._connection.cursor() as cursor:
            cursor.execute(_WHO)
            row = cursor.fetchone()
        if not row or not row[0]:
            raise _NO_SERVER
        self._server = str(row[0])[:200]

    def rows(self) -> list[tuple[int, str]]:
        """Return number and server of every row of this watch, in the order written.

        Raise an exception of PyMySQL or OSError. For the accounting afterwards.
        """
        if self._connection is None:
            self._connect()
        # The names are plain identifiers of a checked aim.
        query = f"SELECT n, server FROM `{self._aim.database}`.`{self._aim.table}` WHERE watch = %s"  # noqa: S608 - see above
        with self._connection.cursor() as cursor:
            cursor.execute(f"{query} ORDER BY id", (self._watch,))
            return [(int(n), str(server)) for n, server in cursor.fetchall()]

    def drop(self) -> None:
        """Close the connection, whatever it says to that."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()


def open_target(aim: Sql, order: Order, password: Secret | None) -> SqlTarget:
    """Given an aim, its order and the password, return what is asked."""
    return SqlTarget(aim, order, password)


AIM = Sql
