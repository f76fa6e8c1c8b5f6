"""What a model of one's own words is asked, and when it is worse than the one before."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, read_bundle
from digitd_training.data import Recording
from digitd_training.own_words.exam import MOST_CLIPS, Mark, held_back, questions

pytestmark = pytest.mark.training


def take(word: str, number: int, *, speaker: str = "words-kitchen", split: str = "train") -> Recording:
    name = f"words/{word}/{speaker}_{number}.wav"
    return Recording(Path(name), name, "words", "word", word, speaker, split)


def of_other_words(bundle: Bundle, words: str) -> Bundle:
    """The same model, but its keywords are called by these letters."""
    card = bundle.card
    assert card.verifier
    thresholds = dict.fromkeys(words, 0.5)
    verifier = msgspec.structs.replace(
        card.verifier, point=msgspec.structs.replace(card.verifier.point, thresholds=thresholds)
    )
    point = msgspec.structs.replace(card.point, thresholds=thresholds)
    other = msgspec.structs.replace(card, labels=(*words, "else"), point=point, verifier=verifier)
    return msgspec.structs.replace(bundle, card=other)


@pytest.mark.parametrize(
    ("played", "before", "after", "worse"),
    [
        (10, 9, 10, False),
        (10, 9, 8, False),
        (10, 9, 7, True),
        (100, 98, 93, False),
        (100, 98, 92, True),
        (10, None, 0, False),
    ],
    ids=["better", "one less", "two less", "five of a hundred", "six of a hundred", "nobody could know"],
)
def test_a_model_is_worse_that_lost_more_than_chance_takes(
    played: int, before: int | None, after: int, *, worse: bool
) -> None:
    assert Mark("takes", played, after, before).is_worse == worse


def test_a_mark_says_what_was_lost() -> None:
    assert (
        str(Mark("takes held back", 10, 7, 9))
        == "takes held back: 7 of 10 right, 9 by the model before: worse"
    )
    assert (
        str(Mark("takes of new words held back", 10, 7, None))
        == "takes of new words held back: 7 of 10 right"
    )


def test_some_takes_of_each_word_are_held_back_that_there_are_enough_of() -> None:
    takes = [take("lamp", number) for number in range(40)]
    few = [take("door", number) for number in range(4)]
    others = [take("", number) for number in range(10)]

    back = held_back([*takes, *few, *others])

    labels = [one.label for one in back]
    assert 2 <= labels.count("lamp") <= 12
    assert (labels.count("door"), labels.count("") > 0) == (0, True)


def test_with_more_takes_the_same_ones_are_held_back() -> None:
    takes = [take("lamp", number) for number in range(80)]

    earlier, later = held_back(takes[:40]), held_back(takes)

    assert {one.name for one in earlier} <= {one.name for one in later}


def test_where_speakers_are_held_out_it_is_their_takes() -> None:
    heard = [take("lamp", number, speaker="words-anna") for number in range(20)]
    held_out = [take("lamp", number, speaker="words-ben", split="dev") for number in range(3)]

    assert held_back([*heard, *held_out]) == held_out


def test_both_are_asked_takes_and_a_sample_of_held_out_people(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.zeros(1600, np.int16), 16_000)
    takes = [
        Recording(path, f"w/{label}", "words", "digit", label, "words-anna", "train") for label in ("7", "")
    ]
    digits = [
        Recording(path, f"d/{number}", "speech-commands", "digit", "7", "sc-a", split)
        for number in range(80)
        for split in ("train", "dev")
    ]
    words = [
        Recording(path, f"o/{number}", "speech-commands", "word", "bird", "sc-a", "dev")
        for number in range(999)
    ]
    shipped = read_bundle(SHIPPED)

    asked = {
        one.name: len(one.clips) for one in questions(shipped, shipped, takes, [*takes, *digits, *words])
    }

    assert asked == {
        "takes held back": 1,
        "takes of new words held back": 0,
        "takes held back of what is no keyword": 1,
        "digits of other people": 80,
        "other words of other people": MOST_CLIPS,
    }


def test_words_are_cut_out_of_sentences_where_nobody_recorded_others(tmp_path: Path) -> None:
    name = "an4/wav/an4_clstk/fash/an251-fash-b.sph"  # "YES": the word's times are known
    path = tmp_path / "an251-fash-b.wav"
    soundfile.write(path, np.zeros(16_000, np.int16), 16_000)
    sentence = Recording(path, name, "an4", "speech", "yes", "an4-fash", "dev")
    shipped = read_bundle(SHIPPED)

    asked = {one.name: one.clips for one in questions(shipped, shipped, [], [sentence])}

    (word,) = asked["other words of other people"]
    assert (word.label, word.whole) == ("else", True)


def test_digits_are_other_words_to_models_of_other_words(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, np.zeros(1600, np.int16), 16_000)
    digit = Recording(path, "d/1", "speech-commands", "digit", "7", "sc-a", "dev")
    letters = of_other_words(read_bundle(SHIPPED), "abcdefghij")

    asked = {one.name: len(one.clips) for one in questions(letters, letters, [], [digit])}

    assert asked["other words of other people"] == 1
    assert asked["digits of other people"] == 0
