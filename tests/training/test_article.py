"""The article as the baseline: its other picture, its split and stricter ones, its network, the tables."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.demo.play import SPEECH, TRUTH
from digitd.errors import ConfigError
from digitd.messages import Float32
from integration.recordings import recordings
from training.drawings import drawn_by_matplotlib

pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

from digitd_training.article.baseline import Outcome, article_cnn, markdown
from digitd_training.article.protocols import ArticleRecipe, Picture, Protocol, Split, splits
from digitd_training.article.waveform import reduced_waveform
from digitd_training.data import Recording
from digitd_training.recipe import kind_of, read_recipe_as

pytestmark = pytest.mark.training

RECIPE = read_recipe_as("article", ArticleRecipe)
TOY = """
kind: article
seed: 1
speakers: [fsdd-anna]
test_takes: 2
epochs: 2
batch: 8
learning_rate: 0.001
random_splits: 1
reported: {waveform: 0.94, spectrogram: 0.97}
"""


def correlation(sound: Float32) -> float:
    drawn = drawn_by_matplotlib(lambda axes: axes.plot(sound))
    ours = reduced_waveform(sound)
    return float(np.corrcoef(drawn.ravel(), ours.ravel())[0, 1])


@pytest.mark.recordings
def test_the_waveform_is_the_picture_that_matplotlib_draws() -> None:
    corpus = recordings(source="fsdd")[:: 3000 // 100]

    correlations = [correlation(soundfile.read(one.path, dtype="float32")[0]) for one in corpus]

    assert len(correlations) == 100
    assert np.mean(correlations) >= 0.99
    assert min(correlations) >= 0.99


def test_the_waveform_is_the_picture_that_matplotlib_draws_of_synthetic_speech() -> None:
    speech, rate_hz = soundfile.read(SPEECH, dtype="float32")
    words = [
        speech[round(word["onset_s"] * rate_hz) : round(word["offset_s"] * rate_hz)]
        for word in json.loads(TRUTH.read_text())
    ]

    correlations = [correlation(word) for word in words]

    assert min(correlations) >= 0.99


def test_the_waveform_does_not_depend_on_how_loud_it_was() -> None:
    sound = np.random.default_rng(1).normal(size=4000).astype(np.float32)

    assert np.allclose(reduced_waveform(sound), reduced_waveform(sound / np.float32(1000)), atol=1e-3)


def test_digital_silence_is_a_line_in_the_middle() -> None:
    silence = np.zeros(4000, np.float32)

    assert correlation(silence) >= 0.99


def a_corpus(speakers: list[str], digits: str = "09", takes: int = 50) -> list[Recording]:
    """Recordings as the manifest tells of FSDD's, none of which is read."""
    names = sorted(
        f"fsdd/{digit}_{speaker}_{take}.flac"
        for digit in digits
        for speaker in speakers
        for take in range(takes)
    )
    return [
        Recording(Path(name), name, "fsdd", "digit", name[5], f"fsdd-{name[7:].split('_')[0]}", "train")
        for name in names
    ]


SIX = a_corpus(["george", "jackson", "lucas", "nicolas", "theo", "yweweler"])


def by_protocol(protocol: str) -> list[Split]:
    return [split for split in splits(RECIPE, SIX) if split.protocol == protocol]


def speakers_of(indices: "np.typing.NDArray[np.intp]") -> set[str]:
    return {SIX[index].speaker for index in indices}


def test_the_articles_split_draws_five_takes_of_each_digit_by_each_of_its_four_speakers() -> None:
    draws = by_protocol("random")

    assert len(draws) == RECIPE.random_splits
    for draw in draws:
        drawn = [SIX[index] for index in draw.test]
        assert len({recording.name for recording in drawn}) == len(drawn) == 2 * 4 * 5
        assert {(recording.label, recording.speaker) for recording in drawn} == {
            (digit, speaker) for digit in "09" for speaker in RECIPE.speakers
        }


def test_what_the_articles_split_does_not_draw_is_learned_from() -> None:
    draw = by_protocol("random")[0]

    assert len(draw.train) == 2 * 4 * 45
    assert speakers_of(draw.train) == set(RECIPE.speakers)
    assert not set(draw.train) & set(draw.test)


def test_each_draw_of_the_articles_split_is_another_and_always_the_same() -> None:
    first, again = (
        [split for split in splits(replace(RECIPE, random_splits=3), SIX) if split.protocol == "random"]
        for _ in range(2)
    )

    assert len({tuple(draw.test) for draw in first}) == 3
    assert all(np.array_equal(one.test, other.test) for one, other in zip(first, again, strict=True))


def test_the_official_split_tests_on_takes_0_to_4() -> None:
    (official,) = by_protocol("official")

    assert len(official.test) == 2 * 6 * 5
    assert {int(SIX[index].path.stem.split("_")[2]) for index in official.test} == set(range(5))
    assert len(official.train) == len(SIX) - len(official.test)


