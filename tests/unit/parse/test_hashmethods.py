"""Which words for hashing a release knows, and which of them are strong there."""

from __future__ import annotations

import pytest

from opsrunner.parse.hashmethods import strong_methods, strong_words, word_of

PLATFORMS = ("centos-6", "centos-7", "rhel-7", "rhel-8", "rhel-9", "kylin-v10", "debian-12")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_sha512_is_strong_everywhere_and_md5_nowhere(platform: str) -> None:
    assert "SHA512" in strong_methods(platform)
    assert "sha512" in strong_words(platform)
    assert not {"MD5", "SHA256", "DES"} & set(strong_methods(platform))
    assert not {"md5", "sha256", "bigcrypt"} & set(strong_words(platform))


def test_shadow_utils_before_4_9_takes_yescrypt_for_des() -> None:
    knows = [platform for platform in PLATFORMS if "YESCRYPT" in strong_methods(platform)]
    assert knows == ["rhel-9", "debian-12"]


def test_an_argument_counts_by_its_beginning_where_the_release_knows_it() -> None:
    assert word_of("sha512rounds", "centos-7") == "sha512"
    assert word_of("yescrypt", "debian-12") == "yescrypt"
    assert word_of("yescrypt", "centos-7") == ""
    assert word_of("use_authtok", "debian-12") == ""
