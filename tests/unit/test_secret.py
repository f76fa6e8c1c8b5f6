"""The broker's password: where it is looked for, and where it never shows."""

from pathlib import Path

import pytest

from digitd.errors import ConfigError
from digitd.publish.secret import find_password
from digitd.publish.settings import MqttSettings


def test_the_places_are_searched_in_the_promised_order(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text("from systemd\n")
    (tmp_path / "file").write_text("from a file\n")
    environment = {"CREDENTIALS_DIRECTORY": str(credentials), "DIGITD_MQTT_PASSWORD": "from the environment"}
    without_systemd = {"DIGITD_MQTT_PASSWORD": "from the environment"}

    found = [
        find_password(str(tmp_path / "file"), "from the configuration", environment),
        find_password(str(tmp_path / "file"), "from the configuration", without_systemd),
        find_password("", "from the configuration", without_systemd),
        find_password("", "from the configuration", {}),
        find_password("", "", {}),
    ]

    assert found == ["from systemd", "from a file", "from the environment", "from the configuration", ""]


def test_credentials_of_other_services_do_not_matter(tmp_path: Path) -> None:
    assert find_password("", "mine", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "mine"


def test_only_the_line_end_is_taken_off_a_password_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(" with spaces \r\n")

    assert find_password(str(tmp_path / "file"), "", {}) == " with spaces "


def test_a_password_file_that_is_not_there_is_told_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mqtt\.password_file: .*nowhere.*let the daemon's user read it"):
        find_password(str(tmp_path / "nowhere"), "second choice", {})


@pytest.mark.parametrize(
    ("content", "cure"),
    [(b"caf\xe9", "save it as UTF-8"), (b"x" * 100_000, "holds the password and nothing else")],
)
def test_a_file_that_holds_no_password_is_told_with_its_cure(
    content: bytes, cure: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(ConfigError, match=f"mqtt.password_file: .*{cure}"):
        find_password(str(tmp_path / "file"), "", {})


def test_a_password_never_shows_in_the_settings() -> None:
    assert "s3cret" not in repr(MqttSettings(password="s3cret"))  # noqa: S106 - a test's password
