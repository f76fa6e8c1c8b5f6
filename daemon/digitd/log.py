"""One line an event on standard error: `event key=value ...`, or JSON for machines.

Call sites write the event first, then its fields: `log.info("heard keyword=%s confidence=%.2f", ...)`.
"""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TextIO, TypeAlias

FieldValue: TypeAlias = str | int | float | None

_FIELD_BOUNDARY: Final = re.compile(r"\s+(?=\w+=)")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SYSLOG_PRIORITY: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is told on standard error, and in which form.

    Attributes:
        level: Events less severe than this are not told.
        format: `text` for people and journald; `json` for machines, one object a line.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class TextFormatter(logging.Formatter):
    """Local time, severity, event: for `tail -f` and the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        return f"{_local_time(record)} {record.levelname:<7} {_one_line(super().format(record))}"


class JournalFormatter(logging.Formatter):
    """The event after its syslog priority, which journald takes off; journald knows the time itself."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        priority = _SYSLOG_PRIORITY.get(record.levelno, 5)
        return f"<{priority}>{_one_line(super().format(record))}"


class JsonFormatter(logging.Formatter):
    """One JSON object: time, severity, logger, event, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        event, fields = event_and_fields(record)
        told = {
            "time": _local_time(record),
            "severity": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({**fields, **told})


def set_up_logging(settings: LogSettings, stream: TextIO, environ: Mapping[str, str]) -> None:
    """Send this package's events to `stream`, and of everybody else's only warnings and worse.

    Args:
        settings: Level and form.
        stream: Standard error.
        environ: Where systemd says, in JOURNAL_STREAM, which file is the journal.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(settings, stream, environ))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("digitd").setLevel(settings.level.upper())


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether the stream goes to journald, as systemd.exec(5) tells to find out.

    The variable alone proves nothing: a child whose standard error was redirected inherits it too.
    """
    named = environ.get("JOURNAL_STREAM", "")
    if not named:
        return False
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # no file behind it, as in tests
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


def event_and_fields(record: logging.LogRecord) -> tuple[str, dict[str, FieldValue]]:
    """Take a record apart along its template, so that a value may hold spaces or equals signs.

    A record that is not written as `event key=%s ...` is all event.
    """
    event, *pieces = _FIELD_BOUNDARY.split(str(record.msg))
    wanted = [_conversions(piece) for piece in (event, *pieces)]
    if not isinstance(record.args, tuple) or sum(wanted) != len(record.args):
        return record.getMessage(), {}
    values = iter(record.args)
    event_values, *piece_values = (tuple(next(values) for _ in range(count)) for count in wanted)
    return event % event_values, dict(map(_field, pieces, piece_values))


def _field(piece: str, values: tuple[object, ...]) -> tuple[str, FieldValue]:
    key, _, text = (piece % values).partition("=")
    match values:
        case (bool() | int() | str() | None as value,):
            return key, value
        case (float(),):
            return key, _number(text)
        case _:
            return key, text


def _number(text: str) -> FieldValue:
    """Keep a float as the template rounded it; `nan` has no JSON and stays text."""
    return float(text) if re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", text) else text


def _conversions(piece: str) -> int:
    return piece.replace("%%", "").count("%")


def _formatter(settings: LogSettings, stream: TextIO, environ: Mapping[str, str]) -> logging.Formatter:
    if settings.format == "json":
        return JsonFormatter()
    return JournalFormatter() if is_journal(stream, environ) else TextFormatter()


def _local_time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


def _one_line(text: str) -> str:
    """Escape what would break the line or command the terminal: names and payloads come from elsewhere."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
