"""How new passwords are hashed: the words of ENCRYPT_METHOD and of pam_unix, by platform.

A word that a release does not know is worse than none: shadow-utils then hashes with DES, and
pam_unix passes it over. Sources: shadow-utils ``lib/salt.c`` (YESCRYPT since 4.9, SM3 in
Kylin's), pam_unix ``passverify.c`` (since 1.4.0 yescrypt; what crypt(3) lacks becomes MD5),
crypt(5): the glibc of EL 6 and 7 knows nothing stronger than SHA-512.
"""

from __future__ import annotations

_GLIBC = ("-6", "-7")  # crypt(3) is glibc's own, not libxcrypt
_OLD_SHADOW = (*_GLIBC, "-8")
_OLD_WORDS = ("md5", "bigcrypt", "sha256", "sha512", "blowfish")  # of pam_unix
_WORDS = ("md5", "bigcrypt", "sha256", "sha512", "yescrypt", "gost_yescrypt", "blowfish", "sm3")
_WEAK = ("md5", "bigcrypt", "sha256")


def strong_methods(platform: str) -> tuple[str, ...]:
    """Given a platform, return the values of ENCRYPT_METHOD no weaker than SHA-512 there.

    shadow-utils knows capitals only.
    """
    if platform.endswith(_OLD_SHADOW):
        return ("SHA512",)
    return ("SHA512", "SM3") if platform.startswith("kylin") else ("SHA512", "YESCRYPT", "BCRYPT")


def strong_words(platform: str) -> tuple[str, ...]:
    """Given a platform, return the words of pam_unix that store SHA-512 or stronger there."""
    if platform.endswith(_GLIBC):
        return ("sha512",)
    return tuple(word for word in _WORDS if word not in _WEAK)


def word_of(argument: str, platform: str) -> str:
    """Given an argument of pam_unix, return the method it chooses there, empty when none.

    pam_unix compares the beginning of an argument only.
    """
    known = _OLD_WORDS if platform.endswith(_GLIBC) else _WORDS
    return next((word for word in known if argument.startswith(word)), "")
