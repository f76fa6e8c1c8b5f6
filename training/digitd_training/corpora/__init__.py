"""The corpora that a model may learn from, with what their licences ask to be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownCorpus:
    """What a model file says of a corpus it has learned from.

    Attributes:
        name: As its publisher calls it.
        licence: SPDX identifier, or the licence's own name.
        credit: Whom it asks to name.
        share_alike: Whether what is made from it has to carry the same licence.
    """

    name: str
    licence: str
    credit: str
    share_alike: bool = False


CORPORA = {
    "fsdd": KnownCorpus(
        "Free Spoken Digit Dataset", "CC-BY-SA-4.0", "Zohar Jackson and contributors", share_alike=True
    ),
    "speech-commands": KnownCorpus("Speech Commands", "CC-BY-4.0", "Pete Warden, Google"),
    "an4": KnownCorpus("CMU AN4", "CMU's own, BSD-like", "Carnegie Mellon University"),
    "wake-words": KnownCorpus("wake-word-benchmark", "Apache-2.0", "Picovoice"),
    "sentences": KnownCorpus("speech-to-intent-benchmark", "Apache-2.0", "Picovoice"),
    "esc-10": KnownCorpus(
        "ESC-10", "CC0-1.0 AND CC-BY-3.0", "Karol Piczak and the recordists of freesound.org"
    ),
    "room-responses": KnownCorpus("SpeechBrain samples", "Apache-2.0", "SpeechBrain"),
}
"""By the manifest's `source`."""
