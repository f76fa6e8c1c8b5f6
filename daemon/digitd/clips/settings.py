"""What may be said about clips."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from digitd.messages import Detection, Rejection


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """Recordings of utterances, kept to learn from.

    Attributes:
        enabled: Keep them, unless a secret number may be spoken or the daemon is muted.
        folder: Where; empty for `clips` and the site, where the daemon keeps what it was asked for.
        most: At most so many; the oldest without a label goes first.
        most_mb: At most so many megabytes.
        only_doubtful: Keep only what may have been a mistake, see the next two.
        sure_from: What is acted on with less confidence is doubtful.
        perhaps_from: What is ignored is doubtful where a keyword has at least this probability.
    """

    enabled: bool = False
    folder: str = ""
    most: Annotated[int, Meta(ge=1, le=10_000)] = 200
    most_mb: Annotated[float, Meta(ge=1.0, le=10_000.0)] = 50.0
    only_doubtful: bool = False
    sure_from: Annotated[float, Meta(ge=0.5, le=1.0)] = 0.9
    perhaps_from: Annotated[float, Meta(ge=0.01, le=1.0)] = 0.2


def is_wanted(verdict: Detection | Rejection, settings: ClipSettings, keywords: Iterable[str]) -> bool:
    """Say whether an utterance is one to keep; what the model was not asked about never is."""
    if verdict.score is None:
        return False
    if not settings.only_doubtful:
        return True
    if isinstance(verdict, Detection):
        return verdict.score.probability < settings.sure_from
    return max(verdict.score.probabilities[keyword] for keyword in keywords) >= settings.perhaps_from
