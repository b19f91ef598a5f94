"""The application: every module of this folder with a ``register`` function adds its commands."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.version import code_version

EPILOG = """
Exit codes: 0 compliant or done, 2 violations, 3 bad input (no host touched),
4 something could not be looked at (wins over 2), 5 internal error, 130 stopped by Ctrl-C.
"""

app = typer.Typer(
    name="opsrunner",
    help="Compliance as code: observe hosts, judge them by GB/T 22239-2019, record, report.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_known: set[Callable[[typer.Typer], None]] = set()  # what has added its commands



def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"opsrunner {code_version()}")
        raise typer.Exit


@app.callback()
def _main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    pass


def application(arguments: Sequence[str]) -> typer.Typer:
    """Given a command line, return the application: its command alone, or else every command.

    A command whose module has its name needs no other: to import all takes as long as a host.
    """
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    alone = [name for name in arguments[:1] if name in names]
    if not _registered(alone):
        _registered(names)
    return app


def _registered(names: Sequence[str]) -> bool:
    """Given modules of this folder, have those with commands add them; return whether any has."""
    found = False
    for name in names:
        register = getattr(importlib.import_module(f"opsrunner.cli.{name}"), "register", None)
        if register is not None:
            found = True
            if register not in _known:
                _known.add(register)
                register(app)
    return found
