"""What the shipped model says of itself, measured again on a part of the recordings."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd_training.data import ELSE, is_official_fsdd_test, read_manifest
from digitd_training.evaluation import evaluate
from digitd_training.evaluation.hearing import Heard, verdicts_on
from digitd_training.evaluation.recognisers import ours
from integration.recordings import FOLDER, recordings

pytestmark = [pytest.mark.training, pytest.mark.recordings]


def share_right(source: str, every: int) -> float:
    """Play every so manieth digit that the model is judged on to the pipeline."""
    recordings(source=source)  # or the test is skipped
    bundle = read_bundle(SHIPPED)
    rows = [one for one in read_manifest(FOLDER) if one.source == source and one.kind == "digit"]
    rows = [one for one in rows if one.split == "dev" or is_official_fsdd_test(one)]
    spoken = [clip for clip in evaluate.test_clips(rows, bundle.card) if clip.label != ELSE][::every]
    cascade = ours(bundle)[0]()
    outcomes = []
    for number, clip in enumerate(spoken):
        sound = evaluate.amid_room_noise(clip.samples, cascade.rate_hz, number)
        outcomes.append(Heard(clip, verdicts_on(sound, cascade), 0.0).outcome)
    return float(np.mean([outcome == "right" for outcome in outcomes]))


@pytest.mark.parametrize(
    ("source", "figure", "every"),
    [
        ("fsdd", "right, fsdd, official test takes", 4),
        ("speech-commands", "right, speech-commands, speakers never heard", 1),
    ],
)
def test_the_stored_figures_are_those_that_are_measured(source: str, figure: str, every: int) -> None:
    stored = float(read_bundle(SHIPPED).card.quality[figure])

    measured = share_right(source, every)

    assert measured == pytest.approx(stored, abs=0.04)
