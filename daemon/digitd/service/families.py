"""A reading in Prometheus's words: what each number is called, and what it means. Pure."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

import msgspec
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)

from digitd.service.board import Reading
from digitd.service.health import CanaryReport, Health
from digitd.service.liveness import State
from digitd.service.timings import Distribution

LEVELS: Final = {
    "level_dbfs": "Mean level of the latest block of audio.",
    "onset_dbfs": "A window louder than this may be the beginning of a word.",
    "floor_dbfs": "The noise floor: how loud the room is when nobody speaks.",
}
"""Levels of `health` to meanings; each is there once a block has come."""

COUNTED: Final = {
    "blocks": ("audio_blocks", "Runs of samples that came in."),
    "gaps": ("audio_gaps", "Times that samples are missing, those with the microphone away included."),
    "overflows": ("audio_overflows", "Gaps without a pause: samples came faster than they were taken."),
    "missing_s": ("audio_missing_seconds", "How much is missing."),
}
"""Counters of `health` to names and meanings."""

COUNTED_BY: Final = {
    "heard": ("keywords", "keyword", "Keywords that were acted on."),
    "ignored": ("ignored", "reason", "Utterances that were not acted on, by reason."),
    "numbers": ("numbers", "grammar", "Numbers that were said, by the name of their form."),
    "numbers_rejected": ("numbers_rejected", "reason", "Digits in a row that do not count as a number."),
}
"""The same, with the label that tells them apart."""

COUNTED_BY_PUBLISHER: Final = {
    "published": "Messages that the broker acknowledged.",
    "expired": "Messages that were too old to be sent.",
    "dropped": "Messages that gave way to newer ones.",
    "refused": "Messages that the broker did not allow.",
    "reconnects": "Connections after the first.",
    "inbox_dropped": "Messages to us that came faster than they were read.",
    "inbox_refused": "Messages to us that were too long.",
}
"""The same, of messages to and from the broker."""


def families(reading: Reading) -> Iterator[Metric]:
    """Say all that a reading tells."""
    health = reading.health
    yield InfoMetricFamily("digitd_build", "What runs.", dict(health.versions))
    yield _state(health.state)
    yield from _levels(health)
    if health.canary:
        yield from _canary(health.canary)
    if health.echo_ms is not None:
        took_s = health.echo_ms / 1000
        yield _gauge("canary_echo_seconds", "How long the broker took to give the canary back.", took_s)
    yield _gauge("mqtt_connected", "1 while the broker lets us in.", reading.connected)
    yield from _counters(health.counters)
    yield from _distributions(reading)


def _state(state: str) -> Metric:
    family = GaugeMetricFamily(
        "digitd_state", "1 for what becomes of the sound, 0 for all else.", None, ["state"]
    )
    for one in State:
        family.add_metric([one], one == state)
    return family


def _levels(health: Health) -> Iterator[Metric]:
    for name, meaning in LEVELS.items():
        if (level_dbfs := getattr(health, name)) is not None:
            yield _gauge(name, meaning, level_dbfs)


def _canary(report: CanaryReport) -> Iterator[Metric]:
    yield _gauge(
        "canary_passed", "1 where the latest song of the canary came through.", report.trouble is None
    )
    yield _gauge("canary_timestamp_seconds", "When that was, seconds since 1970.", report.at.timestamp())
    yield _gauge("canary_seconds", "How long the pipeline took for it.", report.took_ms / 1000)


def _counters(counters: Mapping[str, object]) -> Iterator[Metric]:
    plain = msgspec.to_builtins(counters)
    for key, (name, meaning) in COUNTED.items():
        yield _counter(name, meaning, plain[key])
    for key, (name, label, meaning) in COUNTED_BY.items():
        family = CounterMetricFamily(f"digitd_{name}", meaning, labels=[label])
        for value, count in plain[key].items():
            family.add_metric([value], count)
        yield family
    yield _gauge("mqtt_outbox", "Messages that wait for the broker.", plain["mqtt"]["outbox"])
    for key, meaning in COUNTED_BY_PUBLISHER.items():
        yield _counter(f"mqtt_{key}", meaning, plain["mqtt"][key])


def _distributions(reading: Reading) -> Iterator[Metric]:
    meaning = "From the end of a word to when it had been handed over for the broker."
    yield HistogramMetricFamily(
        "digitd_latency_seconds", meaning, _buckets(reading.latency), reading.latency.sum_s
    )
    meaning = "What each stage of the pipeline takes for a block or an utterance."
    stages = HistogramMetricFamily("digitd_stage_seconds", meaning, labels=["stage"])
    for stage, distribution in reading.stages.items():
        stages.add_metric([stage], _buckets(distribution), distribution.sum_s)
    yield stages


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    """Return how many took no longer than each bound."""
    bounds = [*map(str, distribution.bounds_s), "+Inf"]
    return list(zip(bounds, accumulate(distribution.counts), strict=True))


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"digitd_{name}", meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(f"digitd_{name}", meaning, value)
