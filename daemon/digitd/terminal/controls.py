"""What keys ask for. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from digitd.monitor.reading import State

Wish: TypeAlias = tuple[str, str]
"""Topic and payload, in the words of MQTT."""

QUIT: Final = "q"
KEYS: Final = "m mute   - + confidence   0 model's own   < > onset   q quit"
SHORT_KEYS: Final = "m -+ 0 <> q"

THRESHOLD: Final = "decision.threshold"
ONSET: Final = "detector.onset_db"
THRESHOLD_STEP: Final = 0.01
ONSET_STEP_DB: Final = 1.0

COMMON_THRESHOLD: Final = 0.9
"""What a first step starts from where the model has a threshold of its own for each keyword."""


def wish(key: str, state: State) -> Wish | None:
    """Return what a key asks for as things are set; None where it means nothing."""
    made = _WISHES.get(key)
    return made(state) if made else None


def summary(state: State) -> str:
    """Say what the keys have set."""
    threshold = state.setting(THRESHOLD).value
    confidence = f"confidence {threshold:g}" if threshold else "confidence: the model's own"
    onset = f"   onset {state.setting(ONSET).value:g} dB" if state.detector == "adaptive" else ""
    return f"{'MUTED   ' if state.muted else ''}{confidence}{onset}"


def _threshold(state: State, step: float) -> Wish:
    setting = state.setting(THRESHOLD)
    wanted = (setting.value or COMMON_THRESHOLD) + step
    return "threshold/set", f"{min(max(wanted, setting.least), setting.most):.3g}"


def _onset(state: State, step: float) -> Wish:
    setting = state.setting(ONSET)
    wanted = min(max(setting.value + step, setting.least), setting.most)
    return "detector/set", json.dumps({"onset_db": wanted})


_WISHES: Final[Mapping[str, Callable[[State], Wish]]] = {
    "m": lambda state: ("mute/set", "OFF" if state.muted else "ON"),
    "+": lambda state: _threshold(state, THRESHOLD_STEP),
    "=": lambda state: _threshold(state, THRESHOLD_STEP),  # where + needs Shift
    "-": lambda state: _threshold(state, -THRESHOLD_STEP),
    "0": lambda _: ("threshold/set", "None"),
    ">": lambda state: _onset(state, ONSET_STEP_DB),
    "<": lambda state: _onset(state, -ONSET_STEP_DB),
}
