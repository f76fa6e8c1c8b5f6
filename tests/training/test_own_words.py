"""What one's own takes make of a recipe."""

from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.errors import InputError
from digitd_training.data import Recording
from digitd_training.own_words.learn import SHARE, SHARE_OF_DIGITS, recipe_for
from digitd_training.recipe import read_recipe

pytestmark = pytest.mark.training


def takes(*words: str) -> list[Recording]:
    """A take of each; an empty one is of no word."""
    kinds = {word: "digit" if word.isdigit() else "word" for word in words}
    return [Recording(Path(word), word, "words", kinds[word], word, "words-anna", "train") for word in words]


def test_what_was_no_word_is_no_keyword() -> None:
    recipe = recipe_for(read_recipe("words"), takes("lamp", "", "door"), beside_digits=False)

    assert recipe.labels == ("door", "lamp", "else")


def test_where_nothing_but_that_was_recorded_there_is_nothing_to_learn() -> None:
    with pytest.raises(InputError, match="no word of one's own"):
        recipe_for(read_recipe("words"), takes(""), beside_digits=False)


@pytest.mark.parametrize("beside_digits", [True, False])
def test_a_word_is_known_however_another_corpus_spells_it(*, beside_digits: bool) -> None:
    recipe = recipe_for(read_recipe("words"), takes("7", "Stop"), beside_digits=beside_digits)

    assert {"7", "Stop"} < set(recipe.labels)
    assert [recipe.keywords[word] for word in ("7", "seven", "Stop", "stop")] == ["7", "7", "Stop", "Stop"]


def test_a_word_that_no_stranger_says_has_its_threshold_from_the_takes() -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    from digitd_training.train import development_part  # noqa: PLC0415 - TensorFlow

    mine = takes("lamp", "reading lamp", "7")
    strangers = [
        Recording(Path(name), name, "speech-commands", "digit", name, "sc-ben", "dev") for name in ("7", "5")
    ]
    recipe = recipe_for(read_recipe("words"), [*mine, *strangers], beside_digits=True)

    chosen_on, are_there_strangers = development_part(recipe, [*mine, *strangers])

    assert [one.label for one in chosen_on] == ["7", "5", "lamp", "reading lamp"]
    assert are_there_strangers


@pytest.mark.parametrize(("words", "share"), [(("7", "lamp"), SHARE), (("7", "5"), SHARE_OF_DIGITS)])
def test_a_few_takes_of_digits_do_not_drown_what_others_say(words: tuple[str, ...], share: float) -> None:
    recipe = recipe_for(read_recipe("words"), takes(*words), beside_digits=True)

    assert recipe.keyword_weights["words"] == share
    assert sum(recipe.keyword_weights.values()) == pytest.approx(1)
    assert set("0123456789") < set(recipe.labels)
