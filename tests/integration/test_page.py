"""The web page in a real browser: digits spoken into the virtual microphone, sliders, restart, token."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Locator, Page, expect

from integration.brokers import Broker, free_port, mosquitto
from integration.browser import chromium
from integration.daemons import Daemon, daemon, retained
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone, pytest.mark.browser]

TOKEN = "correct horse battery staple"  # noqa: S105 - a test's token
WORDS = 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return the first words of the demo's recording as a WAV file, and what they are."""
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    return path, first_words(WORDS, path)


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the first of them alone: 8."""
    path = tmp_path_factory.mktemp("word") / "word.wav"
    first_words(1, path)
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Run a broker for all tests here."""
    with mosquitto(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def shown(
    vmic: VirtualMicrophone, house: Broker, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """Run a daemon with the page for all tests that leave it running."""
    folder = tmp_path_factory.mktemp("shown")
    sections = {"monitor": {"enabled": True, "port": port}}
    with daemon(folder, vmic.environment, house.port, sections, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        yield running


@pytest.fixture
def page(browser: Browser, port: int, shown: Daemon) -> Iterator[Page]:
    """Open the page, and see to it that it has nothing to complain of and asks nobody else for anything."""
    assert shown.process.poll() is None
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    asked: list[str] = []
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.locator("#status")).to_have_text("listening")
    yield page
    context.close()
    assert complaints == []
    assert {url.split("/")[2] for url in asked} == {f"127.0.0.1:{port}"}


def accepted(page: Page) -> Locator:
    """Return the cards of what was acted on: a busy machine may make noises of its own."""
    return page.locator("#utterances > .accepted")


def names(page: Page) -> list[str]:
    """Return what they say, the oldest first."""
    return accepted(page).locator(".name").all_text_contents()[::-1]


def onset_db_in_force(broker: Broker) -> float:
    return float(json.loads(retained(broker, "info"))["config"]["detector"]["onset_db"])


def soon(ask: Callable[[], object], expected: object) -> None:
    """Wait until something is so: the broker is told after the page."""
    give_up_at = time.monotonic() + 5
    while (answer := ask()) != expected:
        assert time.monotonic() < give_up_at, answer
        time.sleep(0.05)


def test_what_is_spoken_appears_to_all_who_look_and_to_who_comes_later(
    vmic: VirtualMicrophone, speech: tuple[Path, list[str]], browser: Browser, port: int, page: Page
) -> None:
    recording, said = speech
    before = accepted(page).count()
    with browser.new_context() as another:
        second = another.new_page()
        second.goto(f"http://127.0.0.1:{port}/")
        expect(second.locator("#status")).to_have_text("listening")
        vmic.play(recording)
        for looking in (page, second):
            expect(accepted(looking)).to_have_count(before + WORDS)
        expect(page.locator("#announcer")).to_have_text(f"heard {said[-1]}, 99%", use_inner_text=False)
        late = another.new_page()
        late.goto(f"http://127.0.0.1:{port}/")
        expect(accepted(late)).to_have_count(before + WORDS)

        assert names(page) == names(second) == names(late)
        assert names(page)[before:] == said
        assert late.locator("#announcer").text_content() == ""

    newest = accepted(page).first
    expect(newest.locator(".verdict")).to_have_text("acted on")
    expect(newest.locator(".scores .label").first).to_have_text(said[-1])
    picture = newest.locator("canvas.picture")
    assert (picture.get_attribute("width"), picture.get_attribute("height")) == ("50", "34")
    expect(page.locator("#health .good")).to_have_count(3)
    assert is_drawn(page, "#spectrogram")
    assert is_drawn(page, "#levels")


def is_drawn(page: Page, canvas: str) -> bool:
    """Say whether there is more than one colour in a picture."""
    drawn: bool = page.locator(canvas).evaluate(
        """canvas => {
             const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
             return new Set(new Uint32Array(data.buffer)).size > 10;
           }"""
    )
    return drawn


def test_with_the_keyboard_alone_settings_are_tried_kept_and_put_back(
    vmic: VirtualMicrophone, house: Broker, word: Path, shown: Daemon, page: Page
) -> None:
    before, ignored = (
        accepted(page).count(),
        page.locator("#utterances > .rejected", has_text="below threshold"),
    )
    tab_to(page, "set-decision-threshold")
    page.keyboard.press("End")
    soon(lambda: retained(house, "threshold"), "0.999")
    vmic.play(word)
    expect(ignored).to_have_count(1)
    strict = accepted(page).count()

    tab_to(page, "restore")
    page.keyboard.press("Space")
    expect(page.locator("#tuning-note")).to_have_text("As the file has it.")
    soon(lambda: retained(house, "threshold"), "None")
    vmic.play(word)
    expect(accepted(page)).to_have_count(before + 1)

    tab_to(page, "set-detector-onset_db")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".setting.tried")).to_have_count(1)
    soon(lambda: onset_db_in_force(house), 7.5)
    only_tried = yaml.safe_load(shown.config.read_text()).get("detector")
    tab_to(page, "keep")
    page.keyboard.press("Enter")
    expect(page.locator("#tuning-note")).to_have_text("Kept in the configuration's file.")
    expect(page.locator(".setting.tried")).to_have_count(0)

    assert strict == before
    assert (only_tried, yaml.safe_load(shown.config.read_text())["detector"]) == (None, {"onset_db": 7.5})
    assert onset_db_in_force(house) == 7.5


