"""The shipped model, both stages, on both TensorFlow Lite runtimes, each in an environment of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

LITERT = ("ai-edge-litert", "numpy>=2")
TFLITE_RUNTIME = ("tflite-runtime==2.14.0", "numpy<2")

SCORES = """
import json, sys
import numpy as np
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.model.classifier import Classifier

cascade = Cascade(read_bundle(SHIPPED))
assert cascade.alone_because is None
cascade.self_test()
classifier = Classifier(read_bundle(SHIPPED))
generator = np.random.default_rng(1)
pictures = (generator.normal(0, 1, (34, 50)).astype(np.float32) for _ in range(200))
print(json.dumps([classifier.scores(picture).tolist() for picture in pictures]))
"""


def scores_with(packages: tuple[str, ...], folder: Path) -> list[list[int]]:
    """Install the packages and digitd, without what it would otherwise bring, and classify 200 pictures."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages, "msgspec"], check=True)
    subprocess.run([*pip, "--no-deps", "pyopen-wakeword", REPOSITORY], check=True)
    done = subprocess.run([python, "-c", SCORES], check=True, capture_output=True, text=True, cwd=folder)
    scores: list[list[int]] = json.loads(done.stdout)
    return scores


@pytest.mark.pypi
@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="tflite-runtime has no wheel for Python 3.12 and newer"
)
def test_both_runtimes_compute_the_same(tmp_path: Path) -> None:
    assert scores_with(LITERT, tmp_path / "litert") == scores_with(
        TFLITE_RUNTIME, tmp_path / "tflite-runtime"
    )
