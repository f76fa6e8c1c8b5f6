"""What the daemon does with what is said to it, moment by moment."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitd.commands.in_force import InForce
from digitd.commands.recogniser import Recogniser
from digitd.commands.session import Session
from digitd.config import Config
from digitd.decide import DecisionSettings
from digitd.errors import ConfigError
from digitd.messages import AudioBlock, Detection, Rejection
from digitd.monitor.tap import Answer, Question, Tap
from digitd.pipeline import Heard, Moment
from digitd.publish.inbox import Received
from digitd.publish.mqtt import Publisher
from digitd.publish.payload import Source
from digitd.publish.retry import PATIENT
from monitor_fakes import seen

pytestmark = pytest.mark.usefixtures("_logging_as_it_was")

KITCHEN = Config(site="kitchen")


class Unheard(Publisher):
    """A publisher without a broker, which is told something all the same.

    Attributes:
        states: The latest of each topic.
        unread: What it was told.
    """

    def __init__(self) -> None:
        self.unread: list[Received] = []
        self.states: dict[str, bytes] = {}
        super().__init__(KITCHEN.mqtt, Source("kitchen", "digits", 5.0), (), PATIENT)

    def state(self, topic: str, payload: bytes) -> None:
        self.states[topic] = payload

    def received(self) -> list[Received]:
        unread, self.unread = self.unread, []
        return unread


class House:
    """A session with everything around it.

    Attributes:
        file: What the configuration's file says.
        written: What was written into it.
        broken: Why it cannot be read; None where it can.
        read_only: It cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.file = KITCHEN
        self.written: dict[str, float] = {}
        self.broken: str | None = None
        self.read_only = False
        self.tap = Tap()
        self.publisher = Unheard()
        in_force = InForce(KITCHEN, Recogniser(KITCHEN), self.read, {})
        environ = {"XDG_STATE_HOME": str(folder)}
        self.session = Session(in_force, self.publisher, environ, self.tap, None, self.keep)

    def read(self) -> Config:
        if self.broken:
            raise ConfigError(self.broken)
        return self.file

    def keep(self, changes: Mapping[str, float]) -> None:
        if self.read_only:
            raise ConfigError("config.yaml: Read-only file system")
        self.written |= changes
        threshold = changes.get("decision.threshold", 0.0)
        self.file = replace(self.file, decision=DecisionSettings(threshold=threshold))

    def asked(self, topic: str, payload: str = "") -> Answer:
        """Ask for something on the page."""
        self.tap.ask(Question(1, 1, topic, payload))
        self.session.take(moment())
        (answer,) = self.tap.answers()
        return answer

    def shown(self) -> tuple[float, float]:
        """Return the threshold that the page shows, and what it says of the file."""
        assert self.tap.state is not None
        setting = self.tap.state["settings"][-1]
        return setting["value"], setting["kept"]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def moment(*verdicts: Detection | Rejection) -> Moment:
    samples = np.zeros(320, np.float32)
    return Moment(Heard(AudioBlock(16_000, samples), samples, -50.0, -60.0, (), 0), verdicts)


def test_what_is_kept_is_in_force_as_the_file_has_it_and_no_order_any_more(house: House) -> None:
    house.asked("threshold/set", "0.9")

    answer = house.asked("settings/keep")

    assert (answer.error, house.written) == (None, {"decision.threshold": 0.9})
    assert house.publisher.states["threshold"] == b"None"
    assert set(house.session.recogniser.thresholds.values()) == {0.9}
    assert house.shown() == (0.9, 0.9)


def test_what_is_written_but_cannot_be_taken_over_stays_an_order_and_is_told(house: House) -> None:
    house.asked("threshold/set", "0.9")
    house.broken = "decision.takes: nowhere: Permission denied"

    answer = house.asked("settings/keep")

    assert answer.error == f"written into the configuration's file, but not taken from there: {house.broken}"
    assert house.publisher.states["threshold"] == b"0.9"
    assert set(house.session.recogniser.thresholds.values()) == {0.9}
    assert house.shown() == (0.9, 0.0)


def test_what_cannot_be_written_is_told_with_what_to_write(house: House) -> None:
    house.asked("threshold/set", "0.9")
    house.read_only = True

    answer = house.asked("settings/keep")

    assert answer.error == (
        "config.yaml: Read-only file system. To write it yourself: decision.threshold: 0.9"
    )
    assert house.publisher.states["threshold"] == b"0.9"


def test_what_was_heard_is_told_by_who_heard_it_although_a_reload_is_asked_for_meanwhile(
    house: House,
) -> None:
    needed = house.session.recogniser.thresholds["7"]
    house.file = replace(KITCHEN, decision=DecisionSettings(threshold=0.999))
    house.publisher.unread = [Received("request/reload", b"", 0.0)]

    house.session.take(moment(seen().verdict))

    (left,) = house.tap.utterances()
    assert left.needed == needed
    assert house.session.recogniser.thresholds["7"] == 0.999
