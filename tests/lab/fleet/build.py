"""Build the cached layers: the base root by mmdebstrap, what lies on it by scripts in a chroot."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import recipe
from .instance import CACHE_HOME, LAB_DIR, private_dir
from .layers import in_use
from .shell import CONTAINED, run_logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .recipe import Extra, Identity

SUITE = "bookworm"


@contextmanager
def _building(final: Path) -> Iterator[Path | None]:
    """Yield a folder to build in, renamed to `final` on success; None when it is there already.

    One lock per layer: of two labs that want the same one, the second waits and reuses it.
    """
    private_dir(CACHE_HOME)
    with (CACHE_HOME / f".{final.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if final.is_dir():
            yield None
            return
        scratch = CACHE_HOME / f".{final.name}.building"
        shutil.rmtree(scratch, ignore_errors=True)  # a killed build left it
        scratch.mkdir()
        yield scratch
        (scratch / "layer").rename(final)
        shutil.rmtree(scratch, ignore_errors=True)


def build_base(say: Callable[[str], None]) -> Path:
    """Return the base root, built when the cache has none of this recipe."""
    final = recipe.base_dir()
    with _building(final) as scratch:
        if scratch is None:
            return final
        say("base root: mmdebstrap (about a minute, once)")
        source = recipe.IDENTITIES / "base"
        packages = [
            line.split("#")[0].strip()
            for line in (source / "packages.txt").read_text(encoding="utf-8").splitlines()
        ]
        sources = recipe.apt_sources()
        command = [
            "mmdebstrap", "--variant=minbase", '--aptopt=Acquire::Languages "none"',
            *(f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale")),
            f"--include={','.join(p for p in packages if p)}",
            f"--customize-hook={source / 'setup.sh'} \"$1\"",
            SUITE, str(scratch / "layer"), *([str(sources)] if sources else []),
        ]  # fmt: skip
        run_logged([*CONTAINED, *command], str(CACHE_HOME / f"{final.name}.log"))
    return final


def build_identity(identity: Identity, say: Callable[[str], None]) -> Path:
    """Return the layer that turns the base root into an identity, built when it is not cached."""
    base = build_base(say)
    final = recipe.identity_dir(identity)
    with _building(final) as scratch:
        if scratch is None:
            return final
        say(f"identity layer: {identity.name}")
        for part in ("layer", "work", "merged"):
            (scratch / part).mkdir()
        found = identity.interpreter_found
        script = recipe.IDENTITIES / "build" / "build.sh"
        command = [
            str(script), str(LAB_DIR), identity.name, str(base), str(scratch),
            str(found.prefix) if found else "", found.series if found else "",
            identity.interpreter,
        ]  # fmt: skip
        run_logged([*CONTAINED, *command], str(CACHE_HOME / f"{final.name}.log"))
    return final


def build_extra(extra: Extra, identity: Identity, say: Callable[[str], None]) -> Path:
    """Return the layer with an extra's packages for an identity, built when it is not cached."""
    below = build_identity(identity, say)
    final = recipe.extra_dir(extra, identity)
    with _building(final) as scratch:
        if scratch is None:
            return final
        say(f"extra layer: {extra.name} for {identity.name} (once)")
        for part in ("layer", "work", "merged"):
            (scratch / part).mkdir()
        command = [
            str(recipe.EXTRAS / "build.sh"), str(recipe.EXTRAS / extra.name), str(below),
            str(recipe.base_dir()), str(scratch),
        ]  # fmt: skip
        run_logged([*CONTAINED, *command], str(CACHE_HOME / f"{final.name}.log"))
    return final


def tidy_cache(*, everything: bool = False) -> list[str]:
    """Remove half-built layers nobody builds any more, and, if asked, all that no host uses."""
    removed = []
    for lock_path in CACHE_HOME.glob(".*.lock") if CACHE_HOME.is_dir() else []:
        layer = CACHE_HOME / lock_path.name[1 : -len(".lock")]
        with lock_path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            leftovers = [CACHE_HOME / f".{layer.name}.building"]
            if everything and not in_use(layer):
                leftovers += [layer, CACHE_HOME / f"{layer.name}.log"]
            for path in leftovers:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                    removed.append(path.name)
                else:
                    path.unlink(missing_ok=True)
    return removed
