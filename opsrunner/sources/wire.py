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
import string
import zlib
from collections.abc import Iterator, Mapping

from opsrunner.models import Frame

SECTION = "\x1e"  # begins a section in a stored frame, in place of the one-time word
_CODE = 3  # digits of an exit code; a longer one is no shell's, and might be too long to be read
_GZIP = 31  # zlib: expect a gzip header
_DIGITS = (string.ascii_letters + string.digits + "+/").encode()
_NO_DIGITS = bytes(sorted(set(range(256)) - set(_DIGITS)))


def unpack(raw: bytes, mark: str, *, limit: int) -> bytes | None:
    """Given what came over the connection, return at most ``limit`` bytes of the frame stream.

    None: no beginning was found (the script never ran). A stream cut anywhere gives what is
    readable of it; decompression stops at the limit, so a zip bomb stays small.
    """
    for line, _, stop in _lines(raw, b"@%b BEGIN " % mark.encode()):
        kind = line.removesuffix(b"\r")
        if kind in (b"gzip", b"plain"):
            body = raw[stop:]
            end = body.rfind(b"\n@%b END" % mark.encode())
            body = body if end < 0 else body[:end]
            return body[:limit] if kind == b"plain" else _gunzip(_unbase64(body), limit)
    return None


def _lines(data: bytes, head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield of each line that begins with the head its rest, where the rest begins and ends.

    No regular expression: each host has a word of its own, and compiling costs more than reading.
    """
    at = data.find(head)
    while at >= 0:
        start = at + len(head)
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if at == 0 or data[at - 1 : at] == b"\n":
            yield data[start:end], start, end
        at = data.find(head, start)


def _unbase64(text: bytes) -> bytes:
    digits = text.translate(None, _NO_DIGITS)
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
    head = b"@%b " % mark.encode()
    name, start = "", 0
    for rest, at, end in _lines(stream, head):
        kind, _, said = rest.partition(b" ")
        if kind not in (b"B", b"E") or not said or len(said.split()) != 1 or said != said.strip():
            continue
        body = stream[start : at - len(head)]
        told = said.decode("utf-8", "replace")
        if kind == b"B":
            if name:
                found[name] = _frame(name, body, head, caps, ended=False)
            name, start = told, end + 1
            if name in found:
                found[name] = Frame(name, None, b"", complete=False)
                name = ""
        elif name and name == told:
            found[name] = _frame(name, body, head, caps, ended=True)
            name = ""
    if name:
        found[name] = _frame(name, stream[start:], head, caps, ended=False)
    return {name: frame for name, frame in found.items() if name in caps}


def _frame(name: str, body: bytes, head: bytes, caps: Mapping[str, int], *, ended: bool) -> Frame:
    code, body = _take_code(body, b"\n" + head + b"R ")
    mark = b"\n" + head + b"S\n"
    split = body.rfind(mark)
    stdout, stderr = (body, b"") if split < 0 else (body[:split], body[split + len(mark) :])
    cap = caps.get(name, 0)
    truncated = len(stdout) > cap
    stdout = stdout[:cap].replace(SECTION.encode(), b"?")
    section = b"\n" + head + b"- "
    if stdout.startswith(section[1:]):
        stdout = b"\n" + stdout
    stdout = stdout.replace(section, SECTION.encode())
    return Frame(
        name=name,
        exit_code=code,
        stdout=stdout,
        stderr=stderr.strip(),
        truncated=truncated,
        complete=ended and code is not None and split >= 0,
    )


def _take_code(body: bytes, mark: bytes) -> tuple[int | None, bytes]:
    """Given a frame and what its exit code stands behind, return the code and the rest."""
    at = body.find(mark)
    while at >= 0:
        end = body.find(b"\n", at + len(mark))
        word = body[at + len(mark) : end] if end >= 0 else b""
        if word == b"deadline" or (word.isdigit() and len(word) <= _CODE):
            code = 124 if word == b"deadline" else int(word)
            return code, body[:at] + body[end:]
        at = body.find(mark, at + len(mark))
    return None, body
