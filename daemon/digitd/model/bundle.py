"""One .tflite file that carries labels, feature settings, provenance and measured quality.

A TensorFlow Lite file may be a ZIP archive at the same time: the runtime reads from the front, unzip from
the back (https://ai.google.dev/edge/litert/conversion/tensorflow/metadata). The archive holds `digitd.json`,
which `unzip -p digits.tflite digitd.json` shows, and the head of stage two, if the model has one.
"""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from digitd.errors import ModelError
from digitd.features import BANDS, FRAMES, FeatureSettings
from digitd.messages import Song
from digitd.model.seal import digest, sealed, unsealed

CARD = "digitd.json"
HEAD = "verifier.tflite"
ENTRY_LIMIT = 1_000_000
"""Bytes; what is larger is none of ours."""

PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Of anything else Python unpacks more than the entry claims to hold: a kilobyte may be a gigabyte."""

LARGEST_BYTES = 4_000_000
"""Of a whole file; the shipped one is a sixteenth of that."""

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Weight = Annotated[float, Meta(ge=0, le=100)]


class Corpus(msgspec.Struct, frozen=True):
    """Recordings that the model has learned from.

    Attributes:
        name: As its publisher calls it.
        licence: SPDX identifier, or the licence's own name.
        credit: Whom the licence asks to name.
        recordings: How many were used.
        sha256: Over the recordings used, in the order of their paths.
    """

    name: str
    licence: str
    credit: str
    recordings: int
    sha256: str


class Provenance(msgspec.Struct, frozen=True):
    """What it takes to make the model again.

    Attributes:
        corpora: What it has learned from.
        licence: The model's own licence; it follows its data.
        command: The command that made it.
        seed: Of every random choice.
        commit: Of the source it was made with.
        versions: Of Python and the libraries that matter.
        made_at: UTC, ISO 8601.
    """

    corpora: tuple[Corpus, ...]
    licence: str
    command: str
    seed: int
    commit: str
    versions: dict[str, str]
    made_at: str


class SelfTest(msgspec.Struct, frozen=True):
    """One inference, to be repeated at start.

    Attributes:
        picture: The input tensor, int8, flattened row by row.
        scores: The output tensor, int8, as the reference kernels compute it.
        multiplications: Multiplications that one inference takes, to judge its time by.
    """

    picture: Annotated[
        tuple[Annotated[int, Meta(ge=-128, le=127)], ...],
        Meta(min_length=BANDS * FRAMES, max_length=BANDS * FRAMES),
    ]
    scores: tuple[Annotated[int, Meta(ge=-128, le=127)], ...]
    multiplications: Annotated[int, Meta(ge=1, le=1_000_000_000)]


class OperatingPoint(msgspec.Struct, frozen=True):
    """When what the stages say is enough to act on, chosen on development data.

    Attributes:
        weights: Exponent of each stage's posteriors before they are multiplied: how far each is trusted.
        thresholds: Keyword to the least posterior to act on.
        margin: A keyword must be so far ahead of the next likely one.
        chosen_for: What it was chosen to keep to, in words.
        part: Least posterior to act on where the utterance is a part of a longer sound; 1 asks for certainty.
    """

    weights: Annotated[tuple[Weight, ...], Meta(min_length=1, max_length=2)]
    thresholds: dict[str, Annotated[float, Meta(gt=0, lt=1)]]
    margin: Annotated[float, Meta(ge=0, lt=1)]
    chosen_for: str
    part: Annotated[float, Meta(gt=0, le=1)] = 1.0


class VerifierCard(msgspec.Struct, frozen=True):
    """Stage two, as far as it lies in this file; see `verifier`.

    Attributes:
        embeddings: How many of the speech embedding's vectors the head looks at.
        gate: Utterances are not looked at again where stage one is so sure that they are no keyword.
        point: When both stages together are enough to act on.
        self_test: Posteriors of the sweep that is played at start.
    """

    embeddings: Annotated[int, Meta(ge=1, le=16)]
    gate: Annotated[float, Meta(gt=0, le=1)]
    point: OperatingPoint
    self_test: tuple[float, ...]


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model file says of itself.

    Attributes:
        schema: Version of this form.
        name: For example "digits".
        version: Of the model, for example "0.1.0".
        labels: In the order of the output tensor.
        rejected: Labels that stand for "anything else" and are never acted on.
        point: When stage one alone is enough to act on.
        features: How to draw the picture that the network looks at.
        self_test: One inference with its result.
        verifier: Stage two; None where the model has only one.
        songs: What stage one alone makes of the stored digit, then, where there are two, both stages.
        provenance: Where it comes from.
        quality: Figures measured on this file, by name; each names its data.
    """

    schema: Annotated[int, Meta(ge=1, le=1)]
    name: Name
    version: Name
    labels: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=1000)]
    rejected: tuple[str, ...]
    point: OperatingPoint
    features: FeatureSettings
    self_test: SelfTest
    verifier: VerifierCard | None
    songs: Annotated[tuple[Song, ...], Meta(max_length=2)]
    provenance: Provenance
    quality: dict[str, float | int | str]

    def __post_init__(self) -> None:
        """Hold the parts against one another."""
        if contradiction := next(_contradictions(self), None):
            raise ValueError(contradiction)

    @property
    def keywords(self) -> tuple[str, ...]:
        """The labels that may be acted on."""
        return tuple(label for label in self.labels if label not in self.rejected)


