"""Orders outlive a restart, and a file that does not."""

from pathlib import Path

import pytest

from digitd.commands.memory import budget_file, memory_file, remember, remembered
from digitd.decide import Orders

DEEP = b'{"more": ' + b"[" * 10_000

ORDERS = Orders(muted=True, threshold=0.9, thresholds={"7": 0.95})


def test_what_was_asked_for_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kitchen.json"

    remember(ORDERS, path)

    assert remembered(path, Orders()) == ORDERS
    assert list(path.parent.iterdir()) == [path]


def test_at_first_nothing_was(tmp_path: Path) -> None:
    assert remembered(tmp_path / "kitchen.json", Orders()) == Orders()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"muted": 7}', b'{"threshold": 5}', b"\xff", b'{"thresholds": {"\xff": 1}}', DEEP],
)
def test_a_file_that_is_broken_is_told_and_forgotten(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "kitchen.json"
    path.write_bytes(content)

    assert remembered(path, Orders()) == Orders()
    assert "forgotten" in caplog.text


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "file"
    blocked.touch()

    remember(ORDERS, blocked / "kitchen.json")

    assert "will not outlive a restart" in caplog.text


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"STATE_DIRECTORY": "/var/lib/digitd"}, "/var/lib/digitd/kitchen.json"),
        ({"STATE_DIRECTORY": "/var/lib/digitd:/var/lib/other"}, "/var/lib/digitd/kitchen.json"),
        ({"XDG_STATE_HOME": "/home/anna/state"}, "/home/anna/state/digitd/kitchen.json"),
    ],
)
def test_it_lies_where_the_system_keeps_state(environ: dict[str, str], path: str) -> None:
    assert memory_file("kitchen", environ) == Path(path)
    assert budget_file("kitchen", environ) == Path(path).parent / "budget" / "kitchen.json"
