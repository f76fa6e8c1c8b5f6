"""Where one's own takes lie: `folder/word/speaker_take.wav`. Nothing is ever overwritten."""

import re
from dataclasses import dataclass
from pathlib import Path

from digitd.audio.writing import wav
from digitd.errors import DigitdError
from digitd.messages import Float32

RATE_HZ = 16_000
"""What takes are kept at; training takes them to the rate of its model."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One speaker's takes.

    Attributes:
        folder: Where the words' folders are, those of other speakers too.
        speaker: Who speaks; no underscore in it.
    """

    folder: Path
    speaker: str

    def takes(self, word: str) -> list[int]:
        """Return the numbers of the takes of a word that are there, in order."""
        names = (re.fullmatch(r"([^_]+)_(\d+)\.wav", path.name) for path in (self.folder / word).glob("*"))
        return sorted(int(name[2]) for name in names if name and name[1] == self.speaker)

    def keep(self, word: str, samples: Float32) -> Path:
        """Write one more take as 16-bit WAV.

        Args:
            word: The folder.
            samples: At `RATE_HZ`, shape (n,), full scale is ±1.0.

        Returns:
            The file.

        Raises:
            DigitdError: It cannot be written.
        """
        path = self.folder / word / f"{self.speaker}_{max(self.takes(word), default=0) + 1}.wav"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(wav(samples, RATE_HZ))
        except OSError as error:
            raise DigitdError(f"{error.filename or path}: {error.strerror}; can -o be written to?") from error
        return path
