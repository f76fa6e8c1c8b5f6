"""Would the daemon hear a word now, and does the broker give it back?"""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from digitd.clock import Clock
from digitd.commands.recogniser import Recogniser
from digitd.commands.song import canary_of
from digitd.config import Config
from digitd.messages import Song
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import canary_song, sing
from digitd.service.canary import AGAIN_S, EVERY_S, Canary, trouble_with
from digitd.service.echo import WITHIN_S, Echo
from fakes import FakeClock, FakeVoice

STORED = Song("4", 0.99, accepted=True)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.mark.parametrize("verify", [True, False])
def test_the_shipped_model_hears_the_stored_digit_as_it_did_where_it_was_made(*, verify: bool) -> None:
    cascade = Cascade(read_bundle(SHIPPED), verify=verify)

    song = sing(canary_song(cascade.card.features.rate_hz), cascade)

    assert song is not None
    assert (song.label, song.accepted) == (cascade.song.label, True)
    assert song.confidence == pytest.approx(cascade.song.confidence, abs=0.01)


def test_a_deaf_pipeline_finds_nothing() -> None:
    cascade = Cascade(read_bundle(SHIPPED))

    assert sing(canary_song(16_000) * 0, cascade) is None


def test_a_song_that_came_through_has_no_trouble() -> None:
    assert trouble_with(replace(STORED, confidence=0.95), STORED, took_s=0.01) is None


@pytest.mark.parametrize(
    ("song", "took_s", "trouble"),
    [
        (None, 0.01, "the detector does not find the stored digit"),
        (replace(STORED, label="5"), 0.01, "the stored digit is heard as '5', not as '4'"),
        (replace(STORED, confidence=0.8), 0.01, "the stored digit is heard with confidence 0.80, not 0.99"),
        (replace(STORED, accepted=False), 0.01, "the stored digit is not acted on"),
        (STORED, 2.0, "2.0 s to recognise a stored digit of 1.5 s: the machine is too slow"),
    ],
)
def test_trouble_is_told_in_words(song: Song | None, took_s: float, trouble: str) -> None:
    assert trouble_with(song, STORED, took_s) == trouble


def test_it_sings_every_few_minutes(clock: FakeClock) -> None:
    canary = Canary(lambda: STORED, STORED, clock.clock)
    canary.sing()

    clock.pass_s(EVERY_S - 1)
    early = canary.due
    clock.pass_s(1)

    assert (early, canary.due) == (False, True)


def test_after_a_song_that_failed_it_sings_again_soon(clock: FakeClock) -> None:
    canary = Canary(lambda: None, STORED, clock.clock)
    canary.sing()

    clock.pass_s(AGAIN_S)

    assert (canary.passed, canary.due) == (False, True)


def test_a_machine_that_is_busy_at_start_is_no_wrong_model() -> None:
    seconds = itertools.count(step=2.0)

    canary = canary_of(Recogniser(Config()), Clock(monotonic=lambda: next(seconds)))

    assert canary.report
    assert canary.report.trouble == "2.0 s to recognise a stored digit of 1.5 s: the machine is too slow"


def test_a_song_that_takes_too_long_has_failed(clock: FakeClock) -> None:
    def slowly() -> Song:
        clock.pass_s(2)
        return STORED

    canary = Canary(slowly, STORED, clock.clock)

    report = canary.sing()

    assert report.took_ms == 2000
    assert not canary.passed


def sung(clock: FakeClock) -> Canary:
    canary = Canary(lambda: STORED, STORED, clock.clock)
    canary.sing()
    return canary


def test_a_song_goes_to_the_broker_once(clock: FakeClock) -> None:
    voice, canary = FakeVoice(), sung(clock)
    echo = Echo(voice, clock.clock)

    echo.follow(canary)
    echo.follow(canary)

    ((topic, payload),) = voice.diagnostics
    assert topic == "canary"
    assert msgspec.json.decode(payload)["id"] == canary.identifier


def test_what_comes_back_is_timed(clock: FakeClock) -> None:
    voice = FakeVoice()
    echo = Echo(voice, clock.clock)
    echo.follow(sung(clock))

    clock.pass_s(0.02)
    echo.came(voice.diagnostics[0][1], clock.monotonic())

    assert echo.took_ms == pytest.approx(20)
    assert echo.trouble is None


def test_what_does_not_come_back_is_trouble(clock: FakeClock) -> None:
    echo = Echo(FakeVoice(), clock.clock)
    echo.follow(sung(clock))

    clock.pass_s(WITHIN_S + 1)

    assert str(echo.trouble).startswith("does not give back what it takes")


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"7", b"\xff", b'{"id": 7}', b'{"id": "another"}', b'{"id": "\xff"}'],
    ids=repr,
)
def test_what_somebody_else_says_on_its_topic_is_no_echo(payload: bytes, clock: FakeClock) -> None:
    echo = Echo(FakeVoice(), clock.clock)
    echo.follow(sung(clock))

    echo.came(payload, clock.monotonic())

    assert echo.took_ms is None


def test_a_broker_that_was_away_gets_the_song_again(clock: FakeClock) -> None:
    voice, canary = FakeVoice(), sung(clock)
    echo = Echo(voice, clock.clock)
    echo.follow(canary)

    voice.connected = False
    echo.follow(canary)
    clock.pass_s(WITHIN_S + 1)
    away = echo.trouble
    voice.connected = True
    echo.follow(canary)

    assert away is None
    assert len(voice.diagnostics) == 2


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_jumps_changes_neither_song_nor_echo(jump_s: float, clock: FakeClock) -> None:
    voice, canary = FakeVoice(), sung(clock)
    echo = Echo(voice, clock.clock)
    echo.follow(canary)
    clock.pass_s(0.02)

    clock.jump_s(jump_s)
    echo.came(voice.diagnostics[0][1], clock.monotonic())
    due_at_once = canary.due
    clock.pass_s(EVERY_S)

    assert (due_at_once, canary.due) == (False, True)
    assert echo.took_ms == pytest.approx(20)


def test_times_are_told_in_utc() -> None:
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    canary = Canary(lambda: STORED, STORED, Clock(now=lambda: noon, monotonic=lambda: 0.0))

    assert canary.sing().at == noon
