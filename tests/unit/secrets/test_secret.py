"""A secret hides everywhere a value could show by accident."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest

from opsrunner.secrets.store import Secret

CANARY = "Canary-7f3a-must-not-show"


@pytest.fixture
def secret() -> Secret:
    return Secret("sudo", CANARY)


def test_value_shows_only_through_reveal(secret: Secret) -> None:
    assert secret.reveal() == CANARY  # the control: the value is there
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", "".join(map(str, [secret]))]
    shown += [repr([secret]), repr({"password": secret})]
    assert all("sudo" in text for text in shown)
    assert all(CANARY not in text for text in shown)


def test_log_does_not_show_it(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("opening with %s %r", secret, {"a": secret})
    assert "sudo" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy, copy.copy, json.dumps, hash, vars])
def test_no_way_to_copy_it_out_by_accident(secret: Secret, way: object) -> None:
    assert callable(way)
    with pytest.raises(TypeError) as error:
        way(secret)
    assert CANARY not in str(error.value)


def test_equality_is_by_value(secret: Secret) -> None:
    assert secret == Secret("other name", CANARY)
    assert secret != Secret("sudo", CANARY + "x")
    assert secret != CANARY
