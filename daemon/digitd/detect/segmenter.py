"""Which samples are an utterance: a windowed threshold, run without pause on blocks of any size."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from msgspec import Meta

from digitd.detect.adaptive import AdaptiveLimits, AdaptiveRule
from digitd.detect.bands import BandLevels
from digitd.detect.classic import ClassicRule
from digitd.detect.parts import PartLimits
from digitd.detect.rules import Rule, Span
from digitd.detect.tape import Tape
from digitd.messages import HEARD_AFTER_S, AudioBlock, Piece, Utterance

WINDOWS_PER_S = 160
"""The article's window: 50 samples at 8 kHz, 6.25 ms."""

PART_S = 1.0
"""No part is longer; keywords are shorter."""

ROW_S = 0.4
"""Two digits last so long, however fast they are said."""

SURROUNDINGS_BEFORE_S = 2.0
"""So much audio up to an utterance's offset is kept for who wants to know what it stood in."""

CLASSIC_FULL_SCALE = 50 * 32_768
"""The article adds up 50 samples of 16 bits."""


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """How the detector opens and closes an utterance.

    Attributes:
        mode: `adaptive` compares with the room's noise, band by band; `classic` is the article's fixed
            threshold, and then only `classic_threshold`, `onset_windows` and `longest_ms` count.
        classic_threshold: Sum of the magnitudes of 50 samples of 16 bits that counts as loud.
        onset_db: A window is loud when a band is so far above what the room rarely exceeds there.
        offset_db: Once open, a window is loud when a band is so far above that.
        quietest_dbfs: No room is taken for quieter than this.
        onset_windows: More than so many loud windows of 6.25 ms open an utterance.
        hang_over_ms: An utterance ends after so much quiet; it bridges the closures inside "six" and "eight".
        pre_roll_ms: So much before the onset belongs to the utterance: weak first consonants.
        post_roll_ms: So much after the offset belongs to it.
        shortest_ms: Anything shorter from onset to offset is a click.
        longest_ms: Anything longer is no keyword and is cut.
        parts_from_ms: What lasts so long may be a word and another sound; each part of it that may be a word
            is looked at if the whole is none. Above `longest_ms`: never.
        valley_db: A valley between two parts lies so far below the peaks on both sides.
        stands_out_db: A part is so much louder than what is around it.
        connected: Look for digits said without a pause between them in a sound that is no keyword as a whole,
            or longer than one.
    """

    mode: Literal["adaptive", "classic"] = "adaptive"
    classic_threshold: Annotated[float, Meta(ge=1, le=1_000_000)] = 1000.0
    onset_db: Annotated[float, Meta(ge=1, le=40)] = 7.0
    offset_db: Annotated[float, Meta(ge=1, le=40)] = 5.0
    quietest_dbfs: Annotated[float, Meta(ge=-100, le=0)] = -72.0
    onset_windows: Annotated[int, Meta(ge=1, le=100)] = 3
    hang_over_ms: Annotated[float, Meta(ge=25, le=2000)] = 1000 * HEARD_AFTER_S
    pre_roll_ms: Annotated[float, Meta(ge=0, le=500)] = 60.0
    post_roll_ms: Annotated[float, Meta(ge=0, le=500)] = 40.0
    shortest_ms: Annotated[float, Meta(ge=0, le=1000)] = 100.0
    longest_ms: Annotated[float, Meta(ge=200, le=10_000)] = 1500.0
    parts_from_ms: Annotated[float, Meta(ge=200, le=10_000)] = 700.0
    valley_db: Annotated[float, Meta(ge=1, le=40)] = 6.0
    stands_out_db: Annotated[float, Meta(ge=-40, le=40)] = 4.0
    connected: bool = True

    def __post_init__(self) -> None:
        if self.offset_db > self.onset_db:
            raise ValueError("offset_db: must not be above onset_db, or an utterance ends as it begins")
        if self.post_roll_ms > self.hang_over_ms:
            raise ValueError("post_roll_ms: must not be above hang_over_ms, later samples are not there yet")


