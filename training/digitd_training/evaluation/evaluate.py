"""Every published number: measured on the exported file, through the daemon's own pipeline."""

import platform
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import InputError
from digitd.messages import Float32
from digitd.model.bundle import Bundle, ModelCard
from digitd.model.cascade import Cascade
from digitd_training import augment
from digitd_training.data import ELSE, Clip, Recording, clips, is_official_fsdd_test, spellings
from digitd_training.evaluation.conditions import SPEECH_DBFS, InNoise, beds, in_noise
from digitd_training.evaluation.costs import Agreement, Costs, agreement, costs
from digitd_training.evaluation.counting import Figures, Other, Spoken, figures, noise_of
from digitd_training.evaluation.curves import Curve, curve
from digitd_training.evaluation.hearing import Maker, Take, listen
from digitd_training.evaluation.numbers import Numbers, counted, number_clips
from digitd_training.evaluation.recognisers import FLOAT, STAGE_ONE, ours
from digitd_training.scenes import cut_utterances

ROOM_S = 0.5
"""Room noise before and after each clip."""

ROOM_DBFS = -60.0
"""Its level: a quiet room behind an ordinary microphone."""

MUSIC_CLIPS, MUSIC_S = 60, 10.0
"""Synthetic music stands in for real music, of which no corpus here has any."""

MOST_IN_NOISE = 200
"""Digits that are played in each noise at each level; more would take hours."""

PACKAGES = ("digitd", "ai-edge-litert", "tflite-runtime", "numpy", "pyopen-wakeword", "pocketsphinx")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, how and with what the figures were measured.

    Attributes:
        command: That made them.
        measured_at: UTC, ISO 8601.
        machine: System and kind of processor.
        versions: Of Python and the packages that matter, as far as they are installed.
        alone_because: Why stage one was alone; None where it was not.
        chosen_for: What the thresholds were chosen to keep to, as the model's card says.
    """

    command: str
    measured_at: str
    machine: str
    versions: dict[str, str]
    alone_because: str | None
    chosen_for: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `digitd-train evaluate` found.

    Attributes:
        model: Name, version and digest.
        circumstances: Of the measurement.
        recognisers: What each of them is worth; the model as the daemon uses it comes first.
        curves: Of each of them.
        numbers: What becomes of whole numbers, by length; empty where no speaker says enough digits.
        noise: How the model bears noise and a reverberant room; empty in a quick report.
        rounding: Stage one in int8 against floating point; None where there was none to compare with.
        costs: Sizes and times.
    """

    model: str
    circumstances: Circumstances
    recognisers: list[Figures]
    curves: list[Curve]
    numbers: list[Numbers]
    noise: list[InNoise]
    rounding: Agreement | None
    costs: Costs

    @property
    def keywords(self) -> list[Spoken]:
        """What the model, as the daemon uses it, made of keywords, by corpus."""
        return self.recognisers[0].keywords

    @property
    def others(self) -> list[Other]:
        """What the model, as the daemon uses it, published while no keyword was spoken."""
        return self.recognisers[0].others


def evaluate(
    bundle: Bundle,
    recordings: Iterable[Recording],
    rivals: Sequence[Maker] = (),
    *,
    quick: bool = True,
    command: str = "digitd-train train",
) -> Report:
    """Play FSDD's official test takes, and everything of the development speakers, to the pipeline.

    Args:
        bundle: The exported file.
        recordings: Of both splits; training recordings are passed over.
        rivals: Whom to judge beside the model.
        quick: Leave out noise and reverberation, which take most of the time.
        command: That asked for it.

    Raises:
        InputError: There is no keyword among the recordings.
    """
    rate_hz = bundle.card.features.rate_hz
    recorded = test_clips(recordings, bundle.card)
    example = _example(recorded, rate_hz)
    played = [*recorded, *music_clips(rate_hz)]
    makers = [*ours(bundle), *rivals]
    takes = [Take(clip, "room", number) for number, clip in enumerate(played)]
    heard = listen(makers, {"room": partial(quiet_room, rate_hz)}, takes)
    recognisers = [make() for make in makers]
    by_name = {one.name: theirs for one, theirs in zip(recognisers, heard, strict=True)}
    return Report(
        bundle.title,
        _circumstances(bundle, command),
        [figures(name, theirs) for name, theirs in by_name.items()],
        [curve(one.name, by_name[one.name], one.bar) for one in recognisers],
        _numbers(makers[0], played, rate_hz),
        [] if quick else _noise(makers[0], played, rate_hz),
        agreement(by_name[STAGE_ONE], by_name[FLOAT]) if FLOAT in by_name else None,
        costs(bundle, recognisers, example),
    )


