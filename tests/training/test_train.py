"""A toy corpus, from its publisher to a model that the daemon takes."""

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.config import Config
from digitd.messages import Float32
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import bar, recognise, verdicts
from digitd_training.corpora import Archive
from digitd_training.corpora.fetch import fetch
from fakes import blocks, room_noise
from training.mirror import Mirror, serving

pytestmark = pytest.mark.training

RATE_HZ = 16_000

RECIPE = """
name: toy
version: 0.0.1
seed: 1
keywords: {zero: "0", go: go}
features: {picture: mel, rate_hz: 16000, window_ms: 32, lowest_hz: 80, highest_hz: 4000, range_db: 60}
scenes: 30
scene: {clips: 6}
keyword_share: 0.6
keyword_weights: {fsdd: 1, speech-commands: 1}
else_weights: {speech-commands: 1, noise: 0.2}
fragment_share: 0.1
music_share: 0.05
sudden_share: 0.05
network: {width: 16, dropout: 0.1}
fit: {epochs: 2, batch: 16, learning_rate: 0.01, weight_decay: 0.001, label_smoothing: 0.0, mixup: 0.2,
      mask_bands: 4, mask_frames: 4, average: 0.5}
verifier: {embeddings: 4, width: 8, dropout: 0.1, epochs: 2, batch: 16, learning_rate: 0.01,
           weight_decay: 0.001, label_smoothing: 0.0}
budget: {scenes: 8, speech: 2, noise: 2, words: 0.1, lowest: 0.4, margin: 0.1}
"""

GLIDES_HZ = {"zero": (300, 900), "go": (900, 300), "hum": (600, 600), "up": (200, 2000)}
"""Where a toy word begins and ends."""


def glide(word: str, rng: np.random.Generator) -> Float32:
    """A tone of about 0.4 s that glides, as different from another as two vowels."""
    from_hz, to_hz = GLIDES_HZ[word]
    length = int(rng.uniform(0.35, 0.5) * RATE_HZ)
    phase = 2 * np.pi * np.cumsum(np.linspace(from_hz, to_hz, length) * rng.uniform(0.9, 1.1)) / RATE_HZ
    return (0.2 * np.sin(phase) * np.hanning(length)).astype(np.float32)


