"""Whatever lies where a model should: it is a model, or refused with the cure before the runtime sees it."""

import io
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from functools import reduce
from importlib.util import find_spec
from operator import getitem
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitd.cli import main
from digitd.decide import DecisionSettings
from digitd.errors import ModelError
from digitd.model import SHIPPED, embedding
from digitd.model.bundle import CARD, HEAD, LARGEST_BYTES, read_bundle, write_bundle
from digitd.model.cascade import Cascade
from digitd.model.classifier import Classifier, as_posteriors
from digitd.model.embedding import SpeechEmbedding
from digitd.model.runtime import RUNTIMES, Network
from digitd.model.seal import sealed
from digitd.model.verifier import sweep
from digitd.pipeline import bar

MODEL = read_bundle(SHIPPED)
FILE = SHIPPED.read_bytes()
PARTS: dict[str, Any] = msgspec.to_builtins(MODEL.card)
PLAIN = msgspec.json.decode(msgspec.json.encode(PARTS))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to be overwritten by each example."""
    return tmp_path_factory.mktemp("models") / "scratch.tflite"


def archive(
    entries: dict[str, bytes], network: bytes = MODEL.network, packed: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A file of our form, with any content and the right checksum."""
    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a", packed) as entered:
        for name, content in entries.items():
            entered.writestr(name, content)
    return sealed(file.getvalue())


def with_card(**changes: object) -> bytes:
    return archive({CARD: msgspec.json.encode(PARTS | changes), HEAD: MODEL.head})


