"""What a user would pick instead: PocketSphinx with a grammar of the keywords."""

from collections.abc import Sequence
from functools import cached_property, partial
from importlib import import_module
from typing import Any

import numpy as np

from digitd.decide import Bar
from digitd.errors import InputError, UnavailableError
from digitd.messages import Float32, Score, Utterance
from digitd.model.bundle import Bundle
from digitd_training.data import DIGITS, ELSE, Clip
from digitd_training.evaluation.hearing import Maker, Recogniser
from digitd_training.evaluation.recognisers import stage_one
from digitd_training.evaluation.strings import Strings, rivals_strings

POCKETSPHINX = "PocketSphinx"
RATE_HZ = 16_000
FULL_SCALE = 32_767

AROUND_S = 0.2
"""Heard before the onset: PocketSphinx gets more right with what is around a word than without."""


def rivals(bundle: Bundle) -> list[Maker]:
    """PocketSphinx, for the keywords of a model.

    Raises:
        InputError: The model takes audio of another rate, or a keyword is not in PocketSphinx's dictionary.
        UnavailableError: PocketSphinx is not installed.
    """
    _require_rate(bundle)
    _ = PocketSphinx(_keywords(bundle)).decoder  # complains here, not in another process
    return [partial(pocketsphinx, bundle)]


def pocketsphinx(bundle: Bundle) -> Recogniser:
    """PocketSphinx, which takes whatever is spoken for the keyword that is most like it."""
    keywords = _keywords(bundle)
    refractory = stage_one(bundle).bar.refractory
    everything = Bar(dict.fromkeys(keywords, 0.0), 0.0, frozenset({ELSE}), refractory)
    return Recogniser(POCKETSPHINX, PocketSphinx(keywords), everything, RATE_HZ)


def pocketsphinx_strings(bundle: Bundle, clips: Sequence[Clip]) -> Strings:
    """PocketSphinx with a grammar of any number of keywords in a row, each string played to it as a whole.

    Raises:
        InputError: The model takes audio of another rate, or a keyword is not in PocketSphinx's dictionary.
        UnavailableError: PocketSphinx is not installed.
    """
    _require_rate(bundle)
    hears = PocketSphinx(_keywords(bundle), row=True).keywords
    return rivals_strings(POCKETSPHINX, hears, clips, RATE_HZ)


class PocketSphinx:
    """Names utterances with the English model that PocketSphinx comes with.

    Args:
        keywords: Labels; digits are spelled out for the grammar, other labels are spelled as they are.
        row: Whether it expects any number of them in a row, else one.
    """

    def __init__(self, keywords: Sequence[str], *, row: bool = False) -> None:
        self._row = row
        spelled = {digit: word for word, digit in DIGITS.items()}
        self._labels = {spelled.get(label, label): label for label in keywords}

    @cached_property
    def decoder(self) -> Any:  # noqa: ANN401 - PocketSphinx publishes no types
        """PocketSphinx with a grammar of the keywords.

        Raises:
            InputError: A keyword is not in PocketSphinx's dictionary.
            UnavailableError: PocketSphinx is not installed.
        """
        decoder = _package().Decoder(samprate=RATE_HZ, lm=None, loglevel="FATAL")
        if unknown := [word for word in self._labels if not decoder.lookup_word(word)]:
            raise InputError(f"{', '.join(unknown)}: not in PocketSphinx's dictionary")
        decoder.add_jsgf_string("keywords", grammar(list(self._labels), row=self._row))
        decoder.activate_search("keywords")
        return decoder

    def score(self, utterance: Utterance) -> Score:
        """Return certainty of the word that PocketSphinx finds; it tells no posteriors under a grammar."""
        return Score({next(iter(self.keywords(_with_surroundings(utterance))), ELSE): 1.0})

    def keywords(self, samples: Float32) -> list[str]:
        """Return what PocketSphinx finds in a sound, shape (n,)."""
        self.decoder.reinit_feat()  # what it learned of the room would make the order of the clips matter
        self.decoder.start_utt()
        # As a whole: its mean is then removed from all of it, not from what came so far.
        self.decoder.process_raw(_pcm(samples), full_utt=True)
        self.decoder.end_utt()
        found = self.decoder.hyp()
        return [self._labels[word] for word in found.hypstr.split()] if found else []


def grammar(words: Sequence[str], *, row: bool = False) -> str:
    """A JSGF grammar of single words, or of any number of them in a row.

    Single words without parentheses: with them PocketSphinx finds none in 33 instead of 17 of FSDD's 300
    official test takes, and is right in 229 instead of 238. To rows it makes no difference.
    """
    any_word = " | ".join(words)
    keyword = f"({any_word})+" if row else any_word
    return f"#JSGF V1.0;\ngrammar keywords;\npublic <keyword> = {keyword};\n"


def _require_rate(bundle: Bundle) -> None:
    if bundle.card.features.rate_hz != RATE_HZ:
        raise InputError(f"PocketSphinx takes {RATE_HZ} Hz, this model {bundle.card.features.rate_hz} Hz")


def _keywords(bundle: Bundle) -> list[str]:
    return [label for label in bundle.card.labels if label not in bundle.card.rejected]


def _with_surroundings(utterance: Utterance) -> Float32:
    around = utterance.surroundings
    start = max(utterance.onset - round(AROUND_S * RATE_HZ), around.start)
    return around.samples[start - around.start :] if len(around.samples) else utterance.samples


def _pcm(samples: Float32) -> bytes:
    return (np.clip(samples, -1, 1) * FULL_SCALE).astype(np.int16).tobytes()


def _package() -> Any:  # noqa: ANN401 - as above
    try:
        return import_module("pocketsphinx")
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "PocketSphinx is not installed: `pip install 'digitd[pocketsphinx]'`, or leave --rivals out"
        ) from error
