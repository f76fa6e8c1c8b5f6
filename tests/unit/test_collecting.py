"""What becomes a clip, when nothing may, and what the web page is told and may ask."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from clip_fakes import clip, name
from digitd.clips.album import Album
from digitd.clips.keeper import Keeper, Status
from digitd.clips.settings import ClipSettings
from digitd.commands.collecting import MUTED, SECRET, Collector, stopped_by
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.decide import Orders
from digitd.errors import DigitdError
from digitd.messages import AudioBlock, Score
from digitd.numbers import FormSettings, NumberSettings
from digitd.pipeline import Heard, Moment
from fakes import FakeClock
from monitor_fakes import seen

RATE_HZ = 16_000
PIN = FormSettings(shortest=4, longest=4, secret=True)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(Config())


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    """Return one whose thread does not run: what is left to it waits."""
    return Keeper(Album(tmp_path / "clips", "kitchen", 10, 10**7))


@pytest.fixture
def collector(keeper: Keeper) -> Collector:
    return Collector(keeper, ClipSettings(enabled=True), "kitchen", RATE_HZ, FakeClock().clock)


def written(keeper: Keeper, folder: Path) -> list[Path]:
    """Let the thread's work be done, and return what is there then."""
    keeper.end()
    keeper.work()
    return sorted(path.relative_to(folder / "clips") for path in folder.rglob("*") if path.is_file())


def moments() -> list[Moment]:
    """Two seconds, in the second of which half a second was spoken."""
    verdict = replace(seen(onset=RATE_HZ).verdict, score=Score({"7": 0.95, "else": 0.05}))
    return [Moment(heard(0), []), Moment(heard(RATE_HZ), [verdict])]


def heard(start: int) -> Heard:
    samples = np.full(RATE_HZ, 0.1, np.float32)
    return Heard(AudioBlock(start, samples), samples, -50.0, -60.0, (), start)


def test_an_utterance_is_kept_by_the_time_it_began(
    collector: Collector, keeper: Keeper, recogniser: Recogniser, tmp_path: Path
) -> None:
    first, second = moments()

    names = [collector.take(first, recogniser, None), collector.take(second, recogniser, None)]

    began = FakeClock().now() - timedelta(seconds=1)
    (kept,) = names[1]
    assert (names[0], kept) == ([], f"{began:%Y%m%dT%H%M%S}000")
    facts, _ = written(keeper, tmp_path)
    known = json.loads((tmp_path / "clips" / facts).read_bytes())
    assert (known["heard"], known["accepted"], known["scores"]["7"]) == ("7", True, 0.95)
    assert (known["onset_s"], known["offset_s"], known["model"]) == (0.5, 1.0, recogniser.title)


def test_a_word_is_kept_however_long_it_is(
    collector: Collector, keeper: Keeper, recogniser: Recogniser, tmp_path: Path
) -> None:
    (verdict,) = moments()[1].verdicts
    long = replace(verdict, utterance=replace(verdict.utterance, offset=4 * RATE_HZ))
    for start in range(4):
        collector.take(Moment(replace(heard(start * RATE_HZ), settled=RATE_HZ), []), recogniser, None)

    collector.take(Moment(replace(heard(4 * RATE_HZ), settled=5 * RATE_HZ), [long]), recogniser, None)

    facts, _ = written(keeper, tmp_path)
    known = json.loads((tmp_path / "clips" / facts).read_bytes())
    assert (known["onset_s"], known["offset_s"]) == (0.5, 3.5)


@pytest.mark.parametrize("why", [SECRET, MUTED])
def test_while_nothing_may_be_kept_nothing_is_and_no_sound_is_held_for_later(
    why: str, collector: Collector, keeper: Keeper, recogniser: Recogniser, tmp_path: Path
) -> None:
    first, second = moments()

    assert collector.take(first, recogniser, why) == []
    assert collector.take(second, recogniser, why) == [None]
    later = Moment(heard(2 * RATE_HZ), second.verdicts)
    assert collector.take(later, recogniser, None) == [None], "it began while nothing was to be kept"
    assert written(keeper, tmp_path) == []


def test_a_secret_number_stops_it_and_mute_does() -> None:
    secret = Config(numbers=NumberSettings(enabled=True, only=True, grammars={"pin": PIN}))

    assert stopped_by(Config(), Orders()) is None
    assert stopped_by(Config(), Orders(muted=True)) == MUTED
    assert stopped_by(secret, Orders()) == SECRET


def test_that_a_secret_stops_it_is_told_once(
    collector: Collector, recogniser: Recogniser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first, second = moments()

    for moment in (first, second):
        collector.take(moment, recogniser, SECRET)

    assert [record.message for record in caplog.records] == [
        "no clips are kept reason='a secret number may be spoken'"
    ]
    assert collector.shown(["7"])["trouble"] == SECRET


def test_news_are_told_once(collector: Collector, keeper: Keeper, recogniser: Recogniser) -> None:
    asked = [collector.has_news(), collector.has_news()]
    keeper.status = Status(kept=1)
    asked += [collector.has_news(), collector.has_news()]
    collector.take(moments()[0], recogniser, MUTED)
    asked += [collector.has_news(), collector.has_news()]

    assert asked == [True, False] * 3


def test_the_page_is_told_what_is_kept_and_what_it_can_be(collector: Collector, keeper: Keeper) -> None:
    keeper.status = Status(2, 1, 80_000, {name(1): "7", name(2): None})

    shown = collector.shown(["4", "7", "../8"])

    assert shown == {
        "kept": 2,
        "labelled": 1,
        "mb": 0.08,
        "most": 200,
        "most_mb": 50.0,
        "only_doubtful": False,
        "recent": {name(1): "7", name(2): None},
        "lost": 0,
        "trouble": None,
        "labels": ["4", "7", "_other_"],
    }


def test_what_the_page_says_of_a_clip_is_done(collector: Collector, keeper: Keeper, tmp_path: Path) -> None:
    for number in range(3):
        keeper.keep(clip(number))
    keeper.status = Status(recent=dict.fromkeys(map(name, range(3))))

    collector.do("clips/label", json.dumps({"clip": name(0), "label": "7"}), ["7"])
    collector.do("clips/label", json.dumps({"clip": name(1), "label": "_other_"}), ["7"])
    collector.do("clips/forget", name(2), ["7"])

    assert [str(path) for path in written(keeper, tmp_path) if path.suffix == ".wav"] == [
        f"labelled/7/kitchen_{name(0)}.wav",
        f"labelled/_other_/kitchen_{name(1)}.wav",
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "complaint"),
    [
        ("clips/label", "{", "clips/label: "),
        ("clips/label", '{"clip": "x", "label": "7"}', "not kept any more"),
        ("clips/label", '{"clip": "x", "label": "8"}', "no clip can be '8': there are 7"),
        ("clips/label", '{"clip": "x", "label": "../../8"}', "no clip can be"),
        ("clips/forget", "x", "not kept any more"),
        ("clips/sing", "", "nothing is known of 'clips/sing'"),
    ],
)
def test_what_cannot_be_done_is_answered_with_the_reason(
    topic: str, payload: str, complaint: str, collector: Collector
) -> None:
    with pytest.raises(DigitdError, match=complaint):
        collector.do(topic, payload, ["7"])
