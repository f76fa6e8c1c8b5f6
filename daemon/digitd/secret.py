"""Where a secret comes from. It is never logged and never part of a settings' repr."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digitd.errors import ConfigError

LONGEST_BYTES = 65_535
"""A password as MQTT has it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a secret is looked for besides its own key of the configuration.

    Attributes:
        what: What it is called.
        credential: The name of systemd's credential (`LoadCredential=`), in `$CREDENTIALS_DIRECTORY`.
        file_key: The key of the configuration that names a file.
        variable: The name of the environment's variable.
    """

    what: str
    credential: str
    file_key: str
    variable: str


def find_secret(places: Places, file: str, value: str, environ: Mapping[str, str]) -> str:
    """Return a secret from the first place that has one, or an empty text.

    Args:
        places: Looked at in their order.
        file: What the configuration says at `places.file_key`.
        value: What it says at the secret's own key, which is looked at last.
        environ: The environment.

    Raises:
        ConfigError: A file is there or is named, but cannot be read.
    """
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (credential := Path(credentials, places.credential)).exists():
        return _read(credential, places)
    if file:
        return _read(Path(file), places)
    return environ.get(places.variable) or value


def _read(path: Path, places: Places) -> str:
    key = places.file_key
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_BYTES + 1)
        secret = content.decode().rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{key}: {path}: {error}; let the daemon's user read it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{key}: {path}: {error}; save it as UTF-8") from error
    if len(content) > LONGEST_BYTES:
        raise ConfigError(f"{key}: {path}: too long; it holds the {places.what} and nothing else")
    return secret