def spoken(path: Path, word: str, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, glide(word, rng), RATE_HZ)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch two toy corpora, one from a mirror and one from a local copy, and some noise."""
    home = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(1)
    for take in range(12):
        spoken(home / "digits" / f"0_anna_{take}.wav", "zero", rng)
    for word in ("go", "hum"):
        for speaker in range(8):
            spoken(home / "published" / word / f"{speaker:08x}_nohash_0.wav", word, rng)
    (home / "noises").mkdir()
    soundfile.write(home / "noises" / "fan.wav", room_noise(3, -30, RATE_HZ), RATE_HZ)
    archive = home / "toy.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(home / "published", ".")
    known = Archive(archive.name, (), hashlib.sha256(archive.read_bytes()).hexdigest())

    to = home / "recordings"
    with serving(Mirror(home)) as mirror:
        fetch("speech-commands", to, known, None, mirror.address)
    fetch("fsdd", to, None, home / "digits", "")
    fetch("noise", to, None, home / "noises", "")
    (home / "toy.yaml").write_text(RECIPE)
    return to


def digitd_train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return installed("digitd-train", *arguments)


def installed(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def trained(recordings: Path) -> Path:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    out = recordings.parent / "toy.tflite"

    done = digitd_train("train", "--recipe", recordings.parent / "toy.yaml", "--data", recordings, "-o", out)

    assert done.returncode == 0, done.stderr
    return out


def test_the_file_is_one_that_the_daemon_takes(trained: Path) -> None:
    cascade = Cascade(read_bundle(trained))

    cascade.self_test()
    assert cascade.card.labels == ("0", "go", "else")
    assert cascade.alone_because is None


def test_the_daemon_s_pipeline_runs_on_it(trained: Path) -> None:
    cascade = Cascade(read_bundle(trained))
    sound = room_noise(2, -70, RATE_HZ)
    word = glide("go", np.random.default_rng(5))
    sound[RATE_HZ : RATE_HZ + len(word)] += word

    config = Config()
    heard = recognise(blocks(sound), config.detector, cascade, lambda: bar(config.decision, cascade), RATE_HZ)

    (verdict,) = verdicts(heard)
    assert verdict.score
    assert set(verdict.score.probabilities) == {"0", "go", "else"}


def test_the_file_names_what_it_has_learned_from(trained: Path) -> None:
    provenance = read_bundle(trained).card.provenance

    assert {corpus.name: corpus.licence for corpus in provenance.corpora} == {
        "Free Spoken Digit Dataset": "CC-BY-SA-4.0",
        "Speech Commands": "CC-BY-4.0",
        "one's own noise": "not stated",
    }
    assert provenance.licence == "CC-BY-SA-4.0"
    assert "toy.yaml" in provenance.command


def test_a_speaker_who_is_judged_was_not_learned_from(trained: Path, recordings: Path) -> None:
    corpora = {corpus.name: corpus.recordings for corpus in read_bundle(trained).card.provenance.corpora}
    rows = (recordings / "manifest.csv").read_text().splitlines()
    held_out = [row for row in rows if row.startswith("speech-commands") and ",dev," in row]

    assert held_out
    assert corpora["Speech Commands"] == 16 - len(held_out)
    assert corpora["Free Spoken Digit Dataset"] == 12 - 5  # without the official test takes


def test_the_file_carries_what_evaluate_measures_on_it(trained: Path, recordings: Path) -> None:
    stored = read_bundle(trained).card.quality

    done = digitd_train(
        "evaluate", trained, "--data", recordings, "--quick", "--out", recordings.parent / "report"
    )

    assert done.returncode == 0, done.stderr
    assert f"{stored['right, fsdd, official test takes']:.1%}" in done.stdout
    assert (recordings.parent / "report" / "report.json").is_file()


def test_parts_can_be_calibrated_without_the_thresholds(trained: Path, recordings: Path) -> None:
    stricter = recordings.parent / "stricter.yaml"
    stricter.write_text(RECIPE.replace("speech: 2, noise: 2, words: 0.1", "speech: 1, noise: 1, words: 0.05"))
    again = recordings.parent / "again.tflite"
    again.write_bytes(trained.read_bytes())

    done = digitd_train("calibrate", again, "--recipe", stricter, "--parts", "--data", recordings)

    assert done.returncode == 0, done.stderr
    before, after = read_bundle(trained).card, read_bundle(again).card
    assert before.verifier
    assert after.verifier
    assert after.verifier.point.thresholds == before.verifier.point.thresholds
    assert after.provenance.command.endswith("--parts")
    assert "parts of longer sounds 25% of that" in after.verifier.point.chosen_for


def test_thresholds_are_not_chosen_for_other_keywords_than_the_model_s(
    trained: Path, recordings: Path
) -> None:
    before = trained.read_bytes()

    done = digitd_train("calibrate", trained, "--data", recordings)

    assert done.returncode == 78
    assert "toy.tflite: made by another recipe, for the keywords 0, go: --recipe" in done.stderr
    assert trained.read_bytes() == before


@pytest.fixture(scope="module")
def own_words(recordings: Path) -> Path:
    """Return a model of two words of one household beside the digits."""
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    mine, out = recordings.parent / "mine", recordings.parent / "mine.tflite"
    for word in ("up", "go"):
        for take in range(4):
            spoken(mine / word / f"anna_{take}.wav", word, np.random.default_rng(take))

    done = digitd_train(
        *("train", "--words", mine, "--beside-digits", "--data", recordings, "-o", out),
        *("--scenes", "30", "--epochs", "1"),
    )

    assert done.returncode == 0, done.stderr
    return out


def test_own_words_of_one_household_become_a_model_beside_the_digits(own_words: Path) -> None:
    card = read_bundle(own_words).card

    assert card.labels == (*"0123456789", "go", "up", "else")
    assert "Free Spoken Digit Dataset" in {
        corpus.name for corpus in card.provenance.corpora
    }  # the shipped model's


def test_the_daemon_scores_own_words_once_model_path_names_the_file(own_words: Path, tmp_path: Path) -> None:
    config, sound = tmp_path / "config.yaml", tmp_path / "up.wav"
    config.write_text(f"model: {{path: {own_words}}}\n")
    around = room_noise(1, -60, RATE_HZ)
    soundfile.write(sound, np.concatenate([around, glide("up", np.random.default_rng(9)), around]), RATE_HZ)

    done = installed("digitd", "detect", "-c", config, "--format", "jsonl", "--all", sound)

    assert done.returncode == 0, done.stderr
    (verdict,) = map(json.loads, done.stdout.splitlines())
    assert {"up", "go", "0"} < verdict["scores"].keys()


@pytest.fixture(scope="module")
def household(recordings: Path) -> dict[str, Path]:
    """Return labelled clips as a daemon keeps them, and recipes that learn little and more of them."""
    home = recordings.parent
    for word in ("up", "go", "_other_"):
        for take in range(20):
            name = f"kitchen_20261126T1200000{take:02d}.wav"
            sound = "hum" if word == "_other_" else word
            spoken(home / "labelled" / word / name, sound, np.random.default_rng(take))
    own = RECIPE.replace('{zero: "0", go: go}', "{}").replace("{fsdd: 1, speech-commands: 1}", "{words: 1}")
    own = own.replace("{speech-commands: 1, noise: 0.2}", "{speech-commands: 1, noise: 0.2, words: 0.5}")
    own = own.replace("fragment_share: 0.1", "fragment_share: 0")
    (home / "little.yaml").write_text(own.replace("learning_rate: 0.01", "learning_rate: 0.000001"))
    more = own.replace("scenes: 30", "scenes: 60").replace("epochs: 2", "epochs: 8")
    (home / "more.yaml").write_text(more)
    return {name: home / name for name in ("labelled", "little.yaml", "more.yaml")}


def test_a_model_that_became_worse_takes_nobody_s_place_and_one_that_helps_does(
    recordings: Path, household: dict[str, Path]
) -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    out = recordings.parent / "ours.tflite"
    train = ("train", "--words", household["labelled"], "--data", recordings, "-o", out, "--recipe")

    poor = digitd_train(*train, household["little.yaml"])
    assert poor.returncode == 0, poor.stderr
    first = out.read_bytes()
    good = digitd_train(*train, household["more.yaml"])
    assert good.returncode == 0, good.stderr
    better = out.read_bytes()
    worse = digitd_train(*train, household["little.yaml"])

    assert "takes of new words held back: " in poor.stdout
    assert "takes held back of what is no keyword: " in good.stdout
    assert first != better
    assert read_bundle(out).card.labels == ("go", "up", "else")
    assert worse.returncode == 1
    assert "digitd-train: refused: it is worse than toy-" in worse.stderr
    assert out.read_bytes() == better
    assert read_bundle(out.with_suffix(".candidate.tflite")).card.labels == ("go", "up", "else")


def test_pieces_of_words_whose_beginning_nobody_knows_are_refused(
    recordings: Path, household: dict[str, Path]
) -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    recipe, out = recordings.parent / "pieces.yaml", recordings.parent / "pieces.tflite"
    recipe.write_text(
        household["little.yaml"].read_text().replace("fragment_share: 0", "fragment_share: 0.1")
    )

    done = digitd_train(
        *("train", "--words", household["labelled"], "--data", recordings, "-o", out, "--recipe", recipe)
    )

    assert (done.returncode, out.exists()) == (66, False)
    assert "fragment_share: nobody knows" in done.stderr


def test_what_would_fail_after_the_training_is_told_before_it(recordings: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    home = recordings.parent
    (home / "fan.yaml").write_text(
        RECIPE.replace("{speech-commands: 1, noise: 0.2}", "{noise: 1}").replace("scenes: 30", "scenes: 9999")
    )
    train = ("train", "--recipe", home / "fan.yaml", "--data", recordings, "-o")

    no_folder = digitd_train(*train, home / "nowhere" / "x.tflite")
    nothing_held_out = digitd_train(*train, home / "x.tflite")

    assert (no_folder.returncode, nothing_held_out.returncode) == (66, 66)
    assert "nowhere: no such folder to write x.tflite to" in no_folder.stderr
    assert "none of the recipe's corpora is among the recordings: noise" in nothing_held_out.stderr
    assert not list(home.glob("x*.tflite*"))


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--data", "nowhere"], 66, "manifest.csv: not there"),
        (["--data", "nowhere", "--recipe", "soup"], 78, "neither a file nor one of the shipped"),
        (["--data", "nowhere", "--words", "mine"], 66, "digitd-train fetch an4"),
        (["--data", "nowhere", "--against", "x.tflite"], 78, "only with --words"),
        (["--data", "nowhere", "--beside-digits"], 78, "only with --words"),
        (["--data", "nowhere", "--words", "mine", "--against", "x.tflite"], 78, "x.tflite"),
    ],
    ids=[
        "no data",
        "no recipe",
        "nothing else to learn from",
        "nothing to compare",
        "no words",
        "no such model",
    ],
)
def test_what_is_missing_is_told(arguments: list[str], code: int, complaint: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

    done = digitd_train("train", "-o", tmp_path / "x.tflite", *arguments)

    assert done.returncode == code
    assert complaint in done.stderr
