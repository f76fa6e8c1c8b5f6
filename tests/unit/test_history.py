"""Each trouble is told once, and known as long as it lasts."""

import logging

import pytest

from digitd.publish.history import History
from digitd.publish.retry import PATIENT
from digitd.publish.trouble import Trouble

AWAY = Trouble("broker unreachable", "Connection refused", "is it running?")


@pytest.fixture
def history(caplog: pytest.LogCaptureFixture) -> History:
    caplog.set_level(logging.INFO, "digitd")
    return History("localhost", 1883, "twin", PATIENT)


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage().partition(" host=")[0] for record in caplog.records]


def test_a_broker_that_stays_away_is_told_once(history: History, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        history.failed(AWAY)

    assert events(caplog) == ["broker unreachable"]
    assert history.trouble == AWAY


def test_it_is_told_again_after_a_proper_connection(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    for now in (0.0, 100.0):
        history.failed(AWAY)
        history.begun("MQTTv5", now)
        assert history.trouble is None
        history.lost("Unspecified error", now + 50.0)

    assert events(caplog) == ["broker unreachable", "broker connected", "broker lost"] * 2


def test_another_client_of_our_name_is_told_once_and_stays_known_while_we_are_connected(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    for now in (0.0, 31.0, 62.0):
        history.begun("MQTTv5", now)
        history.lost("Session taken over", now + 30.0)
    history.begun("MQTTv5", now=100.0)

    assert "'twin'" in str(history.trouble)
    assert events(caplog) == ["broker connected", "broker prefers another client"]

    history.lasts(now=160.0)

    assert history.trouble is None
