"""Write the Ansible inventory of a lab, and a second one that logs in by password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .recipe import ORDER, Identity, load_identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .instance import Host, Instance

HEADER = """\
# Written by tests/lab/lab.py for the lab {name!r}; the next `up` overwrites it.
# Hosts also have the users opsadm, opscsh (same key, sudo without password) and opspw
# (password; see {password_inventory}).
"""


def ssh_arguments(instance: Instance) -> str:
    """Return the ssh options that pin this lab's host keys."""
    return (
        f"-o UserKnownHostsFile={instance.known_hosts} -o GlobalKnownHostsFile=/dev/null "
        "-o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o UpdateHostKeys=no"
    )


def _group_lines(identity: Identity, hosts: Sequence[Host], subnet: str) -> list[str]:
    """Return the lines of one platform's group."""
    lines = [f"    {identity.group}:", "      vars:", f"        ops_platform: {identity.platform}"]
    if identity.interpreter:
        lines.append(f"        ansible_python_interpreter: {identity.interpreter}")
    lines.append("      hosts:")
    for host in hosts:
        lines += [f"        {host.name}:", f"          ansible_host: {host.address(subnet)}"]
    return lines


def render(instance: Instance, hosts: Sequence[Host], subnet: str) -> str:
    """Return the inventory as YAML: group linux, below it one group per platform."""
    lines = [
        "linux:",
        "  vars:",
        "    ansible_user: root",
        f"    ansible_ssh_private_key_file: {instance.key_file}",
        f'    ansible_ssh_common_args: "{ssh_arguments(instance)}"',
        "  children:",
    ]
    names = [name for name in ORDER if any(host.identity == name for host in hosts)]
    for name in names:
        mine = [host for host in hosts if host.identity == name]
        lines += _group_lines(load_identity(name), mine, subnet)
    header = HEADER.format(name=instance.name, password_inventory=password_inventory(instance))
    return header + "\n".join(lines) + "\n"


def render_by_password(instance: Instance, hosts: Sequence[Host], subnet: str) -> str:
    """Return the same hosts for the user opspw: password login (sshpass) and sudo password."""
    secret = "\"{{ lookup('ansible.builtin.file', '" + str(instance.password_file) + "') }}\""
    text = render(instance, hosts, subnet)
    text = text.replace("ansible_user: root", "ansible_user: opspw")
    return text.replace(
        f"    ansible_ssh_private_key_file: {instance.key_file}\n",
        f"    ansible_password: {secret}\n    ansible_become_password: {secret}\n",
    ).replace('yes -o UpdateHostKeys=no"', 'yes -o UpdateHostKeys=no -o PubkeyAuthentication=no"')


def password_inventory(instance: Instance) -> Path:
    """Return where the inventory of the user opspw is written."""
    return instance.state / "inventory-opspw.yml"


def write(path: Path, text: str) -> None:
    """Write a file only its owner can read, by rename, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    scratch.touch(mode=0o600)
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
