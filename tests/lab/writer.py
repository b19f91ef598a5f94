"""Write numbered rows through an address, one every 200 ms, and note what was acknowledged.

A process of its own on the application's host: ``writer.py ADDRESS OPTION_FILE FIRST SECONDS``.
One line of JSON on standard output for each attempt: number, monotonic seconds when sent and
answered, the server that took it, or null when nobody knows whether it was taken. A number is
never used twice.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time

EVERY = 0.2  # seconds between two attempts
PATIENCE = 0.5  # seconds after which an attempt counts as unanswered


class Session:
    """One connection: the client program, fed by a pipe."""

    def __init__(self, address: str, options: str) -> None:
        command = [
            "mariadb", f"--defaults-file={options}", f"--host={address}", "--batch",
            "--skip-column-names", "--unbuffered", "--skip-reconnect", "--connect-timeout=1",
        ]
        self.client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )

    def write(self, number: int) -> str | None:
        """Write a row; return the server that acknowledged it, None when none did."""
        text = f"INSERT app.marks SET n={number}, server=@@server_id;"
        text += f" SELECT {number}, @@server_id;\n"
        feed, answers = self.client.stdin, self.client.stdout
        if feed is None or answers is None:
            return None
        try:
            feed.write(text.encode())
            feed.flush()
        except OSError:
            return None
        ready, _, _ = select.select([answers], [], [], PATIENCE)
        said = os.read(answers.fileno(), 200).decode().split() if ready else []
        return said[1] if len(said) == 2 and said[0] == str(number) else None

    def close(self) -> None:
        """End the client, whatever it waits for."""
        self.client.kill()
        self.client.wait()


def main() -> None:
    """Write until the time is over."""
    address, options, first, seconds = sys.argv[1:5]
    began = time.monotonic()
    number, session = int(first), None
    while time.monotonic() - began < float(seconds):
        session = session or Session(address, options)
        sent = time.monotonic()
        server = session.write(number)
        said = {"n": number, "sent": sent, "answered": time.monotonic(), "server": server}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        if server is None:
            session.close()
            session = None
        number += 1
        time.sleep(max(0.0, EVERY - (time.monotonic() - sent)))


if __name__ == "__main__":
    main()