def _contradictions(card: ModelCard) -> Iterator[str]:
    """Say which parts of a card do not fit one another."""
    if len(set(card.labels)) < len(card.labels):
        yield "labels: one is there twice"
    if not card.keywords:
        yield "rejected: leaves no keyword"
    if len(card.self_test.scores) != len(card.labels):
        yield "self_test: scores are not one a label"
    if card.verifier and len(card.verifier.self_test) != len(card.labels):
        yield "verifier: self_test is not one a label"
    for stages, point in enumerate((card.point, *([card.verifier.point] if card.verifier else [])), start=1):
        if len(point.weights) != stages:
            yield "weights: not one a stage"
        if not point.thresholds.keys() >= set(card.keywords):
            yield "thresholds: not one a keyword"


class Bundle(msgspec.Struct, frozen=True):
    """A model file, read and found whole.

    Attributes:
        card: What it says of itself.
        network: The TensorFlow Lite part of the file: stage one.
        head: Stage two's TensorFlow Lite file; empty where there is none.
        digest: First eight hexadecimal digits of the SHA-256 that the file ends with.
    """

    card: ModelCard
    network: bytes
    head: bytes
    digest: str

    @property
    def title(self) -> str:
        """Name, version and digest, as subscribers see it: `digits-1.0.0+ab12cd34`."""
        return f"{self.card.name}-{self.card.version}+{self.digest}"


def read_bundle(path: Path) -> Bundle:
    """Read a model file.

    Raises:
        ModelError: It is missing, damaged, no model of ours, or its card or head is missing or not of the
            known form.
    """
    content = unsealed(_content(path), path)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            card = msgspec.json.decode(_read(archive, CARD), type=ModelCard)
            head = _read(archive, HEAD) if card.verifier else b""
            network = content[: archive.getinfo(CARD).header_offset]
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: {CARD}: {error}; make the model anew with `digitd-train train`") from error
    return Bundle(card, network, head, digest(content)[:8])


def write_bundle(path: Path, network: bytes, card: ModelCard, head: bytes = b"") -> None:
    """Write a model file: stage one's network, then the archive with its card and stage two's head."""
    file = BytesIO(network)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, CARD, msgspec.json.format(msgspec.json.encode(card)))
        if head:
            _write(archive, HEAD, head)
    part = path.with_name(path.name + ".part")  # whatever model is there stays until this one is whole
    part.write_bytes(sealed(file.getvalue()))
    part.replace(path)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; set model.path to a model file") from error
    if len(content) > LARGEST_BYTES:
        raise ModelError(f"{path}: larger than {LARGEST_BYTES} bytes; set model.path to a model file")
    return content


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # without the time of day: the same model gives the same file
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        raise ValueError(f"{name} is not there")
    entry = archive.getinfo(name)
    if entry.compress_type not in PACKED:
        raise ValueError(f"{name} is packed in another way than a model's is")
    if entry.file_size > ENTRY_LIMIT:
        raise ValueError(f"{name} is larger than {ENTRY_LIMIT} bytes")
    return archive.read(name)
