"""Who may look at the page, and from where."""

from pathlib import Path

import pytest

from digitd.errors import ConfigError
from digitd.monitor.door import Door, Visit
from digitd.monitor.settings import MonitorSettings, required_token

TOKEN = "correct horse battery staple"  # noqa: S105 - a test's token
OPEN, GUARDED = Door("", 9714), Door(TOKEN, 9714)
COOKIE = GUARDED.cookie.partition(";")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:9714", "localhost:8080", "LOCALHOST", "[::1]:9714", "127.0.0.2"])
def test_this_machine_may_be_called_by_its_own_names(host: str) -> None:
    assert OPEN.is_reached_by_own_name(Visit("/", host))


@pytest.mark.parametrize("host", ["evil.example:9714", "127.0.0.1.evil.example", "", "[::1", "192.168.1.4"])
def test_a_name_of_somebody_elses_that_leads_here_is_refused(host: str) -> None:
    assert not OPEN.is_reached_by_own_name(Visit("/", host))


def test_with_a_token_any_name_will_do_for_the_cookie_belongs_to_one() -> None:
    assert GUARDED.is_reached_by_own_name(Visit("/", "kitchen.lan:9714"))


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://127.0.0.1:9714", "127.0.0.1:9714", True),
        ("https://Kitchen.lan", "kitchen.lan", True),
        ("http://127.0.0.1:8000", "127.0.0.1:9714", False),
        ("http://evil.example", "127.0.0.1:9714", False),
        ("null", "127.0.0.1:9714", False),
        ("file://", "", False),
        ("", "127.0.0.1:9714", False),
    ],
)
def test_only_the_page_that_we_serve_may_ask(origin: str, host: str, *, ours: bool) -> None:
    assert OPEN.comes_from_own_page(Visit("/live", host, origin)) is ours


@pytest.mark.parametrize(
    ("visit", "welcome"),
    [
        (Visit("/"), False),
        (Visit(f"/?token={TOKEN.replace(' ', '+')}"), True),
        (Visit("/?token=wrong"), False),
        (Visit("/?token="), False),
        (Visit("/", authorization=f"Bearer {TOKEN}"), True),
        (Visit("/", authorization="Bearer \udce4"), False),
        (Visit("/", cookie=COOKIE), True),
        (Visit("/", cookie=f"theme=dark; {COOKIE}; x=y"), True),
        (Visit("/", cookie=f"digitd-9714={TOKEN}"), False),
        (Visit("/", cookie=COOKIE.replace("9714", "9715")), False),
        (Visit("/", cookie=";;=;\udce4"), False),
    ],
)
def test_whoever_wants_to_look_has_to_know_the_token_or_have_shown_it(visit: Visit, *, welcome: bool) -> None:
    assert GUARDED.is_open_to(visit) is welcome


def test_the_cookie_is_not_the_token_and_no_script_or_other_page_gets_it() -> None:
    assert TOKEN not in GUARDED.cookie
    assert GUARDED.cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert Door("another token entirely", 9714).cookie != GUARDED.cookie


def test_without_a_token_everybody_on_this_machine_may_look() -> None:
    assert OPEN.is_open_to(Visit("/"))
    assert not OPEN.is_shown_the_token(Visit("/?token="))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "kitchen.lan"])  # noqa: S104 - refused
def test_other_machines_may_not_look_without_a_token(host: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"monitor\.host: {host} can be reached .* set monitor\.token_file"
    ):
        required_token(MonitorSettings(host=host), {})

    assert required_token(MonitorSettings(host=host, token=TOKEN), {}) == TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_this_machine_needs_no_token(host: str) -> None:
    assert required_token(MonitorSettings(host=host), {}) == ""


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"monitor\.token: must have at least 16 characters"):
        required_token(MonitorSettings(token="1234"), {})  # noqa: S106 - a test's token


def test_the_token_may_be_in_a_file_a_credential_or_the_environment(tmp_path: Path) -> None:
    (tmp_path / "monitor-token").write_text("from systemd, long\n")
    (tmp_path / "file").write_text("from a file, long enough\n")
    file = MonitorSettings(token=TOKEN, token_file=str(tmp_path / "file"))
    variable = {"DIGITD_MONITOR_TOKEN": "from the environment"}

    found = [
        required_token(file, {**variable, "CREDENTIALS_DIRECTORY": str(tmp_path)}),
        required_token(file, variable),
        required_token(MonitorSettings(token=TOKEN), variable),
    ]

    assert found == ["from systemd, long", "from a file, long enough", "from the environment"]


def test_the_token_never_shows_in_the_settings() -> None:
    assert TOKEN not in repr(MonitorSettings(token=TOKEN))
