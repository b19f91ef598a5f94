"""sudo's Defaults: the last file read, nobody's exception overruled, the log rotated."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.errors import InputError
from tests.unit.remedies.states import again, carried, folder, host

MAIN, FOLDER, DROP_IN = "/etc/sudoers", "/etc/sudoers.d", "/etc/sudoers.d/zz-opsrunner"
FOLDERS = (FOLDER, "/etc/logrotate.d")
ITEMS = ["use_pty", 'logfile="/var/log/sudo.log"']
STOCK = "Defaults requiretty\nroot ALL=(ALL) ALL\n## the last line\n#includedir /etc/sudoers.d\n"
OURS = """\
# BEGIN opsrunner
Defaults logfile="/var/log/sudo.log"
Defaults use_pty
# END opsrunner
"""


def done(
    items: list[Any] | None = None, main: str = STOCK, files: dict[str, str] | None = None,
) -> Draft:
    wanted = {"harden_linux_sudo_defaults": ITEMS if items is None else items}
    every: dict[str, Any] = {MAIN: main, **{path: folder(path) for path in FOLDERS},
                             **(files or {})}
    return carried(host(wanted, files=every), wanted)


@pytest.mark.parametrize("include", ["#includedir /etc/sudoers.d", "@includedir /etc/sudoers.d/"])
def test_a_file_that_is_read_last(include: str) -> None:
    draft = done(main=STOCK.replace("#includedir /etc/sudoers.d", include))
    assert (draft.text(DROP_IN), draft.file(DROP_IN).mode) == (OURS, 0o440)
    assert "/var/log/sudo.log {" in draft.text("/etc/logrotate.d/opsrunner-sudo")
    assert draft.changes().validate == ("sudoers", "logrotate")
    assert not again(draft, {"harden_linux_sudo_defaults": ITEMS})


def test_a_block_where_no_folder_is_read() -> None:
    main = "Defaults !use_pty\nroot ALL=(ALL) ALL"
    assert done(main=main).text(MAIN) == f"{main}\n{OURS}"


def test_order_does_not_matter() -> None:
    assert done(ITEMS[::-1]).text(DROP_IN) == done().text(DROP_IN)


def test_a_log_that_is_kept_elsewhere_stays() -> None:
    main = "Defaults use_pty, logfile=/var/log/sudo/all.log\n"
    assert not done(main=main).changes()
    assert done(main=main.replace("/var/log/sudo/all.log", "/dev/null")).changes()


def test_a_log_somebody_rotates_is_left_to_them() -> None:
    draft = done(files={"/etc/logrotate.d/mine": "/var/log/sudo.log {\n weekly\n}\n"})
    assert [op.target for op in draft.changes().operations] == [DROP_IN]


@pytest.mark.parametrize("line", ["Defaults:oracle !use_pty", "Defaults!/bin/ls !use_pty",
                                  "Defaults>app !use_pty"])
def test_exceptions_are_for_whoever_wrote_them(line: str) -> None:
    with pytest.raises(ByHand, match="whoever wrote it"):
        done(main=f"{STOCK}{line}\n")


def test_what_comes_later_or_cannot_be_read_is_for_a_person() -> None:
    with pytest.raises(ByHand, match="comes later"):
        done(files={"/etc/sudoers.d/zzz": "Defaults !use_pty\n"})
    with pytest.raises(ByHand, match="cannot be read"):
        done(main=STOCK + "root ALL=(ALL\n")


@pytest.mark.parametrize("item", [
    "requiretty", "!authenticate", "logfile=/dev/null", 3, "use_pty\n", 'logfile="/x y"', "rootpw"])
def test_nonsense_is_refused(item: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(InputError, match="harden_linux_sudo_defaults"):
        done([item])
