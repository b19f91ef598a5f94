"""The block of lines that is ours in a file that is not: found, taken out, put back.

Everything around the block is kept byte for byte.
"""

from __future__ import annotations

import re

BEGIN, END = "# BEGIN opsrunner", "# END opsrunner"
_BLOCK = re.compile(rf"(?ms)^{BEGIN}\n(.*?)^{END}(?:\n|\Z)")


def cut(text: str) -> tuple[str, list[str]]:
    """Given a file, return it without our block, and the lines of the block."""
    match = _BLOCK.search(text)
    if match is None:
        return text, []
    return text[: match.start()] + text[match.end() :], match.group(1).split("\n")[:-1]


def put(text: str, lines: list[str], at: int | None = None) -> str:
    """Given a file without our block, the block's lines and an offset (None: the end), join them.

    Without lines there is no block. A last line without a newline gets one when ours follow it.
    """
    if not lines:
        return text
    head, tail = (text, "") if at is None else (text[:at], text[at:])
    if head and not head.endswith("\n"):
        head += "\n"
    return head + "\n".join((BEGIN, *lines, END)) + "\n" + tail
