"""Whatever of ours eats bytes that others wrote: it takes them, or refuses them in its own words.

Each target takes any bytes and raises only where something is wrong with ours.
"""

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np

from digitd.amend import amended
from digitd.audio.files import file_blocks
from digitd.audio.frames import LOUDEST
from digitd.audio.streams import stream_blocks
from digitd.config import parse_config
from digitd.errors import ConfigError, InputError, ModelError
from digitd.foreign import ForeignError
from digitd.model import SHIPPED
from digitd.model.bundle import CARD, HEAD, read_bundle
from digitd.model.seal import sealed
from digitd.monitor.wire import asked
from digitd.publish.fleet import STATES, Fleet
from digitd.publish.orders import OrderError, understood
from digitd.secret import Places, find_secret
from sound_files import RATE_HZ, SPEECH, encoded

CONFIG = Path(__file__).parents[2] / "config.yaml"
MODEL = read_bundle(SHIPPED)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is fed.

    Attributes:
        feed: Gives it bytes.
        seeds: What it should take, to begin with.
    """

    feed: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def configuration(content: bytes) -> None:
    """Read a configuration; and change a key of it, if it is one."""
    with suppress(ConfigError):
        parse_config(content, "config.yaml")
        amended(content, {"detector.onset_db": 9.5, "site": "hall"}, "config.yaml")


def piped_audio(content: bytes) -> None:
    """Hear standard input."""
    with _file(content) as (descriptor, _), suppress(InputError):
        for block in stream_blocks(descriptor, RATE_HZ, RATE_HZ):
            assert (np.abs(block.samples) <= LOUDEST).all()


def audio_file(content: bytes) -> None:
    """Hear a file."""
    with _file(content) as (_, path), suppress(InputError):
        for block in file_blocks(path, RATE_HZ):
            assert (np.abs(block.samples) <= LOUDEST).all()


def model_file(content: bytes) -> None:
    """Read a model, with the checksum that it should have."""
    for whole in (content, sealed(content)):
        with _file(whole) as (_, path), suppress(ModelError):
            read_bundle(path)


def model_card(content: bytes) -> None:
    """Read what a model says of itself."""
    model_file(_archive(content))


def order(content: bytes) -> None:
    """Be asked over MQTT: a topic, a line feed, a payload."""
    topic, _, payload = content.partition(b"\n")
    with suppress(OrderError):
        understood(topic.decode(errors="replace"), payload, MODEL.card.keywords)


def question(content: bytes) -> None:
    """Be asked by a web page."""
    with suppress(ForeignError):
        asked(content)


def fleet(content: bytes) -> None:
    """Hear of another daemon."""
    rooms = Fleet("digitd")
    for state in STATES:
        rooms.hear(f"digitd/hall/{state}", content)
    assert all(str(room.trouble).isprintable() for room in rooms.rooms)


def secret(content: bytes) -> None:
    """Read a password."""
    with _file(content) as (_, path), suppress(ConfigError):
        find_secret(Places("password", "none", "file", "NONE"), str(path), "", {})


@contextmanager
def _file(content: bytes) -> Iterator[tuple[int, Path]]:
    """Yield the descriptor and the path of a file that is on no disk."""
    descriptor = os.memfd_create("fuzz")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor, Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _archive(card: bytes, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO(MODEL.network[:100])
    with zipfile.ZipFile(file, "a", packed) as archive:
        archive.writestr(CARD, card)
        archive.writestr(HEAD, b"head")
    return file.getvalue()


def _sections(config: Path) -> tuple[bytes, ...]:
    """Return each section of a configuration, without comments: short ones are read often."""
    lines = [line.partition(" #")[0].rstrip() for line in config.read_text().splitlines()]
    text = "\n".join(line for line in lines if line and not line.startswith("#"))
    return tuple(section.encode() for section in re.split(r"\n(?=\w)", text))


CARD_AS_TEXT = msgspec.json.encode(MODEL.card)
SOUNDS = tuple(
    encoded(SPEECH[:200], subtype, container)
    for subtype, container in (("PCM_16", "WAV"), ("PCM_24", "WAVEX"), ("FLOAT", "WAV"))
)

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)

TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "configuration": Target(configuration, _sections(CONFIG)),
        "piped-audio": Target(piped_audio, SOUNDS),
        "audio-file": Target(audio_file, (*SOUNDS, encoded(SPEECH[:200], container="FLAC"))),
        "model-file": Target(model_file, tuple(_archive(b'{"schema": 1}', packed) for packed in PACKED)),
        "model-card": Target(model_card, (CARD_AS_TEXT,)),
        "order": Target(
            order, (b"mute/set\nON", b"threshold/7/set\n0.9", b'request/health\n{"transaction": "one"}')
        ),
        "question": Target(question, (b'{"number": 3, "topic": "mute/set", "payload": "ON"}',)),
        "fleet": Target(fleet, (b"online", b'{"state": "lost", "reason": "", "since": "", "versions": {}}')),
        "secret": Target(secret, (b"secret\n",)),
    }
)
