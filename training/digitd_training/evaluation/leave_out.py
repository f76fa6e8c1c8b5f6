"""Each speaker of a corpus left out in turn: what a model by the same recipe makes of somebody new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from digitd.errors import InputError
from digitd.model.bundle import Bundle
from digitd_training.data import ELSE, Recording, clips, keywords_in, read_manifest
from digitd_training.evaluation.counting import Figures, figures
from digitd_training.evaluation.evaluate import quiet_room
from digitd_training.evaluation.hearing import Take, listen
from digitd_training.evaluation.recognisers import ours
from digitd_training.evaluation.tables import table
from digitd_training.provenance import provenance_of
from digitd_training.recipe import Recipe
from digitd_training.train import calibrated, development_part, learned, seen, training_part


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the others' model makes of one speaker.

    Attributes:
        speaker: Who was left out.
        recognisers: What each stage alone and both together are worth on all recordings of that speaker.
    """

    speaker: str
    recognisers: list[Figures]


def leave_out(recipe: Recipe, folder: Path, source: str, command: str) -> Iterator[LeftOut]:
    """Train a model for each speaker of a corpus without that speaker, and play the speaker to it.

    The scenes are played once; each model learns from those examples that are not the speaker's. It takes
    hours, so each speaker's figures come as soon as they are known.

    Args:
        recipe: How to train.
        folder: Recordings with their manifest.
        source: The corpus.
        command: That asked for it.

    Raises:
        InputError: There are not at least two speakers.
    """
    recordings = read_manifest(folder)
    speakers = sorted(
        {
            one.speaker
            for one in training_part(recordings)
            if one.source == source and keywords_in(one, recipe.keywords)
        }
        - {""}
    )
    if len(speakers) < 2:  # noqa: PLR2004 - one to learn from, one to leave out
        raise InputError(
            f"{source}: {len(speakers)} speakers say keywords there; it takes two to leave one out"
        )
    part = training_part(recordings)
    provenance = provenance_of(recipe, part, command)
    examples = seen(recipe, part)
    development, _ = development_part(recipe, recordings)
    for speaker in speakers:
        others = [example for example in examples if example.speaker != speaker]
        draft = learned(recipe, others, provenance).bundle
        bundle = msgspec.structs.replace(draft, card=calibrated(recipe, development, draft))
        spoken = [one for one in recordings if one.speaker == speaker]
        yield LeftOut(speaker, _judged(bundle, spoken, recipe))


def markdown(found: Sequence[LeftOut]) -> str:
    """Write the shares that came out right as a table, a speaker a line, the mean last."""
    names = [one.recogniser for one in found[0].recognisers]
    rows = [
        [left.speaker, str(left.recognisers[0].keywords[0].played)]
        + [f"{one.keywords[0].share:.1%}" for one in left.recognisers]
        for left in found
    ]
    means = [
        sum(left.recognisers[at].keywords[0].share for left in found) / len(found) for at in range(len(names))
    ]
    rows.append(["mean", "", *(f"{mean:.1%}" for mean in means)])
    return table(["left out", "played", *names], rows) + "\n"


def _judged(bundle: Bundle, recordings: Sequence[Recording], recipe: Recipe) -> list[Figures]:
    rate_hz = recipe.features.rate_hz
    spoken = [clip for clip in clips(recordings, rate_hz, recipe.keywords) if clip.label != ELSE]
    takes = [Take(clip, "room", number) for number, clip in enumerate(spoken)]
    makers = ours(bundle)
    heard = listen(makers, {"room": partial(quiet_room, rate_hz)}, takes)
    return [figures(make().name, theirs) for make, theirs in zip(makers, heard, strict=True)]
