"""A report's folder: as a page, as figures, as pictures."""

from pathlib import Path

import msgspec

from digitd.errors import InputError
from digitd_training.evaluation.evaluate import Report
from digitd_training.evaluation.markdown import markdown
from digitd_training.evaluation.pictures import draw_report


def make_folder(folder: Path) -> None:
    """Make the folder that a report goes to.

    Raises:
        InputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; --out takes a folder") from error


def write(report: Report, folder: Path) -> None:
    """Write `report.md`, `report.json` and pictures."""
    pictures = draw_report(report, folder)
    (folder / "report.md").write_text(markdown(report, pictures), encoding="utf-8")
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
