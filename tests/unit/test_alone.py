"""`digitd listen` without a daemon: what somebody tries while it listens."""

from pathlib import Path

from digitd.audio.files import file_blocks
from digitd.commands.alone import Alone
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.monitor.reading import Number, Utterance
from digitd.numbers import NumberSettings
from integration.speech import first_words

CONFIG = Config(numbers=NumberSettings(enabled=True, gap_s=3.0))


def numbers(recording: Path, *, tries: bool) -> list[str]:
    """Return the numbers that are heard, where something is tried after the first digit, or nothing."""
    recogniser = Recogniser(CONFIG)
    alone = Alone(CONFIG, recogniser, file_blocks(recording, recogniser.rate_hz))
    told: list[str] = []
    digits = 0
    for messages in alone.news():
        told += [message.text for message in messages if isinstance(message, Number)]
        before, digits = digits, digits + sum(isinstance(message, Utterance) for message in messages)
        if tries and before == 0 < digits:
            alone.ask("detector/set", '{"onset_db": 8}')
    return told


def test_of_a_number_in_the_middle_of_which_something_is_tried_nothing_counts(tmp_path: Path) -> None:
    digits = first_words(3, tmp_path / "words.wav")

    (whole,) = numbers(tmp_path / "words.wav", tries=False)
    (spoilt,) = numbers(tmp_path / "words.wav", tries=True)

    assert whole.split()[1] == "".join(digits)
    assert "sound is missing" in spoilt
