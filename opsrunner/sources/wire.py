"""What a host sent back -> frames. A pure parser of untrusted bytes; it never raises on them.

Wire form (``MARK`` is the host's one-time word)::

    @MARK BEGIN gzip|plain      then base64 of gzip, or plain text, of the frame stream:
      @MARK B name              the probe's stdout follows
      @MARK - words             a section of it begins
      @MARK S                   its stderr follows
      @MARK R code|deadline     its exit code
      @MARK E name              the end mark: without it the frame is incomplete
    @MARK END
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping

from opsrunner.models import Frame

SECTION = "\x1e"  # begins a section in a stored frame, in place of the one-time word
_GZIP = 31  # zlib: expect a gzip header


def unpack(raw: bytes, mark: str, *, limit: int) -> bytes | None:
    """Given what came over the connection, return at most ``limit`` bytes of the frame stream.

    None: no beginning was found (the script never ran). A stream cut anywhere gives what is
    readable of it; decompression stops at the limit, so a zip bomb stays small.
    """
    head = re.search(rb"(?m)^@%b BEGIN (gzip|plain)\r?$" % re.escape(mark.encode()), raw)
    if head is None:
        return None
    body = raw[head.end() :]
    end = body.rfind(b"\n@%b END" % mark.encode())
    body = body if end < 0 else body[:end]
    if head.group(1) == b"plain":
        return body[:limit]
    return _gunzip(_unbase64(body), limit)


def _unbase64(text: bytes) -> bytes:
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    try:
        return base64.b64decode(digits[: len(digits) // 4 * 4] + _tail(digits))
    except binascii.Error:
        return b""


def _tail(digits: bytes) -> bytes:
    rest = digits[len(digits) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _gunzip(data: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(_GZIP)
    out = bytearray()
    try:
        # In small steps: when the data turns bad, what came before it is kept.
        for start in range(0, len(data), 4096):
            out += stream.decompress(data[start : start + 4096], max(1, limit - len(out)))
            while stream.unconsumed_tail and len(out) < limit:
                out += stream.decompress(stream.unconsumed_tail, limit - len(out))
            if len(out) >= limit or stream.eof:
                break
    except zlib.error as error:
        if "data check" in str(error):  # all of it came, and something in it is not what was sent
            return b""
    return bytes(out[:limit])


def frames(stream: bytes, mark: str, caps: Mapping[str, int]) -> dict[str, Frame]:
    """Given a frame stream, its one-time word and the cap of each probe, return frames by name.

    Frames of probes nobody asked for are left out; a name that comes twice is a forgery or a
    fault, and its frame is marked incomplete.
    """
    found: dict[str, Frame] = {}
    token = re.compile(rb"(?m)^@%b ([BE]) (\S+)$" % re.escape(mark.encode()))
    name, start = "", 0
    for match in token.finditer(stream):
        if match.group(1) == b"B":
            if name:
                found[name] = _frame(name, stream[start : match.start()], mark, caps, ended=False)
            name, start = match.group(2).decode("utf-8", "replace"), match.end() + 1
            if name in found:
                found[name] = Frame(name, None, b"", complete=False)
                name = ""
        elif name and name == match.group(2).decode("utf-8", "replace"):
            found[name] = _frame(name, stream[start : match.start()], mark, caps, ended=True)
            name = ""
    if name:
        found[name] = _frame(name, stream[start:], mark, caps, ended=False)
    return {name: frame for name, frame in found.items() if name in caps}


def _frame(name: str, body: bytes, mark: str, caps: Mapping[str, int], *, ended: bool) -> Frame:
    word = mark.encode()
    code = re.search(rb"\n@%b R (\d+|deadline)\n" % word, body)
    if code:
        body = body[: code.start()] + b"\n" + body[code.end() :]
    split = body.rfind(b"\n@%b S\n" % word)
    stdout, stderr = (body, b"") if split < 0 else (body[:split], body[split + len(word) + 5 :])
    cap = caps.get(name, 0)
    truncated = len(stdout) > cap
    stdout = stdout[:cap].replace(SECTION.encode(), b"?")
    stdout = re.sub(rb"(?:\A|\n)@%b - " % re.escape(word), SECTION.encode(), stdout)
    return Frame(
        name=name,
        exit_code=_exit_code(code.group(1)) if code else None,
        stdout=stdout,
        stderr=stderr.strip(),
        truncated=truncated,
        complete=ended and code is not None and split >= 0,
    )


def _exit_code(word: bytes) -> int:
    return 124 if word == b"deadline" else int(word)
