"""The canary of a recogniser: does it hear here what it heard where its model was made?"""

from digitd.audio.files import array_blocks
from digitd.commands.recogniser import Recogniser
from digitd.errors import ModelError
from digitd.messages import Rejection
from digitd.pipeline import canary_song, sing, verdicts
from digitd.service.canary import Canary


def canary_of(recogniser: Recogniser) -> Canary:
    """Return the canary, which has sung once.

    Raises:
        ModelError: The stored digit is not heard as it should be.
    """
    song = canary_song(recogniser.rate_hz)
    canary = Canary(lambda: sing(song, recogniser.cascade), recogniser.cascade.song)
    if trouble := canary.sing().trouble:
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
