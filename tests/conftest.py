"""Settings of all tests: property tests draw the same examples in CI, new ones for a developer."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("developer", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")

# A shell that starts the tests in the background has them ignore Ctrl-C, and what is ignored is
# inherited; tests of being stopped need what a terminal gives.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
