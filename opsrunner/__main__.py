"""The entry point: runs a command and turns what stops it into one message and an exit code."""

from __future__ import annotations

import gc
import signal
import sys
import traceback

import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from opsrunner.cli.app import application
from opsrunner.errors import ExitCode, InputError, OpsrunnerError

INTERRUPTED = int(ExitCode.STOPPED)  # as ExitCode it is a command's own, which has said more
# Frames and findings are many small containers without cycles, which are freed when let go of; to
# look for cycles every 700 of them, the default, takes a fifth of a large run.
_CONTAINERS = 50_000


def main(arguments: list[str] | None = None) -> int:
    """Given command-line arguments (default: the process's), run them; return the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    console = Console(stderr=True, soft_wrap=True)
    _stop_like_ctrl_c()
    gc.set_threshold(_CONTAINERS)
    try:
        outcome = application(given)(args=given, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        outcome = INTERRUPTED
    except TyperException as error:
        said = error.format_message().replace("Value error, ", "")
        console.print(f"[bold red]usage:[/] {escape(said)}; see --help")
        return ExitCode.BAD_INPUT
    except InputError as error:
        console.print(f"[bold red]{len(error.problems)} problem(s); no host was touched:[/]")
        for line in error.lines():
            console.print(f"  {escape(line)}")
        return ExitCode.BAD_INPUT
    except OpsrunnerError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last boundary: a fault of ours gets its own exit code
        console.print(escape(traceback.format_exc()), style="dim")
        console.print("[bold red]internal error[/]: please report the lines above")
        return ExitCode.INTERNAL
    if outcome == INTERRUPTED and not isinstance(outcome, ExitCode):  # Typer's answer to Ctrl-C too
        console.print("Stopped; what was under way is recorded as interrupted.")
    return outcome if isinstance(outcome, int) else ExitCode.COMPLIANT


def _stop_like_ctrl_c() -> None:
    """Let a stopped service or a closed terminal end a run as Ctrl-C does, raw answers removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
