"""PAM's files and stacks: against libpam itself where there is one, and by hand."""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsrunner.parse.pam import Handler, PamFiles
from opsrunner.parse.pamrun import TooManyWaysError, ways

_RETURNS = (
    "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied",
    "auth_err", "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries",
    "new_authtok_reqd", "acct_expired",
)
_CODES = ("success", "auth_err", "perm_denied", "ignore", "user_unknown", "new_authtok_reqd")
_DENY = "auth required pam_deny.so\n"


def _answer(handler: Handler) -> tuple[str, ...]:
    known = {"pam_permit": "success", "pam_deny": "auth_err"}
    if handler.module == "pam_debug":
        return (handler.option("auth") or "success",)
    return (known.get(handler.module, "module_unknown"),)


def test_include_substack_and_continuation_make_one_stack() -> None:
    files = PamFiles({
        "/etc/pam.d/sshd": "auth substack inner\nauth include more # pam_x.so\n",
        "/etc/pam.d/inner": "account required x.so\n-auth [default=die] \\\n pam_b.so x [a b]\n",
        "/etc/pam.d/more": "AUTH Required /lib64/security/pam_c.so\n",
    })
    stack = files.stack("sshd", "auth") or ()
    assert [(one.module, one.level, one.substack) for one in stack] == [
        ("", 0, True), ("pam_b", 1, False), ("pam_c", 0, False),
    ]
    assert stack[1].args == ("x", "a b")
    assert stack[1].action("anything") == "die"


def test_at_include_is_debians_own() -> None:
    texts = {"/etc/pam.d/su": "@include more\n", "/etc/pam.d/more": "auth required pam_permit.so\n"}
    assert ways(PamFiles(texts, debian=True).stack("su", "auth"), _answer)[0].granted
    assert not ways(PamFiles(texts).stack("su", "auth"), _answer)[0].granted


def test_a_missing_include_always_fails() -> None:
    texts = {"/etc/pam.d/su": "auth include gone\nauth sufficient pam_permit.so\n"}
    assert not ways(PamFiles(texts).stack("su", "auth"), _answer)[0].granted
    texts["/etc/pam.d/gone"] = "# empty\n"
    assert ways(PamFiles(texts).stack("su", "auth"), _answer)[0].granted


def test_files_that_include_each_other_end() -> None:
    texts = {"/etc/pam.d/a": "auth include b\n", "/etc/pam.d/b": "auth include a\n"}
    assert not ways(PamFiles(texts).stack("a", "auth"), _answer)[0].granted


def test_too_many_uncertain_modules_are_said_so() -> None:
    text = "auth [success=ok default=1] pam_x.so\n" * 40 + "auth required pam_permit.so\n"
    stack = PamFiles({"/etc/pam.d/a": text}).stack("a", "auth")
    with pytest.raises(TooManyWaysError):
        ways(stack, lambda _: ("success", "auth_err"))


@given(st.text(max_size=300), st.text(max_size=100))
@settings(max_examples=100)
def test_any_text_gives_a_stack_or_none(text: str, other: str) -> None:
    files = PamFiles({"/etc/pam.d/a": text, "/etc/pam.d/other": other}, debian=True)
    for kind in ("auth", "account", "password", "session"):
        stack = files.stack("a", kind)
        assert stack is None or all(isinstance(one, Handler) for one in stack)


# --- against libpam ------------------------------------------------------------------------


class _Conversation(ctypes.Structure):
    _fields_ = (("converse", ctypes.c_void_p), ("data", ctypes.c_void_p))


def _libpam() -> ctypes.CDLL:
    name = ctypes.util.find_library("pam")
    if name is None or not hasattr(ctypes.CDLL(name), "pam_start_confdir"):
        pytest.skip("no libpam with pam_start_confdir")
    return ctypes.CDLL(name)


def _real(library: ctypes.CDLL, folder: Path) -> str:
    handle, talk = ctypes.c_void_p(), _Conversation(None, None)
    started = library.pam_start_confdir(
        b"svc", b"nobody", ctypes.byref(talk), str(folder).encode(), ctypes.byref(handle),
    )
    if started:
        return "abort"
    code = library.pam_authenticate(handle, 0)
    library.pam_end(handle, code)
    return _RETURNS[code] if code < len(_RETURNS) else str(code)


_ACTIONS = st.sampled_from(("ok", "done", "bad", "die", "ignore", "reset", "1", "2", "3", "0"))
_PAIR = st.tuples(st.sampled_from((*_CODES, "default", "default", "bogus")), _ACTIONS)
_CONTROL = st.one_of(
    st.sampled_from(("required", "requisite", "sufficient", "optional", "Required")),
    st.lists(_PAIR, max_size=4).map(lambda pairs: f"[{' '.join('='.join(p) for p in pairs)}]"),
)
_MODULE = st.one_of(
    st.sampled_from(_CODES).map(lambda code: f"pam_debug.so auth={code}"),
    st.sampled_from(("pam_permit.so", "pam_deny.so", "pam_absent.so", "")),
)
_PLAIN = st.builds("{}auth {} {}".format, st.sampled_from(("", "-", "\t")), _CONTROL, _MODULE)
_ODD = st.sampled_from((
    "auth", "auth required", "bogus required pam_permit.so", "# auth", "account required pam_x.so",
    "auth required \\\n pam_permit.so", "auth required pam_permit.so # x \\", "\r",
))


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_stacks_end_as_in_libpam(tmp_path: Path, data: st.DataObject) -> None:
    """Includes go by absolute path: Debian's libpam looks for others in /etc/pam.d."""
    library = _libpam()
    line = st.one_of(_PLAIN, _PLAIN, _PLAIN, _ODD)
    texts = {"other": _DENY}
    for name, below in (("c", ""), ("b", "c"), ("a", "b"), ("svc", "ab")):
        include = st.builds(
            partial("auth {} {}/{}".format),
            st.sampled_from(("include", "substack")), st.just(tmp_path),
            st.sampled_from((*below, "gone")),
        )
        texts[name] = _text(data.draw(st.lists(st.one_of(line, line, include), max_size=6)))
    for name, text in texts.items():
        (tmp_path / name).write_text(text, newline="")
    known = {f"/etc/pam.d/{name}": text for name, text in texts.items()}
    known |= {str(tmp_path / name): text for name, text in texts.items()}
    [way] = ways(PamFiles(known, debian=True).stack("svc", "auth"), _answer)
    real = _real(library, tmp_path)
    assert way.granted == (real == "success"), texts
