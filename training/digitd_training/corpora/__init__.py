"""The corpora that a model may learn from: where they are published, and what their licences ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a corpus is published, and how to know that what arrives is it.

    Attributes:
        name: The file's, here and at a mirror.
        addresses: Of one and the same file, the publisher's first; the next is asked where one lacks it.
        sha256: What it is checked against.
        packed_anew: Whether the publisher's server packs the archive for each visitor and promises no digest
            of it. Then `sha256` is of its WAV files: name and bytes of each, in the order of their names.
    """

    name: str
    addresses: tuple[str, ...]
    sha256: str
    packed_anew: bool = False


@dataclass(frozen=True, slots=True)
class KnownCorpus:
    """What a model file says of a corpus it has learned from.

    Attributes:
        name: As its publisher calls it.
        licence: SPDX identifier, or the licence's own name.
        credit: Whom it asks to name.
        share_alike: Whether what is made from it has to carry the same licence.
        archive: Where it is published, if we know how to read what is in there.
    """

    name: str
    licence: str
    credit: str
    share_alike: bool = False
    archive: Archive | None = None


FSDD = Archive(
    "free-spoken-digit-dataset-1.0.10.tar.gz",
    ("https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",),
    # Others who pin this release state it; the tests' copy of the recordings, written as WAV, has it too.
    "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e",
    packed_anew=True,
)

SPEECH_COMMANDS = Archive(
    "speech_commands_v0.02.tar.gz",
    (
        "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    ),
    # The same in torchaudio's and in TensorFlow Datasets' list of checksums.
    "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)

AN4 = Archive(
    "an4_sphere.tar.gz",
    (
        "http://www.speech.cs.cmu.edu/databases/an4/an4_sphere.tar.gz",
        # CMU's own page comes and goes (NVIDIA-NeMo/Speech #3743, #14136); NVIDIA keeps the file for NeMo.
        "https://dldata-public.s3.us-east-2.amazonaws.com/an4_sphere.tar.gz",
    ),
    # CMU states none. This one is of NVIDIA's copy, from a NeMo training script that checks it.
    "a0525579493735d32b60fb6fa5975dd0eaacde087b0a4eeb7f13b7ef33077b12",
)

CORPORA = {
    "fsdd": KnownCorpus(
        "Free Spoken Digit Dataset",
        "CC-BY-SA-4.0",
        "Zohar Jackson and contributors",
        share_alike=True,
        archive=FSDD,
    ),
    "speech-commands": KnownCorpus(
        "Speech Commands", "CC-BY-4.0", "Pete Warden, Google", archive=SPEECH_COMMANDS
    ),
    "an4": KnownCorpus("CMU AN4", "CMU's own, BSD-like", "Carnegie Mellon University", archive=AN4),
    "wake-words": KnownCorpus("wake-word-benchmark", "Apache-2.0", "Picovoice"),
    "sentences": KnownCorpus("speech-to-intent-benchmark", "Apache-2.0", "Picovoice"),
    "esc-10": KnownCorpus(
        "ESC-10", "CC0-1.0 AND CC-BY-3.0", "Karol Piczak and the recordists of freesound.org"
    ),
    "room-responses": KnownCorpus("SpeechBrain samples", "Apache-2.0", "SpeechBrain"),
    "words": KnownCorpus("one's own words", "not stated", "whoever made the recordings"),
    "noise": KnownCorpus("one's own noise", "not stated", "whoever made the recordings"),
    "rooms": KnownCorpus("one's own room responses", "not stated", "whoever made the recordings"),
}
"""By the manifest's `source`."""
