"""The application: every module of this folder with a ``register`` function adds its commands."""

from __future__ import annotations

import importlib
import pkgutil
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


for _module in sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])):
    _register = getattr(importlib.import_module(f"opsrunner.cli.{_module}"), "register", None)
    if _register is not None:
        _register(app)
