"""Reads top to bottom: recipe, recordings, examples, networks, export, calibration, judgement, file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from digitd.errors import InputError, ModelError
from digitd.messages import Song
from digitd.model.bundle import (
    Bundle,
    ModelCard,
    OperatingPoint,
    Provenance,
    VerifierCard,
    read_bundle,
    write_bundle,
)
from digitd.model.cascade import Cascade
from digitd.model.embedding import SpeechEmbedding
from digitd.model.runtime import Network
from digitd.model.verifier import sweep
from digitd.pipeline import canary_song, sing
from digitd_training.calibrate import gate, operating_point, trial
from digitd_training.data import ELSE, Recording, is_official_fsdd_test, keywords_in
from digitd_training.evaluation.evaluate import Report, evaluate
from digitd_training.examples import Example, Eyes, SceneMaker, Seen, play
from digitd_training.export import multiplications, self_test, to_float, to_int8
from digitd_training.fit import fit, fit_verifier
from digitd_training.part_bar import part_bar
from digitd_training.provenance import begun_with, followed, provenance_of
from digitd_training.recipe import Recipe, VerifierSettings
from digitd_training.scenes import UNTRIMMED

AND_PARTS = ", and of parts of longer sounds"


def train(recipe: Recipe, recordings: Sequence[Recording], out: Path, command: str) -> Report | None:
    """Make a model file and say what it is worth.

    Args:
        recipe: What to make.
        recordings: What to make it of, and to judge it by.
        out: The file to write.
        command: How to make it again, for the file's provenance.

    Returns:
        The report on the file as written; None where the keywords were recorded by nobody whom it has not
        heard, so that there is nothing to report on.

    Raises:
        InputError: They are of a corpus whose licence we do not know, or too few to learn or to choose
            thresholds from.
    """
    learned_from = training_part(recordings)
    development, strangers = development_part(recipe, recordings)
    SceneMaker(recipe, development)  # complains half an hour too early rather than a moment too late
    provenance = provenance_of(recipe, learned_from, command)
    draft = learned(recipe, seen(recipe, learned_from), provenance)

    card = calibrated(recipe, development, draft.bundle)
    write_bundle(out, draft.network, card, draft.head)
    out.with_suffix(".float.tflite").write_bytes(draft.unrounded)
    if not strangers:
        return None

    return judged(out, recordings, command)


def judged(path: Path, recordings: Sequence[Recording], command: str) -> Report:
    """Measure a model file, write the figures into its card, and report on the file as it then is."""
    bundle = read_bundle(path)
    report = evaluate(bundle, recordings, command=command)
    card = msgspec.structs.replace(bundle.card, quality=quality(report))
    write_bundle(path, bundle.network, card, bundle.head)
    return replace(report, model=read_bundle(path).title)


def recalibrate(
    recipe: Recipe,
    recordings: Sequence[Recording],
    path: Path,
    command: str,
    *,
    only_parts: bool = False,
) -> Report | None:
    """Choose the thresholds of a model file anew, for the recipe's budget as it is now; nothing is learned.

    Args:
        recipe: The one that the model was made by.
        recordings: What to choose them on, and to judge the model by.
        path: The model file, which is written again.
        command: For the file's provenance, where it follows the one that made it.
        only_parts: Leave the thresholds, and choose how sure the model must be of parts of longer sounds.

    Returns:
        As `train`.

    Raises:
        InputError: There is nothing to choose them on.
        ModelError: The file is no model of ours, was made by another recipe, or has no second stage to ask
            about parts.
    """
    before = read_bundle(path)
    if set(recipe.labels) != set(before.card.labels) or recipe.features != before.card.features:
        raise ModelError(
            f"{path}: made by another recipe, for the keywords {', '.join(before.card.keywords)}: --recipe"
        )
    development, strangers = development_part(recipe, recordings)
    card = (with_parts if only_parts else calibrated)(recipe, development, before)
    card = msgspec.structs.replace(card, provenance=followed(before.card.provenance, command))
    write_bundle(path, before.network, card, before.head)
    return judged(path, recordings, command) if strangers else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A model before it is known when its scores are enough to act on.

    Attributes:
        card: With thresholds of one half.
        network: Stage one, int8.
        head: Stage two's head; empty where there is none.
        unrounded: Stage one in floating point, to compare with.
    """

    card: ModelCard
    network: bytes
    head: bytes
    unrounded: bytes

    @property
    def bundle(self) -> Bundle:
        """As it would be read from a file."""
        return Bundle(self.card, self.network, self.head, digest="")


def seen(recipe: Recipe, recordings: Sequence[Recording]) -> list[Example[Seen]]:
    """Play the recipe's scenes, and return what both networks see of them.

    Raises:
        InputError: The recipe asks for pieces of keywords of which nobody knows where they begin.
    """
    if (
        recipe.fragment_share
        and {one.source for one in recordings if keywords_in(one, recipe.keywords)} <= UNTRIMMED
    ):
        raise InputError(
            "fragment_share: nobody knows where in their recordings these keywords begin; set it to 0"
        )
    see = partial(Eyes, recipe.features, recipe.verifier.embeddings if recipe.verifier else 0)
    return play(recipe, recordings, range(recipe.scenes), see).examples


