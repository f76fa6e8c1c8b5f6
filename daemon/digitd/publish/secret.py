"""Where the broker's password comes from."""

from collections.abc import Mapping

from digitd.secret import Places, find_secret

PASSWORD = Places("password", "mqtt-password", "mqtt.password_file", "DIGITD_MQTT_PASSWORD")


def find_password(password_file: str, password: str, environment: Mapping[str, str]) -> str:
    """Return the password from the first place that has one, or an empty text.

    Raises:
        ConfigError: A file is there or is named, but cannot be read.
    """
    return find_secret(PASSWORD, password_file, password, environment)