def refused(path: Path, content: bytes | None = None) -> str:
    """What is said to a file that must be refused."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as error:
        used(path)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


def used(path: Path) -> None:
    """Do with a model whatever a daemon does."""
    cascade = Cascade(read_bundle(path))
    cascade.self_test()
    bar(DecisionSettings(), cascade)
    cascade.score(sweep())


@given(st.integers(0, len(FILE) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_refused_before_the_runtime_sees_it(scratch: Path, at: int, instead: bytes) -> None:
    damaged = FILE[:at] + instead + FILE[at + len(instead) :]
    scratch.write_bytes(damaged)

    if damaged != FILE:
        with pytest.raises(ModelError, match="copy it again"):
            read_bundle(scratch)


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_short_is_refused(scratch: Path, length: int) -> None:
    assert "does not end as a model" in refused(scratch, FILE[:length])


@pytest.mark.parametrize("filler", [b"\0", b"\xff"], ids=["zeros", "ones"])
@pytest.mark.parametrize("block", range(0, len(FILE), 1 << 14))
def test_a_block_that_an_sd_card_lost_is_noticed(scratch: Path, block: int, filler: bytes) -> None:
    lost = filler * len(FILE[block : block + 4096])

    refused(scratch, FILE[:block] + lost + FILE[block + len(lost) :])


@pytest.mark.parametrize(
    "content",
    [b"", b"no model", b"PK\x05\x06" + b"\0" * 18, MODEL.network, MODEL.head],
    ids=["empty", "text", "zip", "stage one alone", "stage two alone"],
)
def test_what_is_no_model_of_ours_is_refused(scratch: Path, content: bytes) -> None:
    assert "a plain .tflite lacks labels" in refused(scratch, content)


@pytest.mark.parametrize(("path", "reason"), [("/dev/zero", "larger than"), ("/proc", "Is a directory")])
def test_what_is_no_file_is_named(path: str, reason: str) -> None:
    assert refused(Path(path)).startswith(f"{path}: {reason}")


def test_a_file_too_large_for_a_model_is_not_read(scratch: Path) -> None:
    assert f"larger than {LARGEST_BYTES} bytes" in refused(scratch, bytes(LARGEST_BYTES + 1))


@given(st.data())
def test_an_archive_that_was_sealed_damaged_is_refused(scratch: Path, data: st.DataObject) -> None:
    start = len(MODEL.network)
    content = bytearray(FILE[:-80])
    at = data.draw(st.integers(start, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    scratch.write_bytes(sealed(bytes(content) + b"\0\0"))

    with suppress(ModelError):  # and nothing else
        read_bundle(scratch)


ENTRIES = {
    "none": ({}, f"{CARD} is not there"),
    "no head": ({CARD: msgspec.json.encode(PARTS)}, f"{HEAD} is not there"),
    "bomb": ({CARD: b" " * 10_000_000}, f"{CARD} is larger than"),
    "bomb of a head": ({CARD: msgspec.json.encode(PARTS), HEAD: bytes(10_000_000)}, f"{HEAD} is larger than"),
    "empty": ({CARD: b""}, "truncated"),
    "list": ({CARD: b"[" * 100_000}, "Expected `object`"),
    "deep": ({CARD: b'{"provenance": {"x": ' + b"[" * 100_000}, "recursion"),
    "no text": ({CARD: b'{"name": "\xff"}'}, "utf-8"),
    "infinite": ({CARD: b'{"schema": 1e999}'}, "out of range"),
    "elsewhere": ({"../" + CARD: msgspec.json.encode(PARTS)}, f"{CARD} is not there"),
}


@pytest.mark.parametrize(("entries", "complaint"), ENTRIES.values(), ids=ENTRIES)
def test_entries_of_another_form_are_refused(
    scratch: Path, entries: dict[str, bytes], complaint: str
) -> None:
    assert complaint in refused(scratch, archive(entries))


def test_an_entry_that_claims_less_than_it_holds_is_refused(scratch: Path) -> None:
    content = bytearray(archive({CARD: b" " * 20_000_000}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rindex(mark) + offset
        content[at : at + 4] = (1000).to_bytes(4, "little")

    refused(scratch, sealed(bytes(content[:-80]) + b"\0\0"))


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_an_entry_that_is_packed_in_another_way_is_refused_as_it_is(scratch: Path, packed: int) -> None:
    content = archive({CARD: msgspec.json.encode(PARTS), HEAD: MODEL.head}, packed=packed)

    assert f"{CARD} is packed in another way" in refused(scratch, content)


def test_an_archive_of_many_entries_is_refused_soon(scratch: Path) -> None:
    refused(scratch, archive({f"{n}": b"" for n in range(10_000)}))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"schema": 2}, "schema"),
        ({"surprise": 1}, "surprise"),
        ({"features": {"rate_hz": 1}}, "rate_hz"),
        ({"labels": ["one"]}, "labels"),
        ({"labels": [*"0123456789", "9"]}, "labels: one is there twice"),
        ({"labels": [*"012345678", "\x1b[2J", "else"]}, "labels"),
        ({"labels": [*"012345678", "", "else"]}, "labels"),
        ({"rejected": PARTS["labels"]}, "rejected: leaves no keyword"),
        ({"name": "a" * 100}, "name"),
        ({"version": "1\n2"}, "version"),
        ({"point": PARTS["point"] | {"weights": [1.0, 1.0]}}, "weights: not one a stage"),
        ({"point": PARTS["point"] | {"weights": [-1.0]}}, "weights"),
        ({"point": PARTS["point"] | {"thresholds": {"1": 0.5}}}, "thresholds: not one a keyword"),
        ({"point": PARTS["point"] | {"thresholds": {"1": 7}}}, "thresholds"),
        ({"verifier": PARTS["verifier"] | {"self_test": [0.5]}}, "verifier: self_test is not one a label"),
        ({"verifier": PARTS["verifier"] | {"embeddings": 17}}, "embeddings"),
        ({"self_test": PARTS["self_test"] | {"scores": [1]}}, "self_test: scores are not one a label"),
        ({"self_test": PARTS["self_test"] | {"picture": [1]}}, "picture"),
        ({"self_test": PARTS["self_test"] | {"multiplications": 10**12}}, "multiplications"),
        ({"songs": []}, "no song"),
    ],
    ids=str,
)
def test_a_card_that_contradicts_itself_is_refused(
    scratch: Path, changes: dict[str, object], complaint: str
) -> None:
    scratch.write_bytes(with_card(**changes))

    with pytest.raises(ModelError, match=complaint):
        assert Cascade(read_bundle(scratch)).song


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # of JSON
    """Yield the way to each value in a card; of a list, to the first."""
    yield above
    match value:
        case dict():
            for key, inner in value.items():
                yield from places(inner, (*above, key))
        case [first, *_]:
            yield from places(first, (*above, 0))


@settings(max_examples=settings().max_examples // 4)  # each may load both networks
@given(st.sampled_from(list(places(PLAIN))[1:]), json_values)
def test_anything_may_stand_anywhere_in_a_card(scratch: Path, place: tuple[Any, ...], value: object) -> None:
    card = deepcopy(PLAIN)
    *above, key = place
    reduce(getitem, above, card)[key] = value
    scratch.write_bytes(archive({CARD: msgspec.json.encode(card), HEAD: MODEL.head}))

    with suppress(ModelError):  # and nothing else
        used(scratch)


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (b"", "refuses the model"),
        (np.random.default_rng(1).bytes(10_000), "refuses the model"),
        (MODEL.network[:-1000], "refuses the model"),
        (MODEL.head, "takes float32 and gives float32, not int8"),
    ],
    ids=["nothing", "noise", "half", "another"],
)
def test_a_network_of_another_form_is_refused(scratch: Path, network: bytes, complaint: str) -> None:
    write_bundle(scratch, network, MODEL.card, MODEL.head)

    with pytest.raises(ModelError, match=f"{complaint}.*digitd-train train"):
        Classifier(read_bundle(scratch))


def test_labels_that_do_not_fit_the_tensors_are_refused(scratch: Path) -> None:
    scratch.write_bytes(archive({CARD: msgspec.json.encode(of_two_words())}))

    with pytest.raises(ModelError, match="do not belong together"):
        Classifier(read_bundle(scratch))


def of_two_words() -> dict[str, object]:
    """A card that fits itself, but not the shipped network."""
    words = {
        "labels": ["yes", "no"],
        "rejected": ["no"],
        "point": PARTS["point"] | {"thresholds": {"yes": 0.5}},
        "self_test": PARTS["self_test"] | {"scores": [1, 2]},
        "verifier": None,
    }
    return PARTS | words


class Refusing:
    """A runtime that takes a network, and cannot compute it."""

    OpResolverType = SimpleNamespace(BUILTIN_WITHOUT_DEFAULT_DELEGATES=0, AUTO=1)

    def __init__(self, **_: object) -> None:
        self.tensor = {"index": 0, "shape": [1, 2], "dtype": np.int8, "quantization": (1.0, 0)}

    Interpreter = classmethod(lambda cls, **given: cls(**given))

    def get_input_details(self) -> list[dict[str, object]]:
        return [self.tensor]

    get_output_details = get_input_details

    def allocate_tensors(self) -> None:
        """Nothing to do."""

    def set_tensor(self, *_: object) -> None:
        """Nothing to do."""

    def invoke(self) -> None:
        raise RuntimeError("Input tensor 16 lacks data")


def test_a_network_that_cannot_be_computed_is_a_wrong_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, RUNTIMES[0], Refusing)

    with pytest.raises(ModelError, match="refuses the model: Input tensor 16 lacks data; make it anew"):
        Network(b"").run(np.zeros(2, np.int8))


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0], [-1.0, 2.0]])
def test_what_is_no_posterior_is_not_acted_on(numbers: list[float]) -> None:
    with pytest.raises(ModelError, match="no posteriors"):
        as_posteriors(np.array(numbers))


@pytest.mark.parametrize("name", [embedding.MEL, embedding.EMBEDDING])
def test_a_damaged_embedding_is_refused_before_the_runtime_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = shutil.copytree(installed_embedding(), tmp_path / embedding.PACKAGE)
    damaged = bytearray((package / "models" / name).read_bytes())
    damaged[1000] ^= 1
    (package / "models" / name).write_bytes(damaged)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModelError, match=f"{name} is damaged.*pip install"):
        SpeechEmbedding(1)


def installed_embedding() -> Path:
    found = find_spec(embedding.PACKAGE)
    assert found
    assert found.origin
    return Path(found.origin).parent


def test_the_daemon_ends_with_78_and_the_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, config = tmp_path / "digits.tflite", tmp_path / "config.yaml"
    model.write_bytes(FILE[:5000] + bytes(100) + FILE[5100:])
    config.write_text(f"model: {{path: {model}}}\n")

    code = main(["run", "-c", str(config)])

    assert code == 78
    assert capsys.readouterr().err.startswith(f"digitd: {model}: damaged")
