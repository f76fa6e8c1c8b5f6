"""One event is one line, for a person, for journald and for a machine."""

import io
import json
import logging
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.log import (
    JournalFormatter,
    JsonFormatter,
    LogSettings,
    TextFormatter,
    event_and_fields,
    is_journal,
    set_up_logging,
)


def record(template: str, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("digitd.decide", level, "decide.py", 1, template, args, None)


def test_a_person_reads_time_severity_and_event() -> None:
    line = TextFormatter().format(record("heard keyword=%s confidence=%.2f", "7", 0.9812))

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d INFO    heard keyword=7 confidence=0.98", line
    )


def test_the_journal_gets_a_priority_instead_of_a_time() -> None:
    line = JournalFormatter().format(record("microphone lost", level=logging.WARNING))

    assert line == "<4>microphone lost"


def test_a_machine_gets_the_fields_one_by_one() -> None:
    line = JsonFormatter().format(record("heard keyword=%s confidence=%.2f duration_ms=%d", "7", 0.9812, 422))

    told = json.loads(line)
    assert told.pop("time")
    assert told == {
        "severity": "info",
        "logger": "digitd.decide",
        "event": "heard",
        "keyword": "7",
        "confidence": 0.98,
        "duration_ms": 422,
    }


def test_a_value_with_spaces_and_equals_signs_stays_whole() -> None:
    refused = record("broker lost host=%s error=%s", "pi", OSError("no route, code=113 (see a=b)"))

    assert event_and_fields(refused) == (
        "broker lost",
        {"host": "pi", "error": "no route, code=113 (see a=b)"},
    )


@pytest.mark.parametrize(
    ("strange", "event"),
    [
        (record("100% sure"), "100% sure"),
        (record("%(a)s=1", {"a": "b"}), "b=1"),
        (record("{'a': 1}"), "{'a': 1}"),
    ],
)
def test_what_others_log_is_all_event(strange: logging.LogRecord, event: str) -> None:
    assert event_and_fields(strange) == (event, {})


def test_what_is_no_number_in_json_is_text() -> None:
    assert event_and_fields(record("level level_db=%.1f", float("-inf"))) == ("level", {"level_db": "-inf"})


@given(st.text())
def test_nothing_said_elsewhere_breaks_the_line(said: str) -> None:
    written = record("refused payload=%s", said)

    for formatter in (TextFormatter(), JournalFormatter(), JsonFormatter()):
        assert len(formatter.format(written).splitlines()) == 1


def test_a_traceback_stays_on_the_line_too() -> None:
    failed = record("failed")
    failed.exc_info = (ValueError, ValueError("never"), None)

    assert "ValueError: never" in json.loads(JsonFormatter().format(failed))["traceback"]
    assert len(TextFormatter().format(failed).splitlines()) == 1


def test_the_journal_is_known_by_its_file(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as journal, (tmp_path / "other").open("w") as other:
        status = os.fstat(journal.fileno())
        environ = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}

        assert is_journal(journal, environ)
        assert not is_journal(other, environ)
        assert not is_journal(journal, {})
        assert not is_journal(io.StringIO(), environ)


@pytest.mark.usefixtures("_logging_as_it_was")
def test_of_others_only_warnings_are_told() -> None:
    stream = io.StringIO()

    set_up_logging(LogSettings(level="debug", format="json"), stream, {})
    logging.getLogger("digitd.audio").debug("opened")
    logging.getLogger("somebody").info("chatter")
    logging.getLogger("somebody").warning("trouble")

    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["opened", "trouble"]
