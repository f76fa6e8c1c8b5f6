"""What can be changed while the daemon runs, tried first and kept if it is good. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache
from typing import Any, Final

import msgspec

from digitd.commands.recogniser import site
from digitd.config import Config, json_schema
from digitd.decide import Orders
from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import ConfigError
from digitd.publish.orders import GREATEST, LEAST

TRIED: Final = ("onset_db", "offset_db", "hang_over_ms")
"""Keys of `detector`."""

THRESHOLD: Final = "decision.threshold"


def with_tried(config: Config, payload: str) -> Config:
    """Return a configuration with other settings of the detector.

    Args:
        config: In force.
        payload: JSON, some of `TRIED` with their values.

    Raises:
        ConfigError: With what is allowed.
    """
    try:
        tried = msgspec.json.decode(payload, type=dict[str, float])
        if unknown := tried.keys() - set(TRIED):
            raise ConfigError(f"{', '.join(sorted(unknown))}: only {', '.join(TRIED)} can be tried")
        detector = msgspec.convert({**asdict(config.detector), **tried}, SegmenterSettings)
    except msgspec.DecodeError as error:
        raise ConfigError(f"detector: {error}") from error
    return replace(config, detector=detector)


def unkept(config: Config, kept: Config, orders: Orders) -> dict[str, float]:
    """Return what is in force and not in the file, by key."""
    found = {
        f"detector.{key}": getattr(config.detector, key)
        for key in TRIED
        if getattr(config.detector, key) != getattr(kept.detector, key)
    }
    if orders.threshold is not None and orders.threshold != kept.decision.threshold:
        found[THRESHOLD] = orders.threshold
    return found


def page_state(config: Config, kept: Config, orders: Orders) -> dict[str, Any]:
    """Say what is set, as the web page shows it."""
    return {
        "site": site(config),
        "muted": orders.muted,
        "detector": config.detector.mode,
        "settings": settings(config, kept, orders),
        "secret": config.numbers.secret,
    }


def settings(config: Config, kept: Config, orders: Orders) -> list[dict[str, Any]]:
    """Describe each setting that can be tried: what it is, what the file says, and what is allowed."""
    described = _described()
    detector = described["SegmenterSettings"]["properties"]
    told = [
        _setting(f"detector.{key}", getattr(config.detector, key), getattr(kept.detector, key), detector[key])
        for key in TRIED
    ]
    threshold = {
        "minimum": LEAST,
        "maximum": GREATEST,
        "description": described["DecisionSettings"]["properties"]["threshold"]["description"],
    }
    in_force = config.decision.threshold if orders.threshold is None else orders.threshold
    return [*told, _setting(THRESHOLD, in_force, kept.decision.threshold, threshold)]


@cache
def _described() -> dict[str, Any]:
    definitions: dict[str, Any] = json_schema()["$defs"]
    return definitions


def _setting(key: str, value: float, kept: float, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "value": value,
        "kept": kept,
        "least": schema["minimum"],
        "most": schema["maximum"],
        "meaning": schema["description"],
    }
