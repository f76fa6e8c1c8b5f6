"""A toy corpus from recordings to a model that the daemon takes."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.model.bundle import read_bundle
from digitd.model.classifier import Classifier

pytestmark = pytest.mark.training

RATE_HZ = 8000

RECIPE = """
name: toy
version: 0.0.1
seed: 1
keywords: {zero: "0", go: go}
features: {picture: mel, rate_hz: 8000, window_ms: 32, lowest_hz: 80, highest_hz: 4000, range_db: 60}
scenes: 40
scene: {clips: 6}
keyword_share: 0.6
keyword_weights: {fsdd: 1, speech-commands: 1}
else_weights: {wake-words: 1}
network: {width: 4, dropout: 0.1}
fit: {epochs: 2, batch: 16, learning_rate: 0.01, weight_decay: 0.001, label_smoothing: 0.0, mixup: 0.2,
      mask_bands: 4, mask_frames: 4, average: 0.5}
other_words_accepted: 0.2
"""

SOUNDS_HZ = {"0": (300, 900), "go": (900, 300), "hum": (600, 600)}
KINDS = {"0": ("fsdd", "digit"), "go": ("speech-commands", "word"), "hum": ("wake-words", "word")}


def glide(from_hz: float, to_hz: float, rng: np.random.Generator) -> np.ndarray:
    """A tone of about 0.4 s that glides, as different from another as two vowels."""
    length = int(rng.uniform(0.35, 0.5) * RATE_HZ)
    phase = 2 * np.pi * np.cumsum(np.linspace(from_hz, to_hz, length) * rng.uniform(0.9, 1.1)) / RATE_HZ
    return 0.2 * np.sin(phase) * np.hanning(length)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(1)
    rows = []
    for label, (from_hz, to_hz) in SOUNDS_HZ.items():
        source, kind = KINDS[label]
        for take in range(12):
            name = f"{label}_anna_{take}.wav"
            soundfile.write(folder / name, glide(from_hz, to_hz, rng), RATE_HZ)
            rows.append((name, source, kind, label, "anna", "dev" if take == 11 else "train", 0.4, RATE_HZ))
    with (folder / "manifest.csv").open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["path", "source", "kind", "label", "speaker", "split", "seconds", "rate_hz"])
        writer.writerows(rows)
    (folder / "toy.yaml").write_text(RECIPE)
    return folder


def digitd_train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("digitd-train"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def trained(corpus: Path) -> Path:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")
    out = corpus / "toy.tflite"

    done = digitd_train("train", "--recipe", corpus / "toy.yaml", "--data", corpus, "-o", out)

    assert done.returncode == 0, done.stderr
    return out


def test_the_file_is_one_that_the_daemon_takes(trained: Path) -> None:
    bundle = read_bundle(trained)

    classifier = Classifier(bundle)

    classifier.self_test()
    assert bundle.card.labels == ("0", "go", "else")
    assert bundle.card.features.rate_hz == RATE_HZ


def test_the_file_names_what_it_has_learned_from(trained: Path) -> None:
    provenance = read_bundle(trained).card.provenance

    assert {(corpus.licence, corpus.recordings) for corpus in provenance.corpora} == {
        ("CC-BY-SA-4.0", 6),
        ("CC-BY-4.0", 11),
        ("Apache-2.0", 11),
    }
    assert provenance.licence == "CC-BY-SA-4.0"
    assert "toy.yaml" in provenance.command


def test_the_file_carries_what_evaluate_measures_on_it(trained: Path, corpus: Path) -> None:
    stored = read_bundle(trained).card.quality

    done = digitd_train("evaluate", trained, "--data", corpus, "--json", corpus / "report.json")

    assert done.returncode == 0, done.stderr
    assert "fsdd, official test takes" in done.stdout
    assert f"({stored['right, fsdd, official test takes']:.1%})" in done.stdout
    assert (corpus / "report.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--data", "nowhere"], 66, "manifest.csv: not there"),
        (["--data", "nowhere", "--recipe", "soup"], 78, "neither a file nor one of the shipped"),
    ],
    ids=["no data", "no recipe"],
)
def test_what_is_missing_is_told(arguments: list[str], code: int, complaint: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

    done = digitd_train("train", "-o", tmp_path / "x.tflite", *arguments)

    assert done.returncode == code
    assert complaint in done.stderr
