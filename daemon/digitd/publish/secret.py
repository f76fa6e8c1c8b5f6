"""Where the broker's password comes from. It is never logged and never part of a settings' repr."""

from collections.abc import Mapping
from pathlib import Path

from digitd.errors import ConfigError

LONGEST_BYTES = 65_535
"""As MQTT has it."""


def find_password(password_file: str, password: str, environment: Mapping[str, str]) -> str:
    """Return the password from the first place that has one, or an empty text.

    The places are `$CREDENTIALS_DIRECTORY/mqtt-password` (systemd's `LoadCredential=`), the file named in the
    configuration, `$DIGITD_MQTT_PASSWORD`, and the configuration itself.

    Raises:
        ConfigError: A file is there or is named, but cannot be read.
    """
    credentials = environment.get("CREDENTIALS_DIRECTORY")
    if credentials and Path(credentials, "mqtt-password").exists():
        return _read(Path(credentials, "mqtt-password"))
    if password_file:
        return _read(Path(password_file))
    return environment.get("DIGITD_MQTT_PASSWORD") or password


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_BYTES + 1)
        password = content.decode().rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"mqtt.password_file: {path}: {error}; let the daemon's user read it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"mqtt.password_file: {path}: {error}; save it as UTF-8") from error
    if len(content) > LONGEST_BYTES:
        raise ConfigError(f"mqtt.password_file: {path}: too long; it holds the password and nothing else")
    return password