def test_clips(recordings: Iterable[Recording], card: ModelCard) -> list[Clip]:
    """Read what a model may be judged on: FSDD's official test takes and the development split."""
    chosen = [
        recording
        for recording in recordings
        if recording.kind != "impulse" and (recording.split == "dev" or is_official_fsdd_test(recording))
    ]
    return clips(chosen, card.features.rate_hz, spellings(card.keywords))


def music_clips(rate_hz: int) -> list[Clip]:
    """Make ten minutes of synthetic music, always the same."""
    level = np.float32(10 ** (SPEECH_DBFS / 20))
    return [
        Clip(
            augment.music(round(MUSIC_S * rate_hz), np.random.default_rng(number), rate_hz) * level,
            ELSE,
            "",
            "augment",
            f"synthetic music/{number}",
            "music",
        )
        for number in range(MUSIC_CLIPS)
    ]


def amid_room_noise(samples: Float32, rate_hz: int, seed: int) -> Float32:
    """Put pink noise under a clip, and for half a second before and after it."""
    margin = round(ROOM_S * rate_hz)
    padded: Float32 = np.pad(samples, (margin, margin))
    noise = augment.coloured_noise(len(padded), np.random.default_rng(seed), exponent=1)
    return padded + noise * np.float32(10 ** (ROOM_DBFS / 20))


def quiet_room(rate_hz: int, clip: Clip, seed: int) -> Float32:
    """Put a clip where the main tables have it heard: `amid_room_noise`, as `hearing.listen` asks for it."""
    return amid_room_noise(clip.samples, rate_hz, seed)


def _example(played: Iterable[Clip], rate_hz: int) -> Float32:
    """A clip with a keyword in it that the detector finds."""
    for clip in played:
        if clip.label == ELSE:
            continue
        sound = amid_room_noise(clip.samples, rate_hz, 0)
        if cut_utterances(sound, SegmenterSettings(), rate_hz):
            return sound
    raise InputError(
        "nothing to measure on: no keyword is spoken in the recordings of the manifest's split `dev`"
    )


def _noise(model: Maker, played: Sequence[Clip], rate_hz: int) -> list[InNoise]:
    """Play some digits of people never heard in training, evenly chosen, in noise never heard either."""
    digits = [clip for clip in played if clip.label != ELSE and clip.source != "fsdd"]
    if not digits:
        return []
    chosen = [digits[int(at)] for at in np.linspace(0, len(digits) - 1, min(MOST_IN_NOISE, len(digits)))]
    noises: dict[str, list[Float32]] = {}
    for clip in played:
        if clip.kind == "noise":
            noises.setdefault(noise_of(clip.name), []).append(clip.samples)
    voices = [clip.samples for clip in played if clip.kind == "speech"]
    return in_noise(model, chosen, beds(noises, voices, rate_hz), rate_hz)


def _numbers(model: Maker, played: Sequence[Clip], rate_hz: int) -> list[Numbers]:
    """Play numbers of people never heard in training, amid the same quiet room as single digits."""
    said = number_clips([clip for clip in played if clip.source != "fsdd"], rate_hz)
    takes = [Take(clip, "room", number) for number, clip in enumerate(said)]
    return counted(listen([model], {"room": partial(quiet_room, rate_hz)}, takes, "numbers")[0], rate_hz)


def _circumstances(bundle: Bundle, command: str) -> Circumstances:
    model = Cascade(bundle)
    return Circumstances(
        command,
        datetime.now(UTC).isoformat(timespec="seconds"),
        f"{platform.system()}, {platform.machine()}",
        {"python": platform.python_version(), **_versions()},
        model.alone_because,
        model.point.chosen_for,
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
