"""The model file: what it carries, and what is refused."""

import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from digitd.errors import ModelError
from digitd.model import SHIPPED
from digitd.model.bundle import CARD, Bundle, ModelCard, read_bundle, write_bundle
from digitd.model.classifier import Classifier
from fakes import room_noise


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED)


def rewritten(bundle: Bundle, folder: Path, **changes: object) -> Path:
    """Write the shipped network with a card that differs."""
    path = folder / "other.tflite"
    write_bundle(path, bundle.network, msgspec.structs.replace(bundle.card, **changes), bundle.head)
    return path


def test_the_shipped_model_says_what_it_has_learned_from_and_under_which_licence(shipped: Bundle) -> None:
    provenance = shipped.card.provenance

    assert {corpus.licence for corpus in provenance.corpora} >= {"CC-BY-SA-4.0", "CC-BY-4.0"}
    assert all(corpus.credit and len(corpus.sha256) == 64 for corpus in provenance.corpora)
    assert provenance.licence == "CC-BY-SA-4.0"
    assert not provenance.commit.endswith("-changed")


def test_the_shipped_model_is_small_and_knows_ten_digits(shipped: Bundle) -> None:
    assert shipped.card.labels == (*"0123456789", "else")
    assert len(shipped.network) < 150_000


def test_the_same_model_gives_the_same_file(shipped: Bundle, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_bundle(tmp_path / name, shipped.network, shipped.card, shipped.head)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_posteriors_sum_to_one(shipped: Bundle) -> None:
    posteriors = Classifier(shipped).posteriors(room_noise(0.4, -30, 16_000))

    assert posteriors.shape == (len(shipped.card.labels),)
    assert posteriors.sum() == pytest.approx(1)


def test_the_self_test_of_the_shipped_model_passes(shipped: Bundle) -> None:
    assert Classifier(shipped).self_test().inference_ms > 0


def test_a_runtime_that_computes_something_else_is_found(shipped: Bundle, tmp_path: Path) -> None:
    test = shipped.card.self_test
    wrong = msgspec.structs.replace(test, scores=test.scores[::-1])

    with pytest.raises(ModelError, match="computes wrongly"):
        Classifier(read_bundle(rewritten(shipped, tmp_path, self_test=wrong))).self_test()


def test_labels_that_do_not_fit_the_tensors_are_refused(shipped: Bundle, tmp_path: Path) -> None:
    path = rewritten(shipped, tmp_path, labels=("yes", "no"))

    with pytest.raises(ModelError, match="do not belong together"):
        Classifier(read_bundle(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file.*model\.path"):
        read_bundle(tmp_path / "none.tflite")


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"PK\x05\x06" + b"\0" * 18], ids=["empty", "text", "zip"]
)
def test_a_file_without_a_card_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plain.tflite"
    path.write_bytes(content)

    with pytest.raises(ModelError, match=r"carries no digitd\.json"):
        read_bundle(path)


def test_a_truncated_file_is_refused(shipped: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "half.tflite"
    path.write_bytes(shipped.network[: len(shipped.network) // 2])

    with pytest.raises(ModelError):
        read_bundle(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema": 2}, "schema"),
        ({"labels": ["one"]}, "labels"),
        ({"point": {"weights": [1], "thresholds": {"1": 7}, "margin": 0, "chosen_for": ""}}, "thresholds"),
        ({"surprise": 1}, "surprise"),
        ({"features": {"rate_hz": 1}}, "rate_hz"),
    ],
    ids=str,
)
def test_a_card_of_another_form_is_refused(
    shipped: Bundle, change: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    card = msgspec.to_builtins(shipped.card) | change
    path = tmp_path / "odd.tflite"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(CARD, msgspec.json.encode(card))

    with pytest.raises(ModelError, match=complaint):
        read_bundle(path)


def test_a_card_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tflite"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD, b" " * 50_000_000)

    with pytest.raises(ModelError, match="larger than"):
        read_bundle(path)


def test_a_network_that_no_runtime_takes_is_refused(shipped: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "noise.tflite"
    noise = np.random.default_rng(1).bytes(10_000)
    write_bundle(path, noise, shipped.card, shipped.head)

    with pytest.raises(ModelError, match="refuses the model"):
        Classifier(read_bundle(path))


def test_a_card_can_be_read_again(shipped: Bundle) -> None:
    assert msgspec.json.decode(msgspec.json.encode(shipped.card), type=ModelCard) == shipped.card
