"""A server that answers, dies, hangs, accepts and never answers, or comes back, as it is told.

``speak`` is one peer's conversation: a banner, a page, or MySQL's protocol as far as the watcher
goes (protocol::HandshakeV10, OK, a text result set of one row).
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PLUGIN = b"mysql_native_password\0"


@dataclass
class Fake:
    """What a fake server is doing, and the rows it holds.

    ``mode``: answer; hang (read, never answer); drip (a byte now and then); refuse (one may
    connect and is thrown out).
    """

    port: int = 0
    mode: str = "answer"
    name: str = "db1"
    rows: list[int] = field(default_factory=list)
    swallow: int = 0  # so many rows are kept without ever saying so

    def greet(self, peer: socket.socket) -> None:
        """Say a banner."""
        peer.sendall(b"220 ready\r\n")

    def page(self, peer: socket.socket) -> None:
        """Answer one request with a page."""
        peer.recv(65536)
        body = b"<p>ok</p>"
        peer.sendall(b"HTTP/1.1 200 OK\r\nServer: %s\r\nContent-Length: %d\r\n\r\n%s" % (
            self.name.encode(), len(body), body))

    def database(self, peer: socket.socket) -> None:
        """Speak MySQL's protocol until the peer leaves."""
        _send(peer, 0, b"\x0a5.5.5-10.11.6-MariaDB\0" + struct.pack("<I", 1) + b"12345678\0"
              + struct.pack("<HBHHB", 0xF7FF, 45, 2, 0x81FF, 21) + bytes(10)
              + b"123456789012\0" + _PLUGIN)
        _receive(peer)
        _send(peer, 2, _ok())
        while command := _receive(peer):
            if command[:1] != b"\x03":
                return
            self._query(peer, command[1:].decode())

    def _query(self, peer: socket.socket, query: str) -> None:
        if self.mode == "hang":
            threading.Event().wait(30)
        if found := re.search(r"VALUES \('[^']*', (\d+), ", query):
            self.rows.append(int(found[1]))
            if self.swallow:
                self.swallow -= 1
                raise ConnectionResetError
        if not query.startswith("SELECT"):
            _send(peer, 1, _ok())
            return
        if query.startswith("SELECT n, server"):
            _table(peer, ("n", "server"), [(str(n), self.name) for n in self.rows])
        else:
            _table(peer, ("who",), [(self.name,)])


def _table(
    peer: socket.socket, names: Sequence[str], rows: Sequence[Sequence[str]],
) -> None:
    packets = [bytes([len(names)])]
    packets += [
        b"\x03def\0\0\0" + _text(name) + b"\0\x0c"
        + struct.pack("<HIBHB", 45, 255, 253, 0, 0) + b"\0\0" for name in names
    ]
    packets.append(b"\xfe\0\0\x02\0")
    packets += [b"".join(map(_text, row)) for row in rows]
    packets.append(b"\xfe\0\0\x02\0")
    for number, packet in enumerate(packets, start=1):
        _send(peer, number % 256, packet)


def _text(text: str) -> bytes:
    return bytes([len(text.encode())]) + text.encode()


def _ok() -> bytes:
    return b"\0\0\0\x02\0\0\0"


def _send(peer: socket.socket, number: int, data: bytes) -> None:
    peer.sendall(struct.pack("<I", len(data))[:3] + bytes([number]) + data)


def _receive(peer: socket.socket) -> bytes:
    head = peer.recv(4, socket.MSG_WAITALL)
    length = int.from_bytes(head[:3], "little")
    return peer.recv(length, socket.MSG_WAITALL) if head else b""


@contextmanager
def serving(fake: Fake, speak: Callable[[socket.socket], None]) -> Iterator[Fake]:
    """Given a fake and how it speaks, serve on its port (0: any, which it then keeps)."""
    listener = socket.create_server(("127.0.0.1", fake.port), backlog=50)
    fake.port = listener.getsockname()[1]
    over = threading.Event()
    peers: list[socket.socket] = []

    def talk(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            if fake.mode == "refuse":
                return
            if fake.mode == "hang":
                over.wait(30)
            while fake.mode == "drip" and not over.wait(0.05):
                peer.sendall(b"2")
            speak(peer)

    def accept() -> None:
        with suppress(OSError):
            while not over.is_set():
                peer, _ = listener.accept()
                peers.append(peer)
                threading.Thread(target=talk, args=(peer,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for peer in peers:
            with suppress(OSError):  # dead to its clients as well
                peer.shutdown(socket.SHUT_RDWR)
