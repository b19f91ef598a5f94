"""Signature checks of yum, dnf and APT, on paper; judged by the parsers of the rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.errors import InputError
from opsrunner.parse import aptsources, yumconf
from tests.unit.remedies.states import again, carried, host

WANTED = {"harden_linux_software_gpgcheck": True}
REPO = (
    "# local\n[base]\nname=Base\nbaseurl=http://10.0.0.1/\ngpgcheck = 0\nenabled=1\n\n"
    "[updates]\r\nname=Updates\r\n\n[off]\nenabled=0\ngpgcheck=0\n"
)


def signed(faults: list[str], files: dict[str, str], platform: str = "centos-7") -> Draft:
    """Carry the check out on a host with these faults."""
    facts = {"repositories.unsigned": faults}
    draft = carried(host(WANTED, platform, files, facts=facts), WANTED)
    assert not again(draft, WANTED), "the fact is older than the files"
    return draft


def test_main_and_the_repositories_that_are_wrong_are_switched_on() -> None:
    path = "/etc/yum.repos.d/local.repo"
    draft = signed(["[main] in /etc/yum.conf", "base", "updates"],
                   {"/etc/yum.conf": "[main]\n#gpgcheck=1\nplugins=1\n", path: REPO})
    assert draft.text("/etc/yum.conf") == "[main]\ngpgcheck=1\n#gpgcheck=1\nplugins=1\n"
    assert draft.text(path) == REPO.replace("gpgcheck = 0", "gpgcheck=1", 1).replace(
        "[updates]\r\n", "[updates]\r\ngpgcheck=1\r\n")


def test_a_missing_dnf_conf_is_made_and_what_is_right_stays() -> None:
    draft = signed(["[main] in /etc/dnf/dnf.conf"], {}, "rhel-8")
    assert draft.text("/etc/dnf/dnf.conf") == "[main]\ngpgcheck=1\n"
    assert not signed([], {"/etc/yum.repos.d/local.repo": REPO}).changes()
    with pytest.raises(ByHand, match="no usual file"):
        signed(["elsewhere"], {})
    with pytest.raises(InputError):
        carried(host(WANTED), {"harden_linux_software_gpgcheck": "yes"})


def test_of_a_key_given_twice_the_one_that_counts_is_changed() -> None:
    text = "[a]\ngpgcheck=1\ngpgcheck=0\n"
    draft = signed(["a"], {"/etc/yum.repos.d/a.repo": text})
    assert draft.text("/etc/yum.repos.d/a.repo") == "[a]\ngpgcheck=1\ngpgcheck=1\n"


def test_apt_sources_lose_their_marks_of_trust() -> None:
    one, two = "/etc/apt/sources.list", "/etc/apt/sources.list.d/b.sources"
    lines = ("# deb [trusted=yes] http://old/ x\ndeb [arch=amd64 trusted=yes] http://x/ y main\n"
             "deb [trusted=yes] http://z/ y main\ndeb [signed-by=/k] http://q/ y main\n")
    stanza = "Types: deb\nURIs: http://q/\nTrusted: yes\nSuites: a\nComponents: main\n"
    draft = signed([f"{one}: http://x/ y [trusted]", f"{two}: http://q/ a [trusted]"],
                   {one: lines, two: stanza}, "debian-12")
    assert draft.text(one) == lines.replace(" trusted=yes] http://x/", "] http://x/").replace(
        "\ndeb [trusted=yes] ", "\ndeb ")
    assert draft.text(two) == stanza.replace("Trusted: yes\n", "")
    with pytest.raises(ByHand, match="acquire::allowinsecure"):
        signed(["acquire::allowinsecurerepositories"], {}, "debian-12")


_OPTION = st.sampled_from(["gpgcheck=0", "gpgcheck = no", "GPGCHECK: 0", "enabled=1", "name=x y",
                           "# gpgcheck=0", " continued", "", "[other]", "baseurl=http://x/\r"])


@given(st.lists(_OPTION, max_size=8), st.sampled_from(["", "\n"]))
@settings(max_examples=80, deadline=None)
def test_any_repository_ends_up_checked_or_is_left_to_a_person(lines: list[str], end: str) -> None:
    text = "\n".join(["[a]", *lines]) + end
    path = "/etc/yum.repos.d/a.repo"
    try:
        found = signed(["a"], {path: text}).text(path)
    except ByHand:
        return
    assert yumconf.truth(yumconf.parse(found)["a"]["gpgcheck"], otherwise=False)
    left = iter(found.split("\n"))
    kept = [line for line in text.split("\n") if not line.lower().startswith("gpgcheck")]
    assert all(line in left for line in kept)


@given(st.lists(st.sampled_from(["trusted=yes", "arch=amd64", "Trusted=1", "allow-weak=true",
                                 "trusted=no", "signed-by=/etc/k"]), max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_options_of_apt(options: list[str]) -> None:
    path, text = "/etc/apt/sources.list", f"deb [{' '.join(options)}] http://x/ y main\n"
    found = signed([f"{path}: http://x/ y [trusted]"], {path: text}, "debian-12").text(path)
    assert not [keys for _, keys in aptsources.one_line(found) if keys]
    assert ("arch=amd64" in found) == ("arch=amd64" in options)
