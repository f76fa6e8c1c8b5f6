"""A corpus, from where it is published or from a local copy, into a folder of recordings and its manifest."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from digitd.errors import ConfigError, InputError, UnavailableError
from digitd_training.corpora import Archive
from digitd_training.corpora.download import download, sha256_of
from digitd_training.corpora.gather import gather
from digitd_training.corpora.manifest import NAME, Row, read_rows, replace_rows
from digitd_training.corpora.unpack import unpack


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching a corpus.

    Attributes:
        rows: Its recordings, as the manifest has them now.
        left_out: Files that are not among them, each with the reason.
        notes: What a person should know of it.
        total: How many rows the manifest has now, of all corpora.
    """

    rows: list[Row]
    left_out: list[str]
    notes: list[str]
    total: int

    @property
    def summary(self) -> str:
        """How many recordings, minutes and speakers, and how they are split."""
        minutes = sum(row.seconds for row in self.rows) / 60
        speakers = len({row.speaker for row in self.rows} - {""})
        splits = Counter(row.split for row in self.rows)
        told = ", ".join(f"{splits[split]} {split}" for split in ("train", "dev", "test") if splits[split])
        return f"{len(self.rows)} recordings, {minutes:.1f} min, {speakers} speakers: {told}"


def fetch(
    source: str, to: Path, archive: Archive | None = None, local: Path | None = None, mirror: str = ""
) -> Fetched:
    """Bring a corpus into a folder of recordings; its rows in the manifest take the place of earlier ones.

    Args:
        source: The corpus, as the manifest calls it.
        to: The folder of recordings.
        archive: Where the corpus is published.
        local: A copy to take instead, see `gather`.
        mirror: A folder's address, to download the archive from there.

    Raises:
        InputError: There is nothing of the corpus in the copy, the archive is damaged, or the folder's
            manifest is none of ours.
        UnavailableError: The archive is not to be had, is not the one published, or there is no room for it.
        ConfigError: The mirror is no address.
    """
    read_rows(to / NAME)  # if it is none of ours, that is better told now than after the download
    notes = []
    if local is None:
        local = to / source
        notes = [_arrive(source, local, archive, mirror)]
    gathered = gather(source, local, to)
    total = replace_rows(to, source, gathered.rows)
    return Fetched(gathered.rows, gathered.left_out, notes + gathered.notes, total)


def recordings_digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the name and the bytes of each WAV file, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted((path for path in paths if path.suffix == ".wav"), key=lambda path: path.name):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _arrive(source: str, folder: Path, archive: Archive | None, mirror: str) -> str:
    """Download and unpack, unless that has been done; return what to tell of it."""
    if archive is None:
        raise InputError(f"{source}: there is nothing to download; name a folder that has it with --from")
    seal = folder / f"{archive.name}.sha256"
    if seal.exists():
        return f"{archive.name} was here already; to fetch it anew delete {seal}"
    packed = folder / archive.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"{folder}: {error.strerror}") from error
    address = download(_addresses(archive, mirror), packed, None if archive.packed_anew else archive.sha256)
    _open(packed, archive)
    seal.write_text(f"{sha256_of(packed)}  {archive.name}\n", encoding="utf-8")
    packed.unlink()
    return f"from {address}, SHA-256 as it should be"


def _open(packed: Path, archive: Archive) -> None:
    unpacked = unpack(packed, packed.parent)
    if not archive.packed_anew or (found := recordings_digest(unpacked)) == archive.sha256:
        return
    packed.unlink()
    raise UnavailableError(
        f"{archive.name}: the SHA-256 of its recordings is {found}, it should be {archive.sha256}; deleted. "
        "Run it again later, or give a local copy with --from"
    )


def _addresses(archive: Archive, mirror: str) -> tuple[str, ...]:
    if not mirror:
        return archive.addresses
    if not mirror.startswith(("http://", "https://")):
        raise ConfigError(f"mirror {mirror!r}: its address has to begin with http:// or https://")
    return (f"{mirror.rstrip('/')}/{archive.name}",)
