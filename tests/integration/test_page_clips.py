"""Clips and numbers in a real browser: kept, played, labelled with the keyboard alone, forgotten."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Dialog, Page, expect

from integration.brokers import free_port
from integration.browser import chromium
from integration.daemons import daemon
from integration.speech import first_words

pytestmark = pytest.mark.browser

WORDS = 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    return tmp_path / "clips"


@pytest.fixture
def page(browser: Browser, clips: Path, tmp_path: Path) -> Iterator[Page]:
    """Open the page of a daemon that hears two words and then nothing, with nothing to complain of."""
    words, quiet = tmp_path / "words.wav", tmp_path / "quiet.wav"
    first_words(WORDS, words)
    soundfile.write(quiet, np.zeros(60 * 16_000, np.int16), 16_000)
    port = free_port()
    sections = {
        "monitor": {"enabled": True, "port": port},
        "clips": {"enabled": True, "folder": str(clips)},
        "numbers": {"enabled": True, "gap_s": 1.5},
    }
    audio = {"source": "files", "files": [str(words), str(quiet)]}
    complaints: list[str] = []
    with daemon(tmp_path, os.environ, free_port(), sections, **audio) as running:
        running.wait_for("listening")
        with browser.new_context() as context:
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"http://127.0.0.1:{port}/")
            expect(page.locator("#utterances .clip")).to_have_count(WORDS)
            yield page
        assert "Traceback" not in running.log.read_text()
    assert complaints == []


def labelled(clips: Path) -> list[str]:
    return [path.parent.name for path in sorted(clips.glob("labelled/*/*.wav"))]


def test_a_clip_is_played_and_labelled_with_the_keyboard_alone_for_all_who_look(
    page: Page, clips: Path
) -> None:
    newest = page.locator("#utterances > li").first
    choice = newest.get_by_label("What was it?")
    name = newest.locator(".name").text_content()
    preset = choice.input_value()
    with page.expect_response("**/clip/*.wav") as fetched:
        newest.get_by_role("button", name="Play").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(newest.get_by_role("status")).to_have_text("labelled: 5")
    corrected = labelled(clips)

    choice.select_option(label="none of these")
    newest.get_by_role("button", name="Label").click()
    expect(newest.get_by_role("status")).to_have_text("labelled: none of these")
    late = page.context.new_page()
    late.goto(page.url)

    expect(late.locator("#utterances > li").first.get_by_role("status")).to_have_text(
        "labelled: none of these"
    )
    expect(late.locator("#clips-note")).to_contain_text(f"{WORDS} of 200 clips kept, 1 labelled")
    assert (fetched.value.status, fetched.value.headers["content-type"]) == (200, "audio/wav")
    assert (preset, corrected, labelled(clips)) == (name, ["5"], ["_other_"])


def test_one_clip_is_forgotten_and_then_all(page: Page, clips: Path) -> None:
    newest = page.locator("#utterances > li").first
    newest.get_by_label("What was it?").select_option(label="forget it")
    newest.get_by_role("button", name="Label").click()
    expect(page.locator("#utterances .clip")).to_have_count(WORDS - 1)
    left = len(list(clips.rglob("*.wav")))

    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", agree)
    page.get_by_role("button", name="Forget all clips").click()
    expect(page.locator("#utterances .clip")).to_have_count(0)

    expect(page.get_by_role("button", name="Forget all clips")).to_be_disabled()
    assert (left, asked) == (WORDS - 1, ["Delete all 1 clips, the labelled ones too?"])
    assert [path for path in clips.rglob("*") if path.is_file()] == []


def test_a_number_appears_and_is_told_to_who_does_not_see(page: Page) -> None:
    said = page.locator("#utterances .name").all_text_contents()[::-1]

    expect(page.locator("#numbers .number").first).to_have_text("".join(said))
    expect(page.locator("#announcer")).to_have_text(f"number {''.join(said)}", use_inner_text=False)
