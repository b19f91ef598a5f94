"""业务探测: what the prober saw, as a chart, its outages, and what became of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby

from opsrunner.models import Unmeasured
from opsrunner.report.clock import CHINA
from opsrunner.report.paper import Cell, Facts, Paragraph, Picture, Say, Section, Table, same
from opsrunner.report.pictures.probes import Point, probe_picture
from opsrunner.report.unmeasured import unmeasured
from opsrunner.sources.watcher.accounting import Account, split_brain
from opsrunner.sources.watcher.lines import Reading
from opsrunner.sources.watcher.outage import Outage, measure, outages

_FEW = 10  # numbers of rows that are named
_NOT_SHOWN = ("kind", "user", "ca_file")  # of the aim: how it logs in is nobody's business here


def probes(watch: Reading | None, rows: Mapping[str, Account | str]) -> tuple[Section, ...]:
    """Given what the prober saw and the account of its rows by server, return the section.

    An account that is a text says why that server's rows could not be read. Nothing without a
    prober.
    """
    if watch is None:
        return ()
    found = measure(watch)
    header = watch.header
    caption = Say(
        f"业务探测记录（每 {header.interval_ms} 毫秒一次）",
        f"What the application's probe saw, every {header.interval_ms} ms",
    )
    return (Section(Say("业务探测", "The probe"), (
        Paragraph(_told(found)), Picture(_drawn(watch, found, caption), caption), _facts(watch),
        _outages(watch, found), *([_account(rows)] if rows else []),
    )),)


def _told(found: Outage | Unmeasured) -> Say:
    if isinstance(found, Unmeasured):
        why = unmeasured(found)
        return Say(f"中断时长未测得：{why.zh}。", f"The outage is unmeasured: {why.en}.")
    return Say(
        f"最长中断 {found.seconds:.1f} 秒，分辨率 {found.resolution:.3g} 秒。",
        f"The longest outage is {found.seconds:.1f} s, known to within {found.resolution:.3g} s.",
    )


def _drawn(watch: Reading, found: Outage | Unmeasured, caption: Say) -> Say:
    began = watch.header.began
    points = [
        Point((one.sent - began) / 1e9, ((one.ended or one.sent) - one.sent) / 1e9,
              one.acknowledged)
        for one in watch.attempts
    ]
    if isinstance(found, Unmeasured):
        return probe_picture(points, None, caption)
    span = (found.began - began) / 1e9, (found.ended - began) / 1e9
    return probe_picture(points, span, caption, found.resolution)


def _facts(watch: Reading) -> Facts:
    header, every = watch.header, watch.attempts
    answered = sum(one.acknowledged for one in every)
    waiting = sum(one.ended is None for one in every)
    aim = " ".join(
        f"{key}={value}" for key, value in header.aim.items()
        if key not in _NOT_SHOWN and value not in (None, "")
    )
    return Facts((
        (Say("探测对象", "What was asked"), same(f"{header.aim.get('kind', '')} {aim}".strip())),
        (Say("间隔与时限", "Interval, limit"),
         Say(f"每 {header.interval_ms} 毫秒一次，时限 {header.timeout_ms} 毫秒",
             f"every {header.interval_ms} ms, at most {header.timeout_ms} ms")),
        (Say("起止", "From, to (UTC+8)"), same(
            f"{_clock(watch, header.began)} – "
            f"{_clock(watch, watch.ended) if watch.ended is not None else '?'}")),
        (Say("次数", "Attempts"), Say(
            f"共 {len(every)} 次，应答 {answered} 次，未应答 {len(every) - answered - waiting} 次，"
            f"结果不明 {waiting} 次",
            f"{len(every)}: {answered} answered, {len(every) - answered - waiting} not, "
            f"{waiting} unknown")),
        (Say("先后应答的服务器", "Servers that answered, in order"), _servers(watch)),
        (Say("两节点同时可写", "Two writers"), _split(watch)),
    ))


def _servers(watch: Reading) -> Say:
    acked = sorted((one.ended, one.by) for one in watch.attempts
                   if one.acknowledged and one.ended and one.by)
    found = [
        f"{by}（{_clock(watch, next(iter(group))[0])} 起）"
        for by, group in groupby(acked, key=lambda pair: pair[1])
    ]
    return same(" → ".join(found)) if found else Say("应答未含服务器名", "no answer named one")


def _split(watch: Reading) -> Say:
    found = split_brain(watch.attempts)
    if found is None:
        return Say("未发现", "none was seen")
    when = _clock(watch, found.at)
    return Say(
        f"发现：{when} {found.former} 在 {found.newer} 应答之后又应答",
        f"seen: {when} {found.former} acknowledged after {found.newer} had",
    )


def _clock(watch: Reading, moment: int) -> str:
    """Given a moment of the prober's monotonic clock, return it by the clock of China."""
    began = datetime.fromisoformat(watch.header.wall)
    then = began + timedelta(microseconds=(moment - watch.header.began) / 1000)
    return f"{then.astimezone(CHINA):%H:%M:%S}.{then.microsecond // 1000:03}"


