"""What is in an archive, as files in a folder."""

import shutil
import tarfile
import zlib
from gzip import BadGzipFile
from pathlib import Path

from tqdm import tqdm

from digitd.errors import InputError, UnavailableError


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Write the plain files of a tar archive into a folder.

    Links, devices and file modes stay behind, and a name that leads out of the folder ends it. That is
    what tarfile's own filter "data" is for; the Python of Debian 12 does not have it yet.

    Returns:
        The files written.

    Raises:
        InputError: The archive is damaged, or not to be trusted.
        UnavailableError: There is no room for what is in it.
    """
    root = folder.resolve()
    try:
        with tarfile.open(archive) as packed:
            members = tqdm(packed, f"unpacking {archive.name}", unit=" files", disable=None)
            return [_write(packed, member, root) for member in members if member.isfile()]
    except (tarfile.TarError, zlib.error, EOFError, BadGzipFile) as error:
        raise InputError(f"{archive}: damaged: {error}; delete it and run it again") from error
    except OSError as error:
        raise UnavailableError(f"{folder}: {error.strerror} while unpacking {archive.name}") from error


def _write(packed: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> Path:
    path = (root / member.name).resolve()
    content = packed.extractfile(member)
    if content is None or not path.is_relative_to(root):
        raise InputError(f"{member.name!r} in the archive leads out of {root}; do not trust it")
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("wb") as out:
        shutil.copyfileobj(content, out)
    return path
