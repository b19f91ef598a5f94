"""The seed layer: what makes one pristine host itself and reachable by the controller."""

from __future__ import annotations

import os
import secrets
import shutil
import string
from pathlib import Path
from typing import TYPE_CHECKING

from .inventory import write
from .layers import writable
from .shell import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .instance import Host, Instance

KEY_TYPES = {"rsa": ("-b", "2048"), "ecdsa": ("-b", "256"), "ed25519": ()}
KEY_USERS = {"root": "root", "opsadm": "home/opsadm", "opscsh": "home/opscsh"}


def make_keys(instance: Instance, hosts: Sequence[Host], subnet: str) -> None:
    """Make the controller's key, each host's keys and known_hosts; keep what is there."""
    folder = instance.key_file.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not instance.key_file.exists():
        key = str(instance.key_file)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key)
    lines = []
    for host in hosts:
        for kind, size in KEY_TYPES.items():
            path = folder / host.name / f"ssh_host_{kind}_key"
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", "", "-f", str(path))
            public = path.with_suffix(".pub").read_text(encoding="ascii").split()
            lines.append(f"{host.address(subnet)} {public[0]} {public[1]}\n")
    write(instance.known_hosts, "".join(lines))


def make_passwords(instance: Instance) -> dict[str, str]:
    """Return user -> password hash; the passwords are made once per lab, in 0600 files."""
    hashes = {}
    for user in ("opspw", "root"):
        path = instance.state / f"{user}.password"
        if not path.exists():
            alphabet = string.ascii_letters + string.digits
            body = "".join(secrets.choice(alphabet) for _ in range(20))
            write(path, f"{body}aZ7_-\n")
        secret = path.read_text(encoding="ascii").strip()
        hashes[user] = run("openssl", "passwd", "-6", "-stdin", stdin=secret).strip()
    return hashes


def plant(
    instance: Instance, host: Host, lower: Sequence[Path], subnet: str, hashes: dict[str, str]
) -> Path:
    """Build a host's seed layer over `lower`; return its folder."""
    folder = instance.host_dir(host)
    seed = folder / "seed"
    shutil.rmtree(seed, ignore_errors=True)
    with writable(folder, seed, lower) as root:
        etc = root / "etc"
        (etc / "hostname").write_text(f"{host.name}\n", encoding="ascii")
        (etc / "hosts").write_text(
            "127.0.0.1   localhost localhost.localdomain localhost4 localhost4.localdomain4\n"
            "::1         localhost localhost.localdomain localhost6 localhost6.localdomain6\n"
            f"{host.address(subnet)}   {host.name}\n",
            encoding="ascii",
        )
        if (etc / "machine-id").exists():
            (etc / "machine-id").write_text(f"{secrets.token_hex(16)}\n", encoding="ascii")
        _plant_keys(instance, host, root)
        for user, value in hashes.items():
            _plant_password(etc / "shadow", user, value)
    return seed


def _plant_keys(instance: Instance, host: Host, root: Path) -> None:
    """Put the host's own keys and the controller's public key in place."""
    target = root / "etc" / "ssh"
    for path in (instance.key_file.parent / host.name).iterdir():
        # Content only: mode and owner are the identity's business and are there already.
        (target / path.name).write_bytes(path.read_bytes())
    public = instance.key_file.with_suffix(".pub").read_text(encoding="ascii")
    for home in KEY_USERS.values():
        owner = (root / home).stat()
        folder = root / home / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "authorized_keys").write_text(public, encoding="ascii")
        (folder / "authorized_keys").chmod(0o600)
        for path in (folder, folder / "authorized_keys"):
            os.chown(path, owner.st_uid, owner.st_gid)


def _plant_password(shadow: Path, user: str, password_hash: str) -> None:
    """Give a user a password hash; everything else in shadow stays as the identity has it."""
    lines = shadow.read_text(encoding="ascii").splitlines()
    fields = [line.split(":") for line in lines]
    for entry in fields:
        if entry[0] == user:
            entry[1] = password_hash
    shadow.write_text("".join(":".join(entry) + "\n" for entry in fields), encoding="ascii")
