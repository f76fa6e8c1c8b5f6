"""What Prometheus is told: the same as `health`, and how long things take."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, Metric

from digitd.messages import Song
from digitd.publish.mqtt import Counters
from digitd.service.board import EVERY_S, Board, Reading
from digitd.service.families import COUNTED, COUNTED_BY, COUNTED_BY_PUBLISHER, families
from digitd.service.health import CanaryReport, Health
from digitd.service.liveness import State
from digitd.service.tally import Tally
from digitd.service.timings import Durations, Timings
from fakes import FakeClock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def reading(timings: Timings | None = None, **changed: Any) -> Reading:  # noqa: ANN401 - a field of any type
    health: dict[str, Any] = {
        "state": State.LISTENING,
        "reason": "audio flows",
        "since": NOON,
        "uptime_s": 60.0,
        "level_dbfs": -61.5,
        "onset_dbfs": -52.0,
        "floor_dbfs": -63.5,
        "canary": None,
        "echo_ms": None,
        "broker_trouble": None,
        "counters": {**Tally(16_000).counters(), "mqtt": Counters()},
        "versions": {"digitd": "0.1.0"},
        **changed,
    }
    timings = timings or Timings()
    return Reading(Health(**health), True, timings.latency.so_far(), timings.stages())  # noqa: FBT003 - as made


def told(of: Reading) -> dict[tuple[str, ...], float]:
    """Return all numbers, by name and values of labels."""
    return by_name(*families(of))


def by_name(*metrics: Metric) -> dict[tuple[str, ...], float]:
    samples = [sample for metric in metrics for sample in metric.samples]
    return {
        (sample.name, *sample.labels.values()): sample.value
        for sample in samples
        if not sample.name.endswith("_created")
    }


@given(st.lists(st.floats(0, 2)))
def test_durations_are_counted_as_prometheus_s_own_histogram_counts_them(seconds: list[float]) -> None:
    bounds = (0.1, 0.5, 1.0)
    ours, theirs = Durations(bounds), Histogram("one", "", buckets=bounds, registry=CollectorRegistry())

    for one in seconds:
        ours.add(one)
        theirs.observe(one)

    shown = ours.so_far()
    (expected,) = theirs.collect()
    counts = list(by_name(expected).values())[: len(bounds) + 1]
    assert [sum(shown.counts[: upto + 1]) for upto in range(len(counts))] == counts
    assert shown.sum_s == pytest.approx(sum(seconds))


def test_what_was_shown_does_not_change_any_more() -> None:
    timings = Timings()
    shown = reading(timings)

    timings.latency.add(0.15)
    timings.utterance((0.001, 0.005))

    assert told(shown)["digitd_latency_seconds_count",] == 0
    assert told(reading(timings))["digitd_latency_seconds_count",] == 1


def test_a_bucket_counts_all_that_took_no_longer() -> None:
    timings = Timings()
    for latency_s in (0.14, 0.16, 7.0):
        timings.latency.add(latency_s)

    numbers = told(reading(timings))

    bounds = ("0.13", "0.15", "5.0", "+Inf")
    assert [numbers["digitd_latency_seconds_bucket", bound] for bound in bounds] == [0, 1, 2, 3]


def test_each_stage_is_timed_for_itself_and_only_where_it_was_asked() -> None:
    timings = Timings()
    timings.block(0.0002)
    timings.utterance((0.001,))
    timings.utterance((0.001, 0.005))

    numbers = told(reading(timings))

    stages = ("detector", "one", "two")
    assert [numbers["digitd_stage_seconds_count", stage] for stage in stages] == [1, 2, 1]


@pytest.mark.parametrize("state", State)
def test_one_state_is_1_and_all_others_are_0(state: State) -> None:
    numbers = told(reading(state=state))

    assert {other: numbers["digitd_state", other] for other in State} == {
        other: other is state for other in State
    }


def test_level_onset_and_noise_floor_are_told_once_sound_has_come() -> None:
    before = told(reading(level_dbfs=None, onset_dbfs=None, floor_dbfs=None))
    numbers = told(reading())

    levels = ("digitd_level_dbfs", "digitd_onset_dbfs", "digitd_floor_dbfs")
    assert [numbers[name,] for name in levels] == [-61.5, -52.0, -63.5]
    assert not [name for name, *_ in before if name in levels]


def test_before_the_canary_has_sung_nothing_is_told_of_it() -> None:
    assert not [name for name, *_ in told(reading()) if "canary" in name]


@pytest.mark.parametrize(("trouble", "passed"), [(None, 1), ("the detector does not find it", 0)])
def test_the_canary_s_latest_song_is_told_with_its_time(trouble: str | None, passed: int) -> None:
    song = Song("4", 0.99, accepted=True)

    numbers = told(reading(canary=CanaryReport(NOON, song, 21.0, trouble), echo_ms=4.0))

    assert {name: value for (name, *_), value in numbers.items() if "canary" in name} == {
        "digitd_canary_passed": passed,
        "digitd_canary_timestamp_seconds": NOON.timestamp(),
        "digitd_canary_seconds": 0.021,
        "digitd_canary_echo_seconds": 0.004,
    }


def test_every_counter_of_health_has_a_name_here() -> None:
    counted = {*COUNTED, *COUNTED_BY}

    assert counted == set(Tally(16_000).counters())
    assert {*COUNTED_BY_PUBLISHER, "outbox"} == {field.name for field in fields(Counters)}


def test_utterances_are_told_by_keyword_and_by_reason() -> None:
    counters = {
        **Tally(16_000).counters(),
        "heard": {"7": 3, 'a "word"': 1},
        "ignored": {"below threshold": 2},
        "mqtt": Counters(published=9),
    }

    numbers = told(reading(counters=counters))

    assert numbers["digitd_keywords_total", "7"] == 3
    assert numbers["digitd_keywords_total", 'a "word"'] == 1
    assert numbers["digitd_ignored_total", "below threshold"] == 2
    assert numbers["digitd_mqtt_published_total",] == 9


def test_the_board_is_written_once_a_second() -> None:
    time = FakeClock()
    board = Board(time.clock)
    before = board.due

    board.show(reading())
    at_once = board.due
    time.pass_s(EVERY_S)

    assert (before, at_once, board.due) == (True, False, True)


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_jumps_leaves_the_board_as_it_is(jump_s: float) -> None:
    time = FakeClock()
    board = Board(time.clock)
    board.show(reading())

    time.jump_s(jump_s)
    due_at_once = board.due
    time.pass_s(EVERY_S)

    assert (due_at_once, board.due) == (False, True)
