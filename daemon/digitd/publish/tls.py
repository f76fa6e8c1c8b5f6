"""What checks the broker's certificate and shows ours."""

import ssl
from pathlib import Path

from digitd.errors import ConfigError
from digitd.publish.settings import MqttSettings


def encryption(settings: MqttSettings) -> ssl.SSLContext:
    """Return what encrypts a connection.

    Raises:
        ConfigError: A file cannot be read or is not what it should be.
    """
    # Not create_default_context(): from Python 3.13 on it holds home-made authorities to every letter of RFC
    # 5280.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not settings.ca_file:
        context.load_default_certs()
    refresh(context, settings)
    return context


def refresh(context: ssl.SSLContext, settings: MqttSettings) -> None:
    """Read the files again: certificates are renewed. An authority once trusted stays so until a restart.

    Raises:
        ConfigError: A file cannot be read or is not what it should be.
    """
    if settings.ca_file:
        _read_authority(context, settings.ca_file)
    if settings.cert_file:
        _read_own(context, settings.cert_file, settings.key_file)


def _read_authority(context: ssl.SSLContext, ca_file: str) -> None:
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # for a file that is no certificate, too
        raise ConfigError(
            f"mqtt.ca_file: {ca_file}: {error}; give the authority's certificate, PEM"
        ) from error


def _read_own(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    _require_readable("cert_file", cert_file)
    _require_readable("key_file", key_file)
    try:
        # Without a password of ours OpenSSL would ask for one on the terminal, and wait.
        context.load_cert_chain(cert_file, key_file, password="")
    except ssl.SSLError as error:
        raise ConfigError(
            f"mqtt.cert_file: {cert_file} and mqtt.key_file: {key_file} are no certificate and its key; "
            f"give both as PEM, the key without a passphrase ({error})"
        ) from error


def _require_readable(key: str, name: str) -> None:
    """Open the file: OpenSSL does not say which of two it cannot read."""
    try:
        with Path(name).open("rb"):
            return
    except OSError as error:
        raise ConfigError(f"mqtt.{key}: {name}: {error.strerror}; let the daemon's user read it") from error
