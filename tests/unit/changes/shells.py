"""Run parts of the transaction engine in the shells of this machine, away from its real folders."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from opsrunner.changes.transaction import HOME, status_script

SHELLS = [[found] for name in ("dash",) if (found := shutil.which(name))]
SHELLS += [[found, "--posix"] for name in ("bash",) if (found := shutil.which(name))]


def engine(
    tmp: Path, body: str, shell: list[str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Given a scratch folder and shell text, run it after the engine; fd 5 is standard output."""
    script = status_script().replace(f"OPS_HOME={HOME}", f"OPS_HOME={tmp}/home")
    script = script.replace("OPS_TX=''", "OPS_TX=TX").replace("@OPS_MARK@", "MARK")
    script = script.replace("ops_main </dev/null\n", f"ops_environment\nexec 5>&1\n{body}\n")
    return subprocess.run(
        [*(shell or SHELLS[0]), "-s"], input=script, capture_output=True, text=True, timeout=60,
        check=False,
    )
