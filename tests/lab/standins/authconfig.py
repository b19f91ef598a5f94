"""authconfig of EL 6 and 7: hash algorithm and faillock, written into the real *-ac files."""

from __future__ import annotations

import re
import sys
from pathlib import Path

SETTINGS = Path("/etc/sysconfig/authconfig")
STACKS = tuple(Path("/etc/pam.d") / name for name in ("system-auth-ac", "password-auth-ac"))
PREAUTH = "auth        required      pam_faillock.so preauth silent audit {args}\n"
AUTHFAIL = "auth        [default=die] pam_faillock.so authfail audit {args}\n"
ACCOUNT = "account     required      pam_faillock.so\n"


def read() -> dict[str, str]:
    """Return /etc/sysconfig/authconfig."""
    lines = SETTINGS.read_text(encoding="utf-8").splitlines()
    return {k: v.strip('"') for k, _, v in (line.partition("=") for line in lines) if k}


def save(values: dict[str, str]) -> None:
    """Write /etc/sysconfig/authconfig."""
    lines = [f'{k}="{v}"' if " " in v else f"{k}={v}" for k, v in sorted(values.items())]
    SETTINGS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def apply(text: str, values: dict[str, str]) -> str:
    """Given a stack, return it with the hash algorithm and pam_faillock as set.

    What was edited by hand elsewhere in the file is kept, unlike with the real authconfig.
    """
    text = re.sub(r"^.*pam_faillock\.so.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(
        r"^(password\s+sufficient\s+pam_unix\.so )(?:md5|sha256|sha512)",
        rf"\g<1>{values.get('PASSWDALGORITHM', 'sha512')}", text, flags=re.MULTILINE,
    )  # fmt: skip
    if values.get("USEFAILLOCK") != "yes":
        return text
    arguments = values.get("FAILLOCKARGS", "")
    unix = re.compile(r"^auth\s+sufficient\s+pam_unix\.so.*\n", re.MULTILINE)
    text = unix.sub(lambda m: PREAUTH.format(args=arguments) + m[0]
                    + AUTHFAIL.format(args=arguments), text, count=1)  # fmt: skip
    return re.sub(r"^account", ACCOUNT + "account", text, count=1, flags=re.MULTILINE)


def report(values: dict[str, str]) -> str:
    """Return what --test prints, as far as the project reads it."""
    state = {"yes": "enabled", "no": "disabled"}
    quality = "pam_pwquality" if "USEPWQUALITY" in values else "pam_cracklib"
    use = values.get("USEPWQUALITY", values.get("USECRACKLIB", "no"))
    return (
        "caching is disabled\nnss_files is always enabled\n"
        f"pam_unix is always enabled\n shadow passwords are {state[values.get('USESHADOW', 'yes')]}"
        f"\n password hashing algorithm is {values.get('PASSWDALGORITHM', 'sha512')}\n"
        f"{quality} is {state[use]} (try_first_pass local_users_only retry=3 authtok_type=)\n"
        f"pam_faillock is {state[values.get('USEFAILLOCK', 'no')]} "
        f"({values.get('FAILLOCKARGS', '')})\n"
    )


def main() -> int:
    """Run as authconfig; return its exit code."""
    words = sys.argv[1:]
    values = read()
    for word in words:
        name, _, value = word.partition("=")
        if name == "--passalgo":
            values["PASSWDALGORITHM"] = value
        elif name in ("--enablefaillock", "--disablefaillock"):
            values["USEFAILLOCK"] = "yes" if name == "--enablefaillock" else "no"
        elif name == "--faillockargs":
            values["FAILLOCKARGS"] = value
    if "--test" in words:
        sys.stdout.write(report(values))
    elif "--update" in words or "--updateall" in words:
        save(values)
        for path in STACKS:
            path.write_text(apply(path.read_text(encoding="utf-8"), values), encoding="utf-8")
    else:
        sys.stderr.write("usage: authconfig [options] {--update|--updateall|--test|--probe}\n")
        return 2
    return 0
