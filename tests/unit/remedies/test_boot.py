"""The console and the boot loader: three keys, maintenance shells, modes, kernel arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import UnitState
from opsrunner.errors import InputError
from opsrunner.parse import unitfile, upstart
from opsrunner.remedies.boot import BURST, INIT, OVERRIDE, TARGET
from tests.unit.remedies.states import Files, again, carried, file, host

LAB = Path(__file__).parents[3] / "tests" / "lab" / "identities"
VENDOR = "/usr/lib/systemd/system/rescue.service"
RESCUE = "/etc/systemd/system/rescue.service.d/zz-opsrunner.conf"
DEBUG = "debug-shell.service"
GRUB2 = (LAB / "centos7" / "files" / "boot" / "grub2" / "grub.cfg").read_text()
GRUB1 = (LAB / "centos6" / "files" / "boot" / "grub" / "grub.conf").read_text()
ARGUMENTS = {"audit": "1", "audit_backlog_limit": "8192"}


def on(
    variable: str, value: object, platform: str = "rhel-8", files: Files | None = None,
    **facts: object,
) -> Draft:
    """Carry a variable out on a host with these files and facts, twice."""
    wanted: dict[str, Any] = {f"harden_linux_{variable}": value}
    units = {TARGET: UnitState(TARGET, present=True, enabled="disabled"),
             DEBUG: UnitState(DEBUG, present=True, enabled="enabled", active=True)}
    said = {name.replace("__", "."): fact for name, fact in facts.items()}
    draft = carried(host(wanted, platform, files, facts=said, units=units), wanted)
    assert not again(draft, wanted)
    return draft


def keys(platform: str, files: Files | None = None, **states: str) -> Draft:
    """Turn the three keys off on a host where they do this."""
    said = {name.replace("_", " "): state for name, state in states.items()}
    said |= {"control-alt-delete": said.pop("job")} if "job" in said else {}
    return on("ctrl_alt_del", value=False, platform=platform, files=files,
              consoles__three_keys=said)


def test_systemd_masks_the_target_and_the_burst_where_it_has_one() -> None:
    draft = keys("rhel-8", target_at_boot="present", target_now="loaded",
                 seven_times_at_boot="reboot-force")
    assert draft.unit(TARGET).enabled == "masked"
    assert unitfile.merge([draft.text(BURST)]) == {("Manager", "CtrlAltDelBurstAction"): ["none"]}
    assert draft.changes().activate == ("systemd_manager",)
    old = keys("centos-7", target_at_boot="present", target_now="loaded")
    assert old.unit(TARGET).enabled == "masked"
    assert not old.exists(BURST)
    done = keys("rhel-8", target_at_boot="masked", target_now="masked", seven_times_at_boot="none")
    assert not done.changes()


def test_el6_only_logs_and_keeps_what_the_override_holds() -> None:
    stock = "start on control-alt-delete\n\nexec /sbin/shutdown -r now 'Control-Alt-Delete'\n"
    for held in ("", "# site\nconsole output"):
        assert not keys("centos-6", {OVERRIDE: held}, job="disabled").changes()
        draft = keys("centos-6", {OVERRIDE: held}, job="/sbin/shutdown -r now")
        assert draft.text(OVERRIDE).startswith(held)
        assert upstart.job([stock, draft.text(OVERRIDE)]).runs.startswith("/usr/bin/logger")


def rescue(files: Files, shells: dict[str, str], root: str = "$6$", platform: str = "rhel-8",
           ) -> Draft:
    """Have the maintenance modes ask for a password."""
    return on("rescue_authentication", value=True, platform=platform, files=files,
              consoles__shells=shells, consoles__root_password=root)


def test_the_vendors_command_comes_back_in_a_drop_in() -> None:
    vendor = ("[Service]\nEnvironment=HOME=/root\nExecStartPre=-/bin/plymouth quit\n"
              "ExecStart=-/usr/lib/systemd/systemd-sulogin-shell rescue\n")
    mine = {"/etc/systemd/system/rescue.service": "[Service]\nExecStart=-/bin/bash\n",
            VENDOR: vendor}
    shells = {"rescue.service": "runs -/bin/bash", "emergency.service": "sulogin"}
    draft = rescue(mine, shells)
    merged = unitfile.merge([mine["/etc/systemd/system/rescue.service"], draft.text(RESCUE)])
    assert merged["Service", "ExecStart"] == ["-/usr/lib/systemd/systemd-sulogin-shell rescue"]
    assert merged["Service", "Environment"] == ["HOME=/root"]
    assert draft.changes().activate == ("systemd",)
    with pytest.raises(Refused, match="locked"):
        rescue(mine, shells, root="!$6$")
    with pytest.raises(ByHand, match="not found"):
        rescue({}, shells)


def test_el6_and_the_debug_shell() -> None:
    text = "PROMPT=yes\nSINGLE=/sbin/sushell\n# end"
    draft = rescue({INIT: text}, {INIT: "sushell"}, platform="centos-6")
    assert draft.text(INIT) == "PROMPT=yes\nSINGLE=/sbin/sulogin\n# end"
    assert rescue({INIT: "A=1"}, {INIT: "sushell"}, platform="centos-6").text(INIT) == (
        "A=1\nSINGLE=/sbin/sulogin\n")
    draft = rescue({}, {DEBUG: "enabled", "rescue.service": "masked"}, root="locked")
    (operation,) = draft.changes().operations
    assert operation.target == DEBUG
    assert not rescue({}, {"rescue.service": "sulogin"}, root="locked").changes()
    with pytest.raises(ByHand, match="empty"):
        rescue({}, {"rescue.service": "sulogin"}, root="empty")


def test_grubs_files_lose_rights_and_gain_none() -> None:
    files = {
        "/boot/grub2/grub.cfg": file("/boot/grub2/grub.cfg", mode=0o644),
        "/boot/grub2/user.cfg": file("/boot/grub2/user.cfg", mode=0o400, gid=5),
        "/boot/grub/grub.cfg": file("/boot/grub/grub.cfg", mode=0o700),
    }
    draft = on("boot_file_mode", "0600", files=files, boot__grub_files=dict.fromkeys(files, ""))
    assert {path: (draft.file(path).mode, draft.file(path).gid) for path in files} == {
        "/boot/grub2/grub.cfg": (0o600, 0), "/boot/grub2/user.cfg": (0o400, 0),
        "/boot/grub/grub.cfg": (0o700, 0)}
    efi = "/boot/efi/EFI/redhat/grub.cfg"
    with pytest.raises(ByHand, match="umask=0077"):
        on("boot_file_mode", "0600", files={efi: file(efi, mode=0o755)}, boot__grub_files={efi: ""})
    assert not on("boot_file_mode", "0600", files={efi: file(efi, mode=0o700)},
                  boot__grub_files={efi: ""}).changes()


def arguments(files: Files, wanted: dict[str, str] | None = None, platform: str = "rhel-8",
              ) -> Draft:
    """Add the kernel arguments."""
    return on("kernel_arguments", wanted or ARGUMENTS, platform, files)


def test_every_entry_and_the_defaults_of_later_ones_get_the_arguments() -> None:
    defaults = (LAB / "centos7" / "files" / "etc" / "default" / "grub").read_text()
    draft = arguments({"/boot/grub2/grub.cfg": GRUB2, "/etc/default/grub": defaults}, platform=
                      "centos-7")
    assert draft.text("/boot/grub2/grub.cfg") == GRUB2.replace(
        "rhgb quiet\n", "rhgb quiet audit=1 audit_backlog_limit=8192\n")
    assert draft.text("/etc/default/grub") == defaults.replace(
        'rhgb quiet"', 'rhgb quiet audit=1 audit_backlog_limit=8192"')
    assert draft.changes().reboot == ("kernel arguments audit=1 audit_backlog_limit=8192",)
    legacy = arguments({"/boot/grub/grub.conf": GRUB1}, platform="centos-6")
    assert legacy.text("/boot/grub/grub.conf") == GRUB1.replace(
        "rhgb quiet\n", "rhgb quiet audit=1 audit_backlog_limit=8192\n")


def test_boot_loader_entries_share_the_environment_block() -> None:
    entry = "title A\nlinux /vmlinuz\noptions $kernelopts $tuned_params\n"
    block = "# GRUB Environment Block\nsaved_entry=a\nkernelopts=root=/dev/a ro audit=0\n"
    block += "#" * (1024 - len(block))
    draft = arguments({"/boot/loader/entries/a.conf": entry, "/boot/grub2/grubenv": block})
    assert draft.text("/boot/loader/entries/a.conf") == entry
    new = draft.text("/boot/grub2/grubenv")
    assert "kernelopts=root=/dev/a ro audit=1 audit_backlog_limit=8192\n#" in new
    assert len(new) == 1024
    alone = arguments({"/boot/loader/entries/a.conf": entry})
    assert alone.text("/boot/loader/entries/a.conf").endswith(
        "$tuned_params audit=1 audit_backlog_limit=8192\n")
    full = block.replace("audit=0\n", "x" * 940 + "\n")[:1023] + "\n"
    with pytest.raises(ByHand, match="grub2-editenv"):
        arguments({"/boot/loader/entries/a.conf": entry, "/boot/grub2/grubenv": full})


def test_rescue_entries_larger_backlogs_and_unknown_loaders() -> None:
    grub = "\tlinux /vmlinuz ro audit_backlog_limit=16384 audit=1\n\tlinux /vmlinuz ro single\n"
    assert not arguments({"/boot/grub/grub.cfg": grub}, platform="debian-12").changes()
    with pytest.raises(ByHand, match="grubby"):
        arguments({"/boot/grub2/grub.cfg": "set timeout=5\n"})
    with pytest.raises(ByHand, match="update-grub"):
        arguments({}, platform="debian-12")
    with pytest.raises(InputError):
        arguments({"/boot/grub2/grub.cfg": GRUB2}, {"init": "/bin/sh; x", "a b": "1"})


@given(st.text(st.characters(codec="utf-8"), max_size=200), st.permutations(list(ARGUMENTS)))
@settings(max_examples=100, deadline=None)
def test_any_grub_file_keeps_its_other_lines(text: str, order: list[str]) -> None:
    files = {"/boot/grub2/grub.cfg": GRUB2 + text, "/etc/default/grub": text}
    for name in order:
        draft = arguments(files, {name: ARGUMENTS[name]})
        files = {path: draft.text(path) for path in files}
    after = files["/boot/grub2/grub.cfg"]
    for old, new in zip((GRUB2 + text).split("\n"), after.split("\n"), strict=True):
        assert old == new or old.lstrip().startswith(("linux", "kernel", "options"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ctrl_alt_del", "no"), ("rescue_authentication", 1), ("boot_file_mode", 600),
     ("kernel_arguments", [])],
)
def test_nonsense_is_refused(variable: str, value: object) -> None:
    with pytest.raises(InputError):
        on(variable, value)
