"""After the role ran: what the variables ask for is what the host says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testinfra.host import Host


def test_login_shells_end_and_mask_as_wanted(host: Host) -> None:
    said = host.run("bash -lc 'umask; echo $TMOUT'").stdout.split()
    assert said == ["0027", "600"]
