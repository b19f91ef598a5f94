"""The screen lock: what the rule's own fact reads from the key files that were written."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.changes.draft import Draft
from opsrunner.changes.state import FileState
from opsrunner.errors import InputError
from opsrunner.facts.base import Host
from opsrunner.models import Frame
from opsrunner.remedies.desktop import PROFILE
from opsrunner.sources.wire import SECTION
from tests.unit.remedies.states import Files, after, again, carried, host


def locked(files: Files, now: dict[str, Any], *, graphical: bool = True, value: object = 900,
           ) -> Draft:
    """Have the screen lock on a host with these files, twice."""
    wanted: dict[str, Any] = {"harden_linux_screen_lock_seconds": value}
    facts = {"desktop.graphical": graphical, "desktop.screen": now}
    draft = carried(host(wanted, files=files, facts=facts), wanted)
    assert not again(draft, wanted)
    return draft


def screen(draft: Draft) -> dict[str, Any]:
    """Return what the fact says once dconf has compiled the files."""
    files = [path for path, known in after(draft).files.items()
             if isinstance(known, FileState) and known.exists]
    texts = "".join(f"{SECTION}file {path}\n{draft.text(path)}" for path in files)
    databases = {path.partition(".d/")[0] for path in files if ".d/" in path}
    times = "".join(f"1 {path}\n" for path in files) + "".join(f"2 {one}\n" for one in databases)
    frames = {
        "desktop.login": Frame("desktop.login", 0, f"{SECTION}sessions\ngnome.desktop\n".encode()),
        "desktop.dconf": Frame("desktop.dconf", 0, f"{texts}{SECTION}times\n{times}".encode()),
    }
    found: dict[str, Any] = Host("rhel-8", frames).get("desktop.screen")
    return found


OPEN = {"seconds": 300, "enforced": False}


def test_the_lock_is_set_and_fixed_and_a_shorter_time_stays() -> None:
    draft = locked({}, OPEN)
    assert draft.text(PROFILE) == "user-db:user\nsystem-db:local\n"
    assert screen(draft) == {"seconds": 300, "enforced": True}
    assert draft.changes().activate == ("dconf",)
    long = locked({}, {"seconds": 3600, "enforced": True})
    assert screen(long) == {"seconds": 900, "enforced": True}


def test_the_database_of_the_profile_is_used() -> None:
    draft = locked({PROFILE: "user-db:user\nsystem-db:site\nsystem-db:local\n"}, OPEN)
    assert screen(draft)["enforced"]
    assert draft.exists("/etc/dconf/db/site.d/zz-opsrunner")
    assert draft.text(PROFILE) == "user-db:user\nsystem-db:site\nsystem-db:local\n"


def test_nothing_where_there_is_no_desktop_or_all_is_well() -> None:
    assert not locked({}, OPEN, graphical=False).changes()
    assert not locked({}, {"seconds": 600, "enforced": True}).changes()
    with pytest.raises(InputError):
        locked({}, OPEN, value=0)
