"""What each stage of a drill with machines does to them, as the plan says it and people approve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opsrunner.activities.drill.machines import Restore, Switchover
from opsrunner.activities.drill.scenario import Scenario
from opsrunner.plan.models import Change, Danger, Words

DANGERS: Mapping[str, Danger] = {
    "fence": Danger(level="medium", why=Words(
        zh="旧主库置只读、断开客户端并收回访问地址，业务写入中断至备库提升为止",
        en="The old primary goes read-only, clients are cut off and the address is taken away; "
           "nothing can be written until the standby is promoted",
    )),
    "promote": Danger(level="medium", why=Words(
        zh="备库成为主库并接管访问地址；回切须再次切换",
        en="The standby becomes the primary with the address; the way back is another switchover",
    )),
    "repoint": Danger(level="low", why=Words(
        zh="旧主库改为从新主库复制，数据不删除",
        en="The old primary replicates from the new one; no data is removed",
    )),
    "restore": Danger(level="low", why=Words(
        zh="在独立目录和套接字上恢复，不触碰生产实例；占用磁盘与处理器",
        en="Restored below a folder and socket of its own, no live instance is touched; takes disk "
           "and processor",
    )),
}


def changes(stage: str | None, scenario: Scenario) -> Iterator[Change]:
    """Given a stage, or None, and its scenario, yield what it changes where, in words."""
    part = scenario.machines.part if scenario.machines else None
    if isinstance(part, Switchover):
        yield from _switchover(stage, part)
    elif isinstance(part, Restore) and stage == "restore":
        yield _change(part.host, part.scratch, "absent",
                      f"scratch instance with the newest set of {part.backup_set}, then removed")


def _switchover(stage: str | None, part: Switchover) -> Iterator[Change]:
    replicates = f"replicates from {part.primary} ({part.primary_address})"
    if stage == "fence":
        yield _change(part.primary, "read_only", "0", "1")
        yield _change(part.primary, part.address, f"on {part.interface}", "absent")
    elif stage == "promote":
        yield _change(part.standby, "read_only", "1", "0")
        yield _change(part.standby, "replication", replicates, "none")
        yield _change(part.standby, part.address, "absent", f"on {part.interface}")
    elif stage == "repoint":
        new = f"replicates from {part.standby} ({part.standby_address})"
        yield _change(part.primary, "replication", "none", new)


def _change(host: str, what: str, before: str, after: str) -> Change:
    return Change(kind="other", target=f"{host}: {what}", before=before, after=after)