def learned(recipe: Recipe, examples: Sequence[Example[Seen]], provenance: Provenance) -> Draft:
    """Learn from examples."""
    settings = recipe.verifier
    labels = [example.label for example in examples]
    pictures = np.stack([example.seen.picture for example in examples])
    model = fit(recipe, pictures, labels, start.network if (start := begun_with(recipe)) else b"")
    network = to_int8(model, pictures)
    head = b""
    if settings:
        vectors = np.stack([example.seen.vectors for example in examples])
        head = to_float(fit_verifier(recipe, settings, vectors, labels))
    card = ModelCard(
        schema=1,
        name=recipe.name,
        version=recipe.version,
        labels=recipe.labels,
        rejected=(ELSE,),
        point=_even(recipe, stages=1),
        features=recipe.features,
        self_test=self_test(network, multiplications(model)),
        verifier=_verifier_card(recipe, settings, head) if settings else None,
        songs=(),
        provenance=provenance,
        quality={},
    )
    return Draft(card, network, head, to_float(model))


def calibrated(recipe: Recipe, recordings: Sequence[Recording], bundle: Bundle) -> ModelCard:
    """Choose on development speakers when the scores are enough to act on."""
    tried = trial(recipe, recordings, bundle)
    card, labels = bundle.card, bundle.card.labels
    alone = operating_point(tried, labels, recipe.budget, stages=1)
    verifier = None
    if card.verifier:
        both = operating_point(tried, labels, recipe.budget, stages=2)
        verifier = msgspec.structs.replace(card.verifier, gate=gate(tried, labels), point=both)
    chosen = msgspec.structs.replace(card, point=alone, verifier=verifier)
    if verifier:
        chosen = with_parts(recipe, recordings, msgspec.structs.replace(bundle, card=chosen))
    return msgspec.structs.replace(chosen, songs=songs(msgspec.structs.replace(bundle, card=chosen)))


def with_parts(recipe: Recipe, recordings: Sequence[Recording], bundle: Bundle) -> ModelCard:
    """Choose how sure both stages must be of a part of a longer sound, all else being as it is.

    Raises:
        ModelError: There is no second stage; the first knows nothing of what is around a part.
    """
    if not (verifier := bundle.card.verifier):
        raise ModelError("the model has no second stage, and the first is not asked about parts")
    whole, share = verifier.point.chosen_for.partition(AND_PARTS)[0], recipe.budget.parts
    part = part_bar(recipe, recordings, bundle)
    point = msgspec.structs.replace(
        verifier.point, part=part, chosen_for=f"{whole}{AND_PARTS} {share:.0%} of that"
    )
    return msgspec.structs.replace(bundle.card, verifier=msgspec.structs.replace(verifier, point=point))


def songs(bundle: Bundle) -> tuple[Song, ...]:
    """Sing the canary to stage one alone and, where there are two, to both: a daemon is held to it.

    Raises:
        ModelError: It is not heard as one word.
    """
    stages = (False, True) if bundle.card.verifier else (False,)
    song = canary_song(bundle.card.features.rate_hz)
    sung = [sing(song, Cascade(bundle, verify=verify)) for verify in stages]
    if None in sung:
        raise ModelError("the stored digit is not one utterance: is model/canary.flac whole?")
    return tuple(one for one in sung if one)


def _verifier_card(recipe: Recipe, settings: VerifierSettings, head: bytes) -> VerifierCard:
    vectors = SpeechEmbedding(settings.embeddings)(sweep())
    posteriors = Network(head, np.float32).run(vectors)
    return VerifierCard(settings.embeddings, 1.0, _even(recipe, stages=2), tuple(posteriors.tolist()))


def _even(recipe: Recipe, stages: int) -> OperatingPoint:
    """Where calibration begins: every stage trusted alike, every threshold one half."""
    thresholds = dict.fromkeys(recipe.keywords.values(), 0.5)
    return OperatingPoint((1 / stages,) * stages, thresholds, recipe.budget.margin, "nothing yet")


def quality(report: Report) -> dict[str, float | int | str]:
    """The report's figures, by name, as the model file carries them."""
    keywords = {f"right, {row.name}": round(row.right / row.played, 4) for row in report.keywords}
    others = {
        f"false accepts an hour, {row.name}": round(row.false_accepts / row.hours, 2) for row in report.others
    }
    return {**keywords, **others}


def development_part(recipe: Recipe, recordings: Sequence[Recording]) -> tuple[list[Recording], bool]:
    """Return what thresholds are chosen on, and whether strangers speak a keyword in it.

    Of keywords that nobody says who was held out, a household's own words, the takes learned from have to do.
    """
    held_out = [one for one in recordings if one.split == "dev" or one.kind == "impulse"]
    strangers = [one for one in held_out if keywords_in(one, recipe.keywords)]
    said = [keywords_in(one, recipe.keywords) for one in strangers if one.source in recipe.keyword_weights]
    unsaid = {*recipe.keywords.values()}.difference(*said)
    takes = [
        one
        for one in training_part(recordings)
        if one.source in recipe.keyword_weights and unsaid & keywords_in(one, recipe.keywords)
    ]
    return held_out + takes, bool(strangers)


def training_part(recordings: Sequence[Recording]) -> list[Recording]:
    """Return what may be learned from: nothing of a development speaker, nor of FSDD's official test."""
    development = {one.speaker for one in recordings if one.split == "dev"} - {""}
    return [
        one
        for one in recordings
        if one.split == "train"
        and not is_official_fsdd_test(one)
        and (one.kind == "noise" or one.speaker not in development)
    ]
