"""The crypto policy of EL 8: it gives sshd its algorithms as options, which stand above the file.

``/etc/sysconfig/sshd`` may replace the options. There they are repeated as the policy has them,
only the lists in question cut down to what is wanted: nothing but names that this sshd was
started with before, so that it certainly starts again. It takes a restart, not a reload.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies import marked
from opsrunner.remedies.sshdfile import POLICY
from opsrunner.remedies.sshdvalues import LISTS

SYSCONFIG = "/etc/sysconfig/sshd"
_LINE = re.compile(r"(?m)^CRYPTO_POLICY=(.*)$")
_OPTION = re.compile(r"-o(\w+)=(.*)")
_WEAK_GSS = re.compile(r"group1-|group14-sha1|gex-sha1")


def ruled(draft: Draft) -> dict[str, str]:
    """Return by name in lower case the lists that the policy gives to sshd, empty without one."""
    found = (_OPTION.fullmatch(word) for word in _words(draft))
    options = {match[1].lower(): match[2] for match in found if match}
    return {name: value for name, value in options.items() if name in LISTS}


def _words(draft: Draft) -> list[str]:
    if draft.is_("debian"):
        return []
    lines = [value for path in (POLICY, SYSCONFIG) for value in _LINE.findall(draft.text(path))]
    try:
        return [part for word in shlex.split(lines[-1] if lines else "") for part in word.split()]
    except ValueError as error:
        raise ByHand(f"{SYSCONFIG} 的 CRYPTO_POLICY 无法解析", f"CRYPTO_POLICY: {error}") from None


def narrowed(draft: Draft, wanted: Mapping[str, str]) -> str | None:
    """Given lists by name in lower case, return SYSCONFIG with the policy's cut down to them.

    None: they are no longer than that. Raise ByHand when nothing of one would be left.
    """
    words = [_narrowed(word, wanted) for word in _words(draft)]
    if words == _words(draft):
        return None
    line = f"CRYPTO_POLICY='{' '.join(words)}'"
    text = draft.text(SYSCONFIG)
    rest, before = marked.cut(text)
    if before or not _LINE.search(text):
        return marked.put(rest, [line])
    last = list(_LINE.finditer(text))[-1]
    return text[: last.start()] + line + text[last.end() :]


def put(draft: Draft, text: str | None) -> None:
    """Write SYSCONFIG, unless there is nothing to write."""
    if text is not None:
        draft.write(SYSCONFIG, text, mode=0o640)
        draft.validate("sshd")
        draft.activate("sshd")
        draft.activate("sshd_restart")  # a reload keeps the options sshd was started with


def _narrowed(word: str, wanted: Mapping[str, str]) -> str:
    match = _OPTION.fullmatch(word)
    name = match[1].lower() if match else ""
    if match and name == "gssapikexalgorithms" and "kexalgorithms" in wanted:
        kept = [item for item in match[2].split(",") if not _WEAK_GSS.search(item)]
        return f"-o{match[1]}={','.join(kept)}" if kept else "-oGSSAPIKeyExchange=no"
    if not match or name not in wanted:
        return word
    there = match[2].split(",")
    kept = [item for item in wanted[name].split(",") if item in there]
    if not kept:
        raise ByHand(f"系统加密策略不含 {match[1]} 所要求的任何算法",
                     f"the crypto policy has none of the wanted {match[1]}")
    return f"-o{match[1]}={','.join(kept)}"