class Segmenter:
    """Cuts utterances out of conditioned audio; holds little more than the longest utterance.

    A gap in the audio forgets an utterance that was open: half a word is worse than none.
    """

    def __init__(self, settings: SegmenterSettings, rate_hz: int) -> None:
        self._settings = settings
        self._window = rate_hz // WINDOWS_PER_S
        adaptive = settings.mode == "adaptive"
        self._pre_roll = round(settings.pre_roll_ms * rate_hz / 1000) if adaptive else 0
        self._post_roll = round(settings.post_roll_ms * rate_hz / 1000) if adaptive else 0
        self._before = round(SURROUNDINGS_BEFORE_S * rate_hz)
        self._after = round(HEARD_AFTER_S * rate_hz)
        self._begin_at(0)

    @property
    def onset_dbfs(self) -> float:
        """A window louder than this may be the beginning of an utterance, as things are now."""
        return self._rule.onset_dbfs

    @property
    def floor_dbfs(self) -> float:
        """How loud the room is when nobody speaks, as things are now, in the same measure."""
        return self._rule.floor_dbfs

    @property
    def settled(self) -> int:
        """Any utterance still to come begins at this sample or later."""
        return self._origin + self._rule.earliest * self._window

    def feed(self, block: AudioBlock) -> list[Utterance]:
        """Take a block of any size; return the utterances that it completes."""
        if block.start != self._tape.end:
            self._begin_at(block.start)
        self._tape.append(block.samples)
        fresh = self._tape.cut(self._heard, self._tape.end)
        windows = fresh[: len(fresh) - len(fresh) % self._window].reshape(-1, self._window)
        self._heard += windows.size
        utterances = [self._cut(span) for span in self._rule.feed(windows)]
        self._forget()
        return utterances

    def flush(self) -> list[Utterance]:
        """Return the utterance that the end of the stream completes."""
        return [self._cut(span) for span in self._rule.flush()]

    def _begin_at(self, start: int) -> None:
        self._rule = _rule(self._settings, self._window)
        self._origin = self._heard = start
        self._tape = Tape(start)

    def _cut(self, span: Span) -> Utterance:
        onset, offset = self._samples((span.onset, span.offset))
        start = max(onset - self._pre_roll, self._tape.start)
        parts = tuple(self._samples(part) for part in span.parts)
        pieces = tuple(self._placed(piece) for piece in span.pieces)
        first_end = min([offset, *(end for _, end in parts), *(piece.offset for piece in pieces)])
        around_start = max(first_end - self._before, self._tape.start)
        around_end = min(offset + self._after, self._origin + span.known * self._window)
        return Utterance(
            start=start,
            samples=self._tape.cut(start, offset + self._post_roll),
            onset=onset,
            offset=offset,
            level_dbfs=span.level_dbfs,
            floor_dbfs=span.floor_dbfs,
            too_long=span.too_long,
            surroundings=AudioBlock(around_start, self._tape.cut(around_start, around_end)),
            parts=parts,
            pieces=pieces,
        )

    def _placed(self, piece: Piece) -> Piece:
        onset, offset = self._samples((piece.onset, piece.offset))
        return replace(piece, onset=onset, offset=offset)

    def _samples(self, windows: tuple[int, int]) -> tuple[int, int]:
        first, last = (self._origin + window * self._window for window in windows)
        return first, last

    def _forget(self) -> None:
        """Let go of what no utterance can reach any more."""
        self._tape.forget_before(self.settled - max(self._before, self._pre_roll))


def _rule(settings: SegmenterSettings, window: int) -> Rule:
    longest = round(settings.longest_ms * WINDOWS_PER_S / 1000)
    if settings.mode == "classic":
        threshold = settings.classic_threshold / CLASSIC_FULL_SCALE
        return ClassicRule(threshold, settings.onset_windows, longest, WINDOWS_PER_S)
    shortest = round(settings.shortest_ms * WINDOWS_PER_S / 1000)
    limits = AdaptiveLimits(
        settings.onset_db,
        settings.offset_db,
        settings.quietest_dbfs,
        settings.onset_windows,
        hang_over=round(settings.hang_over_ms * WINDOWS_PER_S / 1000),
        shortest=shortest,
        longest=longest,
        windows_per_s=WINDOWS_PER_S,
        parts_from=round(settings.parts_from_ms * WINDOWS_PER_S / 1000),
        parts=PartLimits(settings.valley_db, settings.stands_out_db, shortest, round(PART_S * WINDOWS_PER_S)),
        pieces_from=round(ROW_S * WINDOWS_PER_S) if settings.connected else None,
    )
    return AdaptiveRule(limits, BandLevels(window * WINDOWS_PER_S, window))
