"""Bring a file here over HTTP: what was cut off goes on where it stopped, what arrives is checked.

Not with pooch, which is made for this: it begins anew each time, and Speech Commands has 2.4 GB.
"""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

from tqdm import tqdm

from digitd.errors import UnavailableError

TIMEOUT_S = 30.0
CHUNK = 1 << 18

Answer: TypeAlias = http.client.HTTPResponse | urllib.error.HTTPError


class _NotThereError(Exception):
    """An address does not give the file; its text says why."""


class _CutError(Exception):
    """The connection ended before the file did; its text says why."""


def download(addresses: Sequence[str], target: Path, sha256: str | None) -> str:
    """Bring a file here from the first address that gives it.

    Until it is whole and checked it is called `target` and ".part"; the next call goes on with that. Nothing
    is asked where the target is there and is what it should be.

    Args:
        addresses: Of one and the same file, HTTP or HTTPS.
        target: Where it is to lie.
        sha256: What it has to have; None does not check it.

    Returns:
        What gave it: an address, or the file itself.

    Raises:
        UnavailableError: None did, or it cannot be written here.
    """
    if target.exists() and sha256_of(target) == sha256:
        return str(target)
    part = target.with_name(target.name + ".part")
    reasons = []
    for address in addresses:
        try:
            _bring(address, part)
            _check(part, sha256)
        except _NotThereError as error:
            reasons.append(f"{address}: {error}")
        except OSError as error:  # of the disk; those of the line have become one of ours
            raise UnavailableError(f"{part}: {error.strerror or error}; {_kept(part)}") from error
        except KeyboardInterrupt as error:
            raise UnavailableError(f"{target.name}: stopped; {_kept(part)}") from error
        else:
            part.replace(target)
            return address
    told = "; ".join(reasons)
    raise UnavailableError(
        f"{target.name} cannot be had: {told}; {_kept(part)}, or give a local copy with --from"
    )


def sha256_of(path: Path) -> str:
    """Digest a file of any size."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _bring(address: str, part: Path) -> None:
    """Ask again for the rest as long as each answer brings some of it."""
    whole = False
    while not whole:
        before = _size(part)
        try:
            whole = _go_on(address, part)
        except _CutError as error:
            if _size(part) <= before:
                raise _NotThereError(str(error)) from error


def _check(part: Path, sha256: str | None) -> None:
    if sha256 is None or (found := sha256_of(part)) == sha256:
        return
    part.unlink()
    raise _NotThereError(f"its SHA-256 is {found}, it should be {sha256}; deleted")


def _go_on(address: str, part: Path) -> bool:
    """Append what is missing; return whether that is all."""
    have = _size(part)
    with _answer(address, have) as answer:
        if answer.status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _is_all(answer, part)
        start, total = _extent(answer, have)
        bar = tqdm(desc=part.stem, initial=start, total=total, unit="B", unit_scale=True, disable=None)
        with part.open("ab" if start else "wb") as out, bar:
            for chunk in _chunks(answer):
                out.write(chunk)
                bar.update(len(chunk))
    if total is not None and _size(part) < total:
        raise _CutError(f"the connection ended after {_size(part)} of {total} bytes")
    return True


@contextmanager
def _answer(address: str, have: int) -> Iterator[Answer]:
    """Ask for a file from a byte on.

    Yields:
        The file, the rest of it, or the answer that there is no such rest.
    """
    headers = {"User-Agent": f"digitd-train/{version('digitd')}"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - nothing but HTTP gets here
    try:
        answer: Answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310 - the same
    except urllib.error.HTTPError as error:
        if not have or error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            raise _NotThereError(f"{error.code} {error.reason}") from error
        answer = error
    except (OSError, http.client.HTTPException) as error:
        raise _NotThereError(_told(error)) from error
    with answer:
        yield answer


def _is_all(answer: Answer, part: Path) -> bool:
    """Whether the file ends where the part does; a part that is longer than the file is thrown away."""
    if answer.headers.get("Content-Range") == f"bytes */{_size(part)}":
        return True
    part.unlink()
    return False


def _extent(answer: Answer, have: int) -> tuple[int, int | None]:
    """From which byte on the answer is, and how long the whole file is, if the server says so."""
    if answer.status != http.client.PARTIAL_CONTENT:
        length = answer.headers.get("Content-Length")
        return 0, int(length) if length else None
    given = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if given is None or int(given[1]) != have:
        raise _NotThereError("it answers with another part of the file than the one asked for")
    return have, None if given[2] == "*" else int(given[2])


def _chunks(answer: Answer) -> Iterator[bytes]:
    while True:
        try:
            chunk: bytes = answer.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(_told(error)) from error
        if not chunk:
            return
        yield chunk


def _told(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(reason).__name__


def _kept(part: Path) -> str:
    have = _size(part)
    return f"{have / 1e6:.1f} MB are here, run it again to go on from there" if have else "run it again later"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
