"""A recipe for one's own words, alone or beside the digits."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from digitd.errors import InputError
from digitd.numbers import DIGITS
from digitd_training.corpora.fetch import fetch
from digitd_training.corpora.manifest import NAME
from digitd_training.data import Recording, spellings
from digitd_training.recipe import Recipe, read_recipe

SOURCE = "words"

SHARE = 0.5
"""Of the keywords in the scenes, where the digits stay."""

SHARE_OF_DIGITS = 0.15
"""The same where one's own takes are digits, too: a few takes must not drown what others say."""


def add_takes(words: Path, recordings: Path) -> list[str]:
    """List a folder `word/speaker_take.wav` in the manifest of the folder of recordings.

    Returns:
        What a person should know of them, a line each.

    Raises:
        InputError: There are no takes in it, or no other recordings: everything else is learned from those.
    """
    if not (recordings / NAME).is_file():
        raise InputError(
            f"{recordings}: no recordings there yet, and what is none of your words is learned from others': "
            f"digitd-train fetch an4 speech-commands --to {recordings}"
        )
    added = fetch(SOURCE, recordings, None, words, "")
    return [f"{SOURCE}: {added.summary}", *added.notes, *(f"left out: {reason}" for reason in added.left_out)]


def recipe_for(recipe: Recipe, recordings: Sequence[Recording], *, beside_digits: bool) -> Recipe:
    """Fill in the keywords: the words that were recorded, and the digits where they stay.

    Raises:
        InputError: No word was recorded.
    """
    words = sorted(
        {one.label for one in recordings if one.source == SOURCE and one.kind in {"word", "digit"}} - {""}
    )
    if not words:
        raise InputError("no word of one's own is among the recordings: digitd-train record, then --words")
    keywords = spellings(words)
    if not beside_digits:
        return replace(recipe, keywords=keywords)
    digits = read_recipe("digits")
    share = SHARE_OF_DIGITS if DIGITS.issuperset(words) else SHARE
    weights = {source: (1 - share) * weight for source, weight in digits.keyword_weights.items()}
    return replace(
        recipe,
        keywords=digits.keywords | keywords,
        keyword_weights={SOURCE: share, **weights},
    )
