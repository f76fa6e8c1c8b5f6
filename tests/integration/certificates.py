"""Certificates made for a test, with the openssl that mosquitto's users have."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, PEM.

    Attributes:
        certificate: What may be shown.
        key: What may not.
    """

    certificate: Path
    key: Path


def authority(folder: Path, name: str) -> Certificate:
    """Make an authority that signs others."""
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl("req -x509 -newkey rsa:2048 -nodes -days 2", "-subj", f"/CN={name}", *_to(files))
    return files


def signed(by: Certificate, folder: Path, name: str, alternatives: str = "", days: int = 2) -> Certificate:
    """Make a certificate that an authority signed.

    Args:
        by: The authority.
        folder: Where it goes.
        name: What the certificate is called, and its files.
        alternatives: The names and addresses that it is for, such as `IP:127.0.0.1`.
        days: So long it is valid; with 0 not even now.
    """
    files = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={alternatives}\n" if alternatives else "")
    _openssl(
        "req -newkey rsa:2048 -nodes", "-subj", f"/CN={name}", "-keyout", str(files.key), "-out", str(request)
    )
    _openssl(
        f"x509 -req -CAcreateserial -days {days}",
        *("-CA", str(by.certificate), "-CAkey", str(by.key), "-extfile", str(extensions)),
        *("-in", str(request), "-out", str(files.certificate)),
    )
    return files


def with_passphrase(key: Path) -> Path:
    """Make a copy of a key that only opens with a passphrase."""
    locked = key.with_suffix(".locked")
    _openssl("rsa -aes128 -passout pass:secret", "-in", str(key), "-out", str(locked))
    return locked


def _to(files: Certificate) -> tuple[str, ...]:
    return ("-keyout", str(files.key), "-out", str(files.certificate))


def _openssl(command: str, *arguments: str) -> None:
    subprocess.run(["openssl", *command.split(), *arguments], check=True, capture_output=True)
