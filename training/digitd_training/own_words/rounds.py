"""Whose turn it is when one's own words are recorded. Pure, takes a numpy Generator."""

from collections.abc import Mapping

import numpy as np


class Rounds:
    """Every word once in an order drawn anew for each round, and none twice in a row.

    Fifteen times the same word in a row comes out as a chant, each like the one before and unlike the
    word said on its own; in one fixed order each word has its place in a list's melody. Rounds, not one
    long shuffle: a recording that is broken off then has about as many takes of every word.

    Attributes:
        have: Takes of each word so far.
        wanted: So many of each are wanted.
        word: Whose turn it is; None when all takes are there.
    """

    def __init__(self, have: Mapping[str, int], wanted: int, rng: np.random.Generator) -> None:
        self.have = dict(have)
        self.wanted = wanted
        self._rng = rng
        self._round: list[str] = []
        self.word = self._next(last=None)

    def keep(self, word: str) -> None:
        """Count a take, and go on to the next word."""
        self.have[word] += 1
        self.word = self._next(word)

    def undo(self, word: str) -> None:
        """Count a take less; its word has its turn now, and the one that had it comes next."""
        self.have[word] -= 1
        self._round = [*filter(None, [self.word]), *self._round]
        self.word = word

    def _next(self, last: str | None) -> str | None:
        self._round = [word for word in self._round if self.have[word] < self.wanted] or self._new(last)
        return self._round.pop(0) if self._round else None

    def _new(self, last: str | None) -> list[str]:
        missing = [word for word, have in self.have.items() if have < self.wanted]
        order = [missing[at] for at in self._rng.permutation(len(missing))]
        return [*order[1:], *order[:1]] if last in order[:1] else order
