"""The budget while the daemon runs: what is kept, obeyed and told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitd.commands.bookkeeping import Bookkeeping
from digitd.commands.own_takes import own_takes
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.decide import DecisionSettings, Orders
from digitd.errors import ConfigError, DigitdError
from digitd.messages import AudioBlock, Detection, Score, Utterance
from digitd.model import ModelSettings
from digitd.numbers import FormSettings, NumberSettings
from digitd.pipeline import Heard, Moment
from fakes import FakeClock, FakeVoice
from integration.speech import first_words

BUDGET = Config(decision=DecisionSettings(false_accepts_per_day=1.0, nobody_speaks=("00:00-00:00",)))
HOUR = 3600


class House:
    """Bookkeeping with everything around it."""

    def __init__(self, folder: Path, config: Config = BUDGET) -> None:
        self.voice = FakeVoice()
        self.clock = FakeClock()
        self.orders = Orders()
        self.config = config
        self.file = folder / "kitchen.json"
        self.recogniser = Recogniser(config)
        self.bookkeeping = Bookkeeping(self.file, self.voice, lambda: self.orders, self.clock.clock)
        self.bookkeeping.begin(config, self.recogniser)

    def hear(self, *moments: Moment, listening: bool = True) -> bool:
        changed = [self.bookkeeping.follow(one, self.recogniser, listening=listening) for one in moments]
        return any(changed)

    def told(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.voice.states["budget"])
        return fields


def quiet(hours: int, rate_hz: int = 16_000) -> Moment:
    """Return hours as one block, which costs nothing but its zeros."""
    samples = np.broadcast_to(np.float32(0), hours * HOUR * rate_hz)
    return Moment(Heard(AudioBlock(0, samples), samples[:0], -50.0, -60.0, (), 0), ())


def spoken(keyword: str, posterior: float, onset: int = 0) -> Moment:
    score = Score({keyword: posterior})
    utterance = Utterance(onset, np.zeros(0, np.float32), onset, onset + 8000, -30.0, -60.0)
    now = FakeClock().now()
    verdict = Detection(keyword, score, utterance, now, now, 0.0)
    nothing = np.zeros(0, np.float32)
    heard = Heard(AudioBlock(0, nothing), nothing, -50.0, -60.0, (), 0)
    return Moment(heard, [verdict], passed=[score])


def test_without_a_budget_nothing_is_told_written_or_decided_otherwise(tmp_path: Path) -> None:
    house = House(tmp_path, Config())

    changed = house.hear(quiet(10), spoken("7", 0.9))
    house.bookkeeping.end()

    assert (changed, house.voice.states, list(tmp_path.iterdir())) == (False, {}, [])
    assert house.bookkeeping.shown() is None
    with pytest.raises(DigitdError, match=r"decision\.false_accepts_per_day sets one"):
        house.bookkeeping.not_me(house.recogniser)


def test_what_is_counted_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    at_first = house.told()

    changed = house.hear(quiet(24), spoken("7", 0.9))

    assert (at_first["state"], at_first["at_most_per_day"]) == ("nothing counted yet", None)
    assert changed
    assert (house.told()["hours"], house.told()["counted"]) == (24.0, 1)
    assert house.bookkeeping.shown() == house.told()


def test_a_microphone_that_gives_nothing_adds_no_time(tmp_path: Path) -> None:
    house = House(tmp_path)

    house.hear(quiet(24), listening=False)

    assert house.told()["hours"] == 0.0


def test_false_accepts_make_the_recogniser_stricter_and_that_outlives_a_restart(tmp_path: Path) -> None:
    first = House(tmp_path)
    own = dict(first.recogniser.thresholds)
    first.hear(quiet(1), spoken("7", 0.9), spoken("7", 0.95), spoken("7", 0.8))
    raised = dict(first.recogniser.thresholds)
    first.bookkeeping.end()

    second = House(tmp_path)

    assert raised["7"] > own["7"]
    assert second.recogniser.thresholds == raised
    assert second.told()["hours"] == 1.0


def test_an_order_comes_before_the_budget_and_is_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.hear(quiet(1), spoken("7", 0.9), spoken("7", 0.95), spoken("7", 0.8))

    house.orders = Orders(thresholds={"7": 0.5})
    house.recogniser.obey(house.orders)

    assert house.recogniser.thresholds["7"] == 0.5
    assert house.bookkeeping.fields()["overruled"] == ["7"]
    house.orders = Orders(threshold=0.9)
    assert house.bookkeeping.fields()["overruled"] == list("0123456789")


def test_that_was_not_me_is_answered_with_what_it_was(tmp_path: Path) -> None:
    config = replace(BUDGET, decision=DecisionSettings(false_accepts_per_day=1.0))
    house = House(tmp_path, config)
    house.hear(spoken("7", 0.91, onset=100), spoken("1", 0.8, onset=200))

    answer = house.bookkeeping.not_me(house.recogniser, 100)

    assert answer == {"keyword": "7", "confidence": 0.91, "counted_before": False}
    assert house.told()["reported"] == 1


def test_where_a_digit_may_belong_to_a_secret_it_is_not_named(tmp_path: Path) -> None:
    numbers = NumberSettings(enabled=True, only=True, grammars={"pin": FormSettings(secret=True)})
    house = House(tmp_path, replace(BUDGET, numbers=numbers))
    house.hear(spoken("7", 0.91))

    assert house.bookkeeping.not_me(house.recogniser)["keyword"] == "*"


def test_a_slider_of_the_detector_begins_nothing_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.hear(spoken("7", 0.91, onset=100))
    tried = replace(BUDGET, detector=replace(BUDGET.detector, onset_db=9.0))

    house.bookkeeping.begin(tried, Recogniser(tried))

    assert house.bookkeeping.not_me(house.recogniser, 100)["keyword"] == "7"


def test_hours_that_both_stages_listened_are_not_those_of_stage_one_alone(tmp_path: Path) -> None:
    config = replace(BUDGET, decision=replace(BUDGET.decision, threshold=0.9))
    house = House(tmp_path, config)
    house.hear(quiet(24))

    house.bookkeeping.begin(config, Recogniser(replace(config, model=ModelSettings(verify=False))))

    assert house.told()["hours"] == 0.0


def test_when_the_budget_is_given_up_the_broker_keeps_nothing_of_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.hear(quiet(1), spoken("7", 0.9), spoken("7", 0.95), spoken("7", 0.8))

    without = Recogniser(Config())
    house.bookkeeping.begin(Config(), without)

    assert house.voice.states["budget"] == b""
    assert without.thresholds == without.own_thresholds


def test_own_takes_are_heard_as_the_daemon_hears(tmp_path: Path) -> None:
    recogniser = Recogniser(Config())
    for name in ("8", "4", "other"):
        (tmp_path / name).mkdir()
        first_words(1, tmp_path / name / "anna_1.wav")
    (tmp_path / "8" / "anna_2.wav").write_bytes(b"no audio")
    (tmp_path / "8" / "anna_3.wav").symlink_to("gone.wav")

    takes = own_takes(str(tmp_path), recogniser)

    assert (takes.heard, takes.unheard, list(takes.levels)) == (1, 2, ["8"])


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_without_takes_nothing_is_known_of_the_price(folder: str) -> None:
    assert own_takes(folder, Recogniser(Config())).heard == 0


def test_takes_that_cannot_be_looked_at_are_a_wrong_configuration() -> None:
    folder = "x" * 300  # longer than a name may be

    with pytest.raises(ConfigError, match=rf"decision\.takes: {folder}: File name too long"):
        own_takes(folder, Recogniser(Config()))
