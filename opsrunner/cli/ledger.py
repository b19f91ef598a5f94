"""``opsrunner ledger``: write the ledgers (台账) of an inventory."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.cli.context import load_context, open_store
from opsrunner.cli.outcome import require_folder
from opsrunner.errors import Problem, SettingsError
from opsrunner.ledger import as_json, as_xlsx
from opsrunner.ledger.build import build
from opsrunner.ledger.from_store import newest_of, observed_in
from opsrunner.settings import load_settings

WRITERS = {"xlsx": (as_xlsx.NAME, as_xlsx.write_xlsx), "json": (as_json.NAME, as_json.write_json)}


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``ledger`` to it."""

    @app.command("ledger")
    def ledger(
        inventory: Annotated[
            Path | None, typer.Option("-i", "--inventory", help="Inventory folder or file.")
        ] = None,
        output: Annotated[Path | None, typer.Option(help="Folder to write to.")] = None,
        run: Annotated[str | None, typer.Option(help="Fill in what this run observed.")] = None,
        formats: Annotated[
            str, typer.Option("--format", help="xlsx, json, or both with a comma.")
        ] = "xlsx",
    ) -> None:
        """Write the OS, database, base-software and network-policy ledgers of an inventory.

        Without --run the newest finished run of these hosts fills the observed columns; where
        there is none they say "not observed". Exit code 0, or 3 for bad input.
        """
        chosen = _chosen(formats)
        settings = load_settings()
        folder = output or settings.reports / "ledger"
        require_folder(folder)
        fleet = load_context(inventory).inventory
        store = open_store(settings)
        names = {host.id for host in fleet.hosts}
        seen = observed_in(store, run) if run else newest_of(store, names)
        made = build(fleet, seen, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        folder.mkdir(parents=True, exist_ok=True)
        for name in chosen:
            file, write = WRITERS[name]
            write(made, folder / file)
            typer.echo(folder / file)


def _chosen(formats: str) -> list[str]:
    """Given the option's text, return the formats. Raise SettingsError naming the unknown ones."""
    names = [name.strip() for name in formats.split(",")]
    known = ", ".join(WRITERS)
    problems = [
        Problem("--format", name, f"unknown; known: {known}")
        for name in names
        if name not in WRITERS
    ]
    if problems:
        raise SettingsError(problems)
    return names