def test_what_cannot_be_is_refused_with_the_reason_and_jumps_back(house: Broker, page: Page) -> None:
    before = onset_db_in_force(house)
    slider = page.get_by_label("Beginning")
    slider.focus()
    page.keyboard.press("Home")

    expect(page.locator("#tuning-note")).to_contain_text("offset_db: must not be above onset_db")
    expect(slider).to_have_value(f"{before:g}")
    assert onset_db_in_force(house) == before


def test_it_can_be_muted_and_says_so(vmic: VirtualMicrophone, house: Broker, word: Path, page: Page) -> None:
    muted = page.locator("#utterances > .rejected", has_text="muted")
    mute = page.get_by_role("button", name="Mute")
    mute.click()
    expect(page.locator("#status")).to_have_text("muted")
    expect(mute).to_have_attribute("aria-pressed", "true")
    soon(lambda: retained(house, "mute"), "ON")
    vmic.play(word)
    expect(muted).not_to_have_count(0)

    mute.click()

    expect(page.locator("#status")).to_have_text("listening")
    soon(lambda: retained(house, "mute"), "OFF")


def test_when_the_daemon_is_started_anew_the_page_goes_on_by_itself(
    vmic: VirtualMicrophone, house: Broker, word: Path, tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    sections = {"monitor": {"enabled": True, "port": port}}
    with browser.new_context() as context:
        page = context.new_page()
        with daemon(tmp_path, vmic.environment, house.port, sections, device="vmic") as first:
            first.wait_for("listening")
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.locator("#status")).to_have_text("listening")
            vmic.play(word)
            expect(accepted(page)).to_have_count(1)
            took_s = first.end(signal.SIGTERM)
            expect(page.locator("#notice")).to_contain_text("The daemon is not there.")
            expect(page.get_by_role("button", name="Mute")).to_be_disabled()

        with daemon(tmp_path, vmic.environment, house.port, sections, device="vmic") as second:
            second.wait_for("listening")
            expect(page.locator("#status")).to_have_text("listening", timeout=10_000)
            expect(page.locator("#notice")).to_be_hidden()
            vmic.play(word)
            expect(accepted(page)).to_have_count(2)

    assert (first.process.returncode, took_s < 1) == (0, True)


def test_whoever_does_not_know_the_token_sees_nothing(
    vmic: VirtualMicrophone, house: Broker, tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    sections = {"monitor": {"enabled": True, "port": port, "token": TOKEN}}
    with (
        daemon(tmp_path, vmic.environment, house.port, sections, device="vmic") as running,
        browser.new_context() as context,
    ):
        running.wait_for("listening")
        page = context.new_page()
        answer = page.goto(f"http://127.0.0.1:{port}/")
        field = page.get_by_label("Token, as monitor.token has it")
        field.fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        field.fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_have_text("listening")
        (cookie,) = context.cookies()

        by_link = context.new_page()
        by_link.goto(f"http://127.0.0.1:{port}/?token={TOKEN}")
        expect(by_link.locator("#status")).to_have_text("listening")

        assert answer is not None
        assert (answer.status, page.url, by_link.url) == (401, *[f"http://127.0.0.1:{port}/"] * 2)
        assert (cookie["httpOnly"], cookie["sameSite"], TOKEN in str(cookie)) == (True, "Strict", False)
        assert running.log.read_text().count("page refused reason='wrong token' from=127.0.0.1") == 1
        assert TOKEN not in running.log.read_text() + retained(house, "info")


def tab_to(page: Page, identifier: str) -> None:
    """Press the tabulator until something has the focus."""
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == identifier:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{identifier} cannot be reached with the keyboard")
