"""What the web page shows of a budget of false accepts, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from integration.brokers import Broker, free_port
from integration.browser import chromium
from integration.daemons import daemon
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone, pytest.mark.browser]


def test_whoever_says_that_it_was_not_them_sees_it_counted(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    port, word = free_port(), tmp_path / "word.wav"
    first_words(1, word)
    sections = {"monitor": {"enabled": True, "port": port}, "decision": {"false_accepts_per_day": 1}}
    with (
        daemon(tmp_path, vmic.environment, broker.port, sections, device="vmic") as running,
        chromium() as browser,
    ):
        running.wait_for("listening")
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("#status")).to_have_text("listening")
        budget = page.locator("#budget")
        expect(budget).to_contain_text("Budget of 1 false accepts a day: nothing counted yet")
        vmic.play(word)
        card = page.locator("#utterances > .accepted")
        expect(card).to_have_count(1)

        card.get_by_role("button", name="That was not me").click()

        expect(card.get_by_role("button")).to_have_text("counted as a false accept")
        expect(card.get_by_role("button")).to_be_disabled()


def test_without_a_budget_nothing_of_it_is_shown(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    port, word = free_port(), tmp_path / "word.wav"
    first_words(1, word)
    sections = {"monitor": {"enabled": True, "port": port}}
    with (
        daemon(tmp_path, vmic.environment, broker.port, sections, device="vmic") as running,
        chromium() as browser,
    ):
        running.wait_for("listening")
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("#status")).to_have_text("listening")
        vmic.play(word)

        card = page.locator("#utterances > .accepted")
        expect(card).to_have_count(1)
        expect(card.get_by_role("button", name="That was not me")).to_be_hidden()
        expect(page.locator("#budget")).to_be_hidden()
