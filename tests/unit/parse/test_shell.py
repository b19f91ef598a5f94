"""Profile scripts on paper: against bash itself, and by hand."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsrunner.parse.shell import parse
from opsrunner.parse.shellrun import Shell
from opsrunner.parse.shellstate import Person, Scripts, World

_ROOT = Person("root", 0, "root", "/root")
_START = {
    "HOME": "/root", "USER": "root", "UID": "0", "EUID": "0", "PS1": "$ ", "BASH": "/bin/bash",
    "-": "himBH", "0": "-bash", "PATH": "/usr/bin:/bin", "HISTFILE": "x", "umask": "0022",
    "history": "on", "X": "",
}


def _ends(text: str, person: Person = _ROOT, **more: str) -> list[World]:
    scripts = Scripts({"/a": text, **{f"/{name}": body for name, body in more.items()}})
    own = {"UID": str(person.uid), "EUID": str(person.uid)}
    world = World({**_START, **own}, frozenset(("UID", "EUID")))
    return Shell(scripts, person, login=True).source(world, "/a")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("TMOUT=600", "600"),
        ("TMOUT='600' # comment", "600"),
        ("TMOUT=6\\\n00\nexport TMOUT", "600"),
        ("if [ $UID -gt 199 ] && [ x = x ]; then TMOUT=1; else TMOUT=2; fi", "2"),
        ("case :$PATH: in *:/bin:*) TMOUT=3;; *) TMOUT=4;; esac", "3"),
        ("for i in 1 2 3; do TMOUT=$i; done", "3"),
        ("set_it() { TMOUT=$1; }\nset_it 5", "5"),
        ("( TMOUT=6 )\nTMOUT=7 true\necho TMOUT=8 | cat", ""),
        ("cat <<EOF\nTMOUT=9\nEOF", ""),
        ("readonly TMOUT=10\nTMOUT=11; umask 000\nunset TMOUT", "10"),
        ("TMOUT=12\nreturn\nTMOUT=13", "12"),
        ("[[ $- == *i* ]] && TMOUT=14", "14"),
        ("TMOUT=${NOT_SET_HERE_ZSH:-15}", None),
        ("eval 'TMOUT=16'", "16"),
    ],
)
def test_tmout_ends_as_bash_would_leave_it(text: str, wanted: str | None) -> None:
    [world] = _ends(text + "\n")
    assert world.value("TMOUT") == wanted


def test_what_cannot_be_known_makes_two_worlds() -> None:
    worlds = _ends("grep -q x /y && TMOUT=5\n")
    assert {world.value("TMOUT") for world in worlds} == {"", "5"}
    assert not any(world.sure for world in worlds)


def test_what_makes_no_difference_leaves_one_sure_world() -> None:
    [world] = _ends("grep -q x /y && echo yes\nTMOUT=5\n")
    assert world.sure
    assert world.value("TMOUT") == "5"


def test_a_script_nobody_has_seen_may_change_all_but_what_is_readonly() -> None:
    [world] = _ends("readonly TMOUT=5\numask 027\n. /opt/unseen.sh\n")
    assert world.value("TMOUT") == "5"
    assert world.value("umask") is None


def test_a_script_reads_in_another_one() -> None:
    [world] = _ends(". /b\n", b="umask g-w,o=\n")
    assert world.value("umask") == "0027"


def test_a_script_that_reads_itself_in_ends() -> None:
    [world] = _ends(". /a\nTMOUT=5\n")
    assert world.value("TMOUT") is None or world.value("TMOUT") == "5"


def test_closed_files_are_not_there_for_others() -> None:
    scripts = Scripts({"/etc/profile.d/a.sh": "x"}, closed=frozenset(("/etc/profile.d/a.sh",)))
    assert scripts.seen_by(_ROOT).there("/etc/profile.d/a.sh") is True
    assert scripts.seen_by(Person("u", 1000, "u", "/h")).there("/etc/profile.d/a.sh") is False


@given(st.text(alphabet="if then fi(){};&|\"'`$\\\n\t<>#=xT1[]!case in esac do done", max_size=80))
@settings(max_examples=200)
def test_any_text_is_parsed_or_refused_with_a_value_error(text: str) -> None:
    try:
        parse(text)
    except ValueError:
        return
    _ends(text)


# --- against bash --------------------------------------------------------------------------

_CONDITION = st.sampled_from((
    '[ "$PS1" ]', "[ $UID -gt 199 ]", '[ "$(id -u)" -eq 0 ]', "[[ $- == *i* ]]", "true", "false",
    "shopt -q login_shell", '[ -n "$TMOUT" ]', "[ x = y -o 1 -eq 1 ]", '[ "${-#*i}" != "$-" ]',
    '! [ "$X" = b ]', "ls /nowhere 2>/dev/null",
))
_COMMAND = st.sampled_from((
    "TMOUT=600", "export TMOUT=300", "readonly TMOUT=900", "TMOUT=60; readonly TMOUT",
    "unset TMOUT", "umask 027", "umask 77", "umask u=rwx,g=rx,o=", "umask g-w,o-rwx", "X=b",
    "unset X", "TMOUT=${TMOUT:-500}", "TMOUT=$((60*10))", "TMOUT=1 true", "return",
    "eval 'TMOUT=77'", "echo TMOUT=5 >/dev/null # umask 000", "declare -r TMOUT=61", 'TMOUT="700"',
    "X=${X#b}",
))


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("if {}; then\n{}\nelse\n{}\nfi".format, _CONDITION, inner, inner),
        st.builds("for i in 1 2; do\n{}\n{}\ndone".format, inner, inner),
        st.builds('case "$X" in a|b)\n{}\n;; *)\n{}\n;; esac'.format, inner, inner),
        st.builds("{} && {}".format, _CONDITION, _COMMAND),
        st.builds("{} || {}".format, _CONDITION, _COMMAND),
        st.builds("(\n{}\n)".format, inner),
    )


_SCRIPT = st.lists(st.recursive(_COMMAND, _compound, max_leaves=6), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=_SCRIPT)
def test_scripts_end_as_in_bash(tmp_path: Path, lines: list[str]) -> None:
    text, me = "\n".join(lines) + "\n", Person("me", os.getuid(), "me", "/")
    (tmp_path / "a").write_text(text)
    ask = f'. {tmp_path}/a\necho "@$TMOUT|$(umask)@"\n'
    done = subprocess.run(
        ["/bin/bash", "--norc", "--noprofile", "-l", "-i", "-c", ask],
        env={"PATH": "/usr/bin:/bin", "USER": "root"}, stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=20, start_new_session=True, check=False,
    )
    real = done.stdout.partition("@")[2].partition("@")[0].split("|")
    worlds = [[world.value("TMOUT"), world.value("umask")] for world in _ends(text, me)]
    assert real in worlds, (text, worlds)
