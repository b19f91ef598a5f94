"""Where sshd's options are written: a drop-in that is read before everything else, or a block.

sshd takes the first value it meets, so ours stand first: in a file of ``sshd_config.d`` where
the configuration begins by including that folder and no other file sorts before ours, else in
one marked block at the top of ``sshd_config``. What a Match block sets stands above both.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse.sshd import Block, match_blocks, possible, tokens
from opsrunner.remedies import marked
from opsrunner.remedies.sshdvalues import SPELLING, meets

MAIN = "/etc/ssh/sshd_config"
FOLDER = "/etc/ssh/sshd_config.d"
DROP_IN = f"{FOLDER}/00-opsrunner.conf"
POLICY = "/etc/crypto-policies/back-ends/opensshserver.config"
FILES = (MAIN, DROP_IN, f"{FOLDER}/*.conf", POLICY)
_INCLUDES = (f"{FOLDER}/*.conf", "sshd_config.d/*.conf")


def ours(draft: Draft) -> dict[str, str]:
    """Return the options that our block sets already, by name in lower case."""
    _, lines = marked.cut(draft.text(place(draft)))
    words = [line.split(None, 1) for line in lines if line.strip()]
    return {pair[0].lower(): pair[1] for pair in words if len(pair) > 1}


def place(draft: Draft) -> str:
    """Return the file our block stands in, or will."""
    if marked.cut(draft.text(MAIN))[1]:
        return MAIN
    if draft.exists(DROP_IN):
        return DROP_IN
    first = next((words for line in draft.text(MAIN).split("\n") if (words := tokens(line))), [])
    included = first[:1] == ["include"] and first[1:2] and first[1] in _INCLUDES
    earlier = [path for path in draft.paths(f"{FOLDER}/") if path < DROP_IN]
    return DROP_IN if included and not earlier and draft.exists(FOLDER) else MAIN


def put(draft: Draft, settings: Mapping[str, str]) -> None:
    """Given options by name in lower case, have them in our block, beside those that are there."""
    if not settings:
        return
    path = place(draft)
    every = {**ours(draft), **settings}
    lines = [f"{SPELLING.get(name, name)} {every[name]}" for name in sorted(every)]
    rest, before = marked.cut(draft.text(path))
    if lines != before:
        draft.write(path, marked.put(rest, lines, 0), mode=0o600)
        draft.validate("sshd")
        draft.activate("sshd")


def refuse_exceptions(
    draft: Draft, settings: Mapping[str, str], version: tuple[int, int],
) -> None:
    """Raise ByHand naming the Match blocks that set one of the options looser than wanted."""
    blocks = _blocks(draft)
    loose = [f"{SPELLING[name]} {value}" for name, wanted in settings.items()
             for value in possible(blocks, name, "root" if name == "permitrootlogin" else None)
             if value is not None and not meets(name, value, wanted, version)]
    if loose:
        said = ", ".join(dict.fromkeys(loose))
        raise ByHand(f"sshd_config 的 Match 块另有较宽的设置, 须由设置者决定是否删除: {said}",
                     f"a Match block of sshd_config is looser, whoever set it must decide: {said}")


def _blocks(draft: Draft) -> list[Block]:
    def included(pattern: str) -> list[str]:
        full = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
        if full not in FILES:
            raise ByHand(f"sshd_config 包含其他位置的文件 {pattern}, 须人工检查",
                         f"sshd_config includes {pattern}: look at it by hand")
        there = [*draft.paths(f"{FOLDER}/"), *draft.paths(POLICY)]
        return [draft.text(path) for path in there if fnmatchcase(path, full)]

    try:
        return match_blocks(draft.text(MAIN), included)
    except ValueError as error:
        raise ByHand(f"sshd_config 无法解析: {error}", f"sshd_config: {error}") from None
