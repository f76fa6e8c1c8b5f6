"""The checksum that a model file ends with: what lies on an SD card for years may not stay as it was.

Of a damaged network a TensorFlow Lite runtime may make anything, from other words to the end of the process:
of 800 networks in whose structure up to four bytes were changed, four ended it with a segmentation fault.
So nothing of a file is looked at before its checksum is. It guards against damage, not against malice: who
writes a file can write its checksum, too, and a model is to be trusted as a program is.

The checksum is the comment of the archive that the file ends with; `unzip -z digits.tflite` shows it.
"""

import hashlib
from pathlib import Path

from digitd.errors import ModelError

MARK = b"digitd sha256 "
LENGTH = len(MARK) + 2 * hashlib.sha256().digest_size
NO_COMMENT = b"\0\0"
"""How an archive without a comment ends: with the comment's length, 16 bits, little-endian."""


def sealed(content: bytes) -> bytes:
    """Return an archive without a comment with its checksum for one."""
    comment = MARK + digest(content).encode()
    return content.removesuffix(NO_COMMENT) + LENGTH.to_bytes(2, "little") + comment


def unsealed(content: bytes, path: Path) -> bytes:
    """Return what was sealed.

    Args:
        content: What was read.
        path: Where, for errors.

    Raises:
        ModelError: It was never sealed, or is not what it was then.
    """
    rest, comment = content[: -LENGTH - 2], content[-LENGTH:]
    if not comment.startswith(MARK):
        raise ModelError(
            f"{path}: does not end as a model of digitd does; copy it again if it was one, "
            "or make one with `digitd-train train`: a plain .tflite lacks labels"
        )
    if comment != MARK + digest(rest + NO_COMMENT).encode():
        raise ModelError(
            f"{path}: damaged, its checksum is another; copy it again or, if it is the model that comes with "
            "digitd, `pip install --force-reinstall digitd`"
        )
    return rest + NO_COMMENT


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file before it is sealed, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
