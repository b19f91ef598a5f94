"""A paper as PDF, set by Typst from ``templates/paper.typ``, which reads the paper as JSON.

What a host said is data there and never markup. The fonts are embedded, so only those are used
that may be passed on; without one there is no PDF, for Typst would set boxes for Chinese.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import typst

from opsrunner.errors import RunError
from opsrunner.report.html_shell import asset
from opsrunner.report.paper import Language, Paper
from opsrunner.report.papers.plain import plain
from opsrunner.report.papers.writing import NotHereError
from opsrunner.report.text import json_bytes, visible

_PROCESS = Path(__file__).with_name("typst_process.py")
# All of them under the SIL Open Font License.
SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC")
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC")
MONO = ("Noto Sans Mono CJK SC", "Source Han Mono SC")
_LATIN = ("DejaVu Sans Mono",)  # embedded in Typst
_NO_FONT = (
    "no Chinese font that may be embedded: install fonts-noto-cjk (Debian) or "
    "google-noto-sans-cjk-ttc-fonts (EL), or put Source Han Serif into ~/.local/share/fonts"
)
# Where a long word may break: Typst would let it stick out.
_LONG = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef]{13,}")
_PART = re.compile(r"[^/._=:,;@-]{1,8}[/._=:,;@-]*|[/._=:,;@-]+")
BREAK = "\u200b"  # the template takes it out; one that a host printed is visible already


class PdfWriter:
    """Writes PDF with the fonts of this machine."""

    suffix = ".pdf"

    def __init__(self, _template: Path | None = None) -> None:
        self._chosen = choose(fonts().families())

    def write(self, paper: Paper, path: Path, language: Language) -> None:
        """Given a paper, a file and a language, write it. Raise RunError or OSError."""
        data = plain(paper, language, breakable) | {"fonts": self._chosen}
        noon = datetime.fromisoformat(paper.date).replace(hour=12, tzinfo=UTC)
        with tempfile.TemporaryDirectory(prefix="opsrunner-pdf-") as folder:
            source = Path(folder) / "paper.typ"
            source.write_text(asset("paper.typ"), encoding="utf-8")
            source.with_suffix(".json").write_bytes(json_bytes(data))
            command = [sys.executable, "-P", str(_PROCESS), str(source), str(path)]
            done = subprocess.run(
                [*command, str(int(noon.timestamp()))], capture_output=True, text=True, check=False,
            )
            if done.returncode != 0:
                said = done.stderr.strip()[-400:] or f"exit code {done.returncode}"
                raise RunError(f"Typst cannot set {paper.name}: {said}")


@cache
def fonts() -> typst.Fonts:
    """Return the fonts of this machine; searched once."""
    return typst.Fonts()


def choose(families: list[str]) -> dict[str, list[str]]:
    """Given the font families there are, return those to use by role, the best first.

    Raise NotHereError when none with Chinese may be passed on.
    """
    serif, sans, mono = (
        [name for name in known if name in families] for known in (SERIF, SANS, MONO)
    )
    if not serif and not sans:
        raise NotHereError(_NO_FONT)
    return {
        "serif": serif or sans,
        "sans": sans or serif,
        "mono": [*mono, *_LATIN, *(sans or serif)],
    }


def breakable(text: str) -> str:
    """Given text from anywhere, return it visible, and with places to break in long words."""
    shown = visible(text).expandtabs()  # Typst has no tabs
    return _LONG.sub(lambda word: BREAK.join(_PART.findall(word.group())), shown)


WRITER = PdfWriter