def _outages(watch: Reading, longest: Outage | Unmeasured) -> Table:
    rows = [
        [
            Cell(same(number)), Cell(same(_clock(watch, one.began))),
            Cell(same(_clock(watch, one.ended))),
            Cell(Say(f"{one.seconds:.1f} 秒", f"{one.seconds:.1f} s"),
                 "bad" if one == longest else ""),
            Cell(Say(f"{one.resolution:.3g} 秒", f"{one.resolution:.3g} s")),
            Cell(same(sum(
                not a.acknowledged and one.began <= a.sent < one.ended for a in watch.attempts))),
        ]
        for number, one in enumerate(outages(watch), start=1)
    ]
    return Table(
        heads=(Say("序号", "No."), Say("最后一次应答", "Last answer before (UTC+8)"),
               Say("恢复后首次应答", "First answer after (UTC+8)"), Say("中断", "Outage"),
               Say("分辨率", "Resolution"), Say("未应答次数", "Attempts failed")),
        rows=rows, widths=(8, 22, 22, 16, 16, 16), caption=Say("中断记录", "Outages"),
        sheet=Say("中断记录", "Outages"),
        empty=Say("没有发生后又恢复的中断。", "None that began and ended."),
    )


def _account(rows: Mapping[str, Account | str]) -> Table:
    return Table(
        heads=(Say("服务器", "Server"), Say("已确认记录", "Acknowledged"), Say("丢失", "Lost"),
               Say("重复", "Twice"), Say("未确认而存在", "There, not acknowledged"),
               Say("来历不明", "Of nobody"), Say("结论", "Conclusion")),
        rows=[[Cell(same(name)), *_accounted(one)] for name, one in rows.items()],
        widths=(18, 12, 16, 14, 14, 12, 14), caption=Say("编号记录逐条核对", "Every numbered row"),
        sheet=Say("记录核对", "Rows"),
    )


def _accounted(one: Account | str) -> Iterator[Cell]:
    if isinstance(one, str):
        yield from (Cell(same("-")) for _ in range(5))
        yield Cell(Say(f"未能读取：{one}", f"could not be read: {one}"), "bad")
        return
    yield Cell(same(one.acknowledged))
    for numbers, mark in ((one.lost, True), (one.duplicated, True), (one.unexpected, False),
                          (one.strange, True)):
        yield Cell(_numbers(numbers), "bad" if numbers and mark else "")
    yield Cell(Say("完整", "whole"), "good") if one.intact else Cell(
        Say("不完整", "not whole"), "bad")


def _numbers(numbers: tuple[int, ...]) -> Say:
    if not numbers:
        return same("0")
    shown = ", ".join(map(str, numbers[:_FEW])) + (" …" if len(numbers) > _FEW else "")
    return Say(f"{len(numbers)}（第 {shown} 号）", f"{len(numbers)} ({shown})")
