#!/usr/bin/env python3
"""The lab's command line: `lab.py up | reset | down | status`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.lab.fleet import build, machine, recipe, record
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import LabError, default_name

EXAMPLES = """\
examples:
  lab.py up --hosts 6                     six hosts, inventories/lab/hosts.yml
  lab.py up --name rulesA --hosts 5 --inventory /tmp/rulesA.yml
  lab.py up --name el7 --hosts 2 --identities centos7
  lab.py up --name db --hosts 2 --identities debian12 --with databases
  lab.py reset --host lab-centos7-1       that host pristine again, about a second
  lab.py reset                            all hosts pristine again
  lab.py status                           what runs, addresses, files
  lab.py down                             nothing left but the cache, of its tests' labs neither
  lab.py down --all --cache               every lab of this machine and the cache
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    top = argparse.ArgumentParser(
        description="Real hosts on one machine: booted systemd-nspawn systems for the tests.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", help="the lab's name (default: derived from this checkout)")
    actions = top.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", parents=[common], help="make exactly this many hosts run")
    up.add_argument("--hosts", type=int, default=6, metavar="N", help="how many (default 6)")
    up.add_argument("--inventory", type=Path, metavar="PATH", help="where to write the inventory")
    up.add_argument(
        "--identities",
        default=",".join(recipe.ORDER),
        metavar="A,B",
        help=f"which, in turn (default {','.join(recipe.ORDER)})",
    )
    up.add_argument(
        "--with",
        dest="extra",
        default="",
        metavar="NAME",
        help="extra layer on the hosts that can have it: databases",
    )
    reset = actions.add_parser("reset", parents=[common], help="bring hosts back to pristine")
    reset.add_argument("--host", action="append", default=[], metavar="NAME", help="only this one")
    down = actions.add_parser("down", parents=[common], help="remove the lab, also a half-made one")
    down.add_argument("--all", action="store_true", help="every lab of this machine")
    down.add_argument("--cache", action="store_true", help="remove unused cached layers too")
    actions.add_parser("status", parents=[common], help="show what runs")
    return top


def show_status(lab: Lab) -> int:
    """Print the lab's hosts; return 0 when all of them answer, 1 otherwise."""
    status = lab.status()
    for line in status:
        print(line.text)
    return 0 if status and all(line.good for line in status) else 1


def take_down(lab: Lab, options: argparse.Namespace) -> None:
    """Take down one lab, or this checkout's with those that its tests made, or all of them."""
    labs = [lab]
    if options.all:
        labs = [Lab(name) for name in record.known_labs()]
    elif not options.name:
        labs += [Lab(name) for name in record.known_labs() if name.startswith(f"{default_name()}-")]
    for one in labs:
        for item in one.down():
            print(f"removed {item}")
    if options.cache:
        for item in build.tidy_cache(everything=True):
            print(f"removed {item}")


def act(options: argparse.Namespace) -> int:
    """Do what was asked; return the exit code."""
    lab = Lab(options.name, say=lambda text: print(text, flush=True))
    began = time.monotonic()
    if options.action == "status":
        return show_status(lab)
    machine.require()
    if options.action == "up":
        machine.install_packages(lab.say)
        identities = tuple(options.identities.split(","))
        lab.up(options.hosts, options.inventory, identities, options.extra)
    elif options.action == "reset":
        lab.reset(*options.host)
    else:
        take_down(lab, options)
    print(f"{options.action}: {time.monotonic() - began:.1f} s")
    return 0


def main() -> int:
    """Run the command line; return its exit code: 0 done, 1 not all up, 2 cannot."""
    os.umask(0o022)  # layers must not depend on the caller's umask
    try:
        return act(parser().parse_args())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
