"""The model file: what it carries, and what is refused."""

from pathlib import Path

import msgspec
import pytest

from digitd.errors import ModelError
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, ModelCard, read_bundle, write_bundle
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


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file.*model\.path"):
        read_bundle(tmp_path / "none.tflite")


def test_a_card_can_be_read_again(shipped: Bundle) -> None:
    assert msgspec.json.decode(msgspec.json.encode(shipped.card), type=ModelCard) == shipped.card
