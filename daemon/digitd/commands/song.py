"""The canary of a recogniser: does it hear here what it heard where its model was made?"""

from digitd.audio.files import array_blocks
from digitd.clock import SYSTEM, Clock
from digitd.commands.recogniser import Recogniser
from digitd.errors import ModelError
from digitd.messages import Rejection
from digitd.pipeline import canary_song, sing, verdicts
from digitd.service.canary import Canary, trouble_with


def canary_of(recogniser: Recogniser, clock: Clock = SYSTEM) -> Canary:
    """Return the canary, which has sung once.

    That the machine was slow may be in its report, and is no error: a machine that starts has other things to
    do, and after a `ModelError` nobody would try again.

    Raises:
        ModelError: The stored digit is not heard as it should be.
    """
    song, stored = canary_song(recogniser.rate_hz), recogniser.cascade.song
    canary = Canary(lambda: sing(song, recogniser.cascade), stored, clock)
    if trouble := trouble_with(canary.sing().song, stored, took_s=0.0):
        raise ModelError(f"{recogniser.title}: {trouble}; install digitd anew, or make the model anew")
    return canary


def refused_by_settings(recogniser: Recogniser) -> str | None:
    """Say why the settings in force do not let the stored digit pass; None where they do.

    The canary itself leaves the settings out: it could not tell a deaf machine from a strict one.
    """
    if not recogniser.cascade.song.accepted:  # of a model with other words it is none
        return None
    told = list(verdicts(recogniser.listen(array_blocks(canary_song(recogniser.rate_hz)))))
    if not told:
        return "no utterance"
    return next((str(verdict.reason) for verdict in told if isinstance(verdict, Rejection)), None)