def test_nobody_is_learned_from_who_is_left_out() -> None:
    left_out = by_protocol("speaker left out")

    assert [split.case for split in left_out] == [
        "george",
        "jackson",
        "lucas",
        "nicolas",
        "theo",
        "yweweler",
    ]
    for split in left_out:
        assert speakers_of(split.test) == {f"fsdd-{split.case}"}
        assert len(speakers_of(split.train)) == 5
        assert len(split.train) + len(split.test) == len(SIX)


def test_the_network_is_the_articles() -> None:
    model = article_cnn()

    assert [layer.__class__.__name__ for layer in model.layers[1:]] == [
        "Conv2D",
        "Conv2D",
        "MaxPooling2D",
        "Dropout",
        "Flatten",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert [layer.output.shape[1:] for layer in model.layers[1:4]] == [
        (32, 48, 32),
        (30, 46, 64),
        (15, 23, 64),
    ]
    assert model.count_params() == 2_846_474


def test_a_recipe_that_says_nothing_else_makes_a_model() -> None:
    assert (kind_of("digits"), kind_of("article")) == ("model", "article")


def test_a_mistake_in_the_recipe_is_told(tmp_path: Path) -> None:
    recipe = tmp_path / "toy.yaml"
    recipe.write_text(TOY.replace("batch: 8", "batch: 0"))

    with pytest.raises(ConfigError, match=r"toy\.yaml: Expected `int` >= 1 - at `\$\.batch`"):
        read_recipe_as(str(recipe), ArticleRecipe)


def outcome(protocol: Protocol, case: str, picture: Picture, right_by_epoch: list[float]) -> Outcome:
    """A training tested on ten nines: what is not right was heard as one."""
    confusion = np.zeros((10, 10), int)
    right = round(10 * right_by_epoch[-1])
    confusion[9, 9], confusion[9, 1] = right, 10 - right
    return Outcome(protocol, case, picture, 1800, right_by_epoch, confusion.tolist())


def test_the_tables_tell_best_and_last_epoch_and_the_range() -> None:
    tables = markdown(
        RECIPE,
        [
            outcome("random", "1", "waveform", [0.9, 0.8]),
            outcome("random", "1", "spectrogram", [0.8, 0.9]),
            outcome("random", "2", "waveform", [0.5, 0.6]),
            outcome("random", "2", "spectrogram", [0.9, 1.0]),
            outcome("official", "takes 0 to 4", "waveform", [0.9]),
            outcome("official", "takes 0 to 4", "spectrogram", [0.7]),
            outcome("speaker left out", "anna", "waveform", [0.4]),
            outcome("speaker left out", "anna", "spectrogram", [0.5]),
        ],
    )

    assert "| the article's figure: its split, best epoch | 1,800 | 10 | 94% | 97% |" in tables
    assert "| 75.0% (60.0% to 90.0%) | 95.0% (90.0% to 100.0%) |" in tables
    assert "| 70.0% (60.0% to 80.0%) | 95.0% (90.0% to 100.0%) |" in tables
    assert "| 1,800 | 10 | 90.0% | 70.0% |" in tables
    assert "| without anna | 1,800 | 10 | 40.0% | 50.0% |" in tables
    assert "| random, waveform | 6 of 20 | 0 of 0 | 6 of 20 | 9 as 1: 6 |" in tables


def test_the_command_writes_the_tables_and_the_figures(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [
        (digit, speaker, take) for digit in ("1", "9") for speaker in ("anna", "bert") for take in range(8)
    ]
    with (tmp_path / "manifest.csv").open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["path", "source", "kind", "label", "speaker", "split", "seconds", "rate_hz"])
        for digit, speaker, take in names:
            path = f"{digit}_{speaker}_{take}.wav"
            phase = 2 * np.pi * 100 * int(digit) * np.arange(rng.integers(2000, 4000)) / 8000
            soundfile.write(tmp_path / path, 0.3 * np.sin(phase), 8000)
            writer.writerow([path, "fsdd", "digit", digit, f"fsdd-{speaker}", "train", 0.4, 8000])
    (tmp_path / "toy.yaml").write_text(TOY)

    done = subprocess.run(
        [
            Path(sys.executable).with_name("digitd-train"),
            *("train", "--recipe", tmp_path / "toy.yaml", "--data", tmp_path, "--epochs", "1"),
            *("-o", tmp_path / "article.md"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "| without bert | 16 | 16 |" in done.stdout
    assert (tmp_path / "article.md").read_text() in done.stdout
    outcomes = json.loads((tmp_path / "article.json").read_text())
    assert len(outcomes) == 2 * (1 + 1 + 2)
    assert all(len(one["right_by_epoch"]) == 1 for one in outcomes)
