"""Ctrl-C between hosts: the first signal asks to stop, the second stops at once."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAID = (b"\nStopping: the hosts under way are seen through, then nothing new begins. "
        b"Once more stops at once and leaves them to their timed undo.\n")


class Stop:
    """A context manager of the main thread; ``asked`` says whether to begin nothing new.

    The first signal is answered on standard error: who sees nothing happen asks again. A second
    signal raises KeyboardInterrupt where the work is: what is under way is left to the
    hosts' timed undo, and ``resume`` finds out.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over, those that are ignored (nohup) aside."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._signalled)
        return self

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        with suppress(OSError):  # written past all buffers: the signal may interrupt a print
            os.write(sys.stderr.fileno(), SAID)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
