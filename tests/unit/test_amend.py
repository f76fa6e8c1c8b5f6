"""A key of config.yaml is changed, and not a byte beside it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digitd.amend import amend, amended
from digitd.config import Config, parse_config
from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config.yaml"

detector_changes = st.fixed_dictionaries(
    {},
    optional={
        "onset_db": st.floats(5, 40),
        "offset_db": st.floats(1, 5),
        "quietest_dbfs": st.floats(-100, 0),
        "hang_over_ms": st.floats(125, 2000),
        "onset_windows": st.integers(1, 100),
    },
)


def with_changes(text: str, changes: dict[str, Any]) -> str:
    keys = {f"detector.{key}": value for key, value in changes.items()}
    return amended(text.encode(), keys, "config.yaml").decode()


# Reading YAML is slow, and these read the whole file several times.
few_examples = settings(max_examples=25)


@few_examples
@example(changes={"quietest_dbfs": -1e-05})
@given(changes=detector_changes)
def test_the_shipped_file_becomes_what_was_meant(changes: dict[str, Any]) -> None:
    text = with_changes(SHIPPED.read_text(encoding="utf-8"), changes)

    assert parse_config(text.encode(), "config.yaml") == Config(detector=SegmenterSettings(**changes))


@few_examples
@given(changes=detector_changes)
def test_only_the_lines_of_these_keys_change_and_their_comments_stay(changes: dict[str, Any]) -> None:
    before = SHIPPED.read_text(encoding="utf-8").splitlines()

    after = with_changes(SHIPPED.read_text(encoding="utf-8"), changes).splitlines()

    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        if old.strip().partition(":")[0] not in changes:
            assert new == old
        assert new.partition(" #")[2] == old.partition(" #")[2]


@few_examples
@given(values=st.lists(detector_changes, max_size=4))
def test_many_changes_end_as_the_last_of_each_key(values: list[dict[str, Any]]) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    for changes in values:
        text = with_changes(text, changes)

    last = {key: value for changes in values for key, value in changes.items()}
    assert parse_config(text.encode(), "config.yaml").detector == SegmenterSettings(**last)


def test_comments_stay_in_their_column() -> None:
    text = "detector:\n  onset_db: 7.0               # dB\n  offset_db: 5 # dB\n"

    assert with_changes(text, {"onset_db": 11.0, "offset_db": 4.25}) == (
        "detector:\n  onset_db: 11.0              # dB\n  offset_db: 4.25 # dB\n"
    )


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", "detector:\n  onset_db: 9.0\n"),
        ("# nothing yet", "# nothing yet\ndetector:\n  onset_db: 9.0\n"),
        ("site: hall\n", "site: hall\ndetector:\n  onset_db: 9.0\n"),
        ("detector:\n", "detector:\n  onset_db: 9.0\n"),
        ("detector:", "detector:\n  onset_db: 9.0\n"),
        (
            "detector:   # mine\n  # onset_db: 3\nsite: hall\n",
            "detector:   # mine\n  onset_db: 9.0\n  # onset_db: 3\nsite: hall\n",
        ),
        ("detector:\n    mode: adaptive\n", "detector:\n    onset_db: 9.0\n    mode: adaptive\n"),
        ("detector: {mode: adaptive}", "detector: {onset_db: 9.0, mode: adaptive}"),
        ("detector: {}", "detector: {onset_db: 9.0}"),
        ("{site: hall}", "{detector: {onset_db: 9.0}, site: hall}"),
        ("detector: {onset_db: 7 , mode: adaptive}", "detector: {onset_db: 9.0 , mode: adaptive}"),
        (
            "site: küche\r\ndetector:\r\n  mode: adaptive\r\n",
            "site: küche\r\ndetector:\r\n  onset_db: 9.0\r\n  mode: adaptive\r\n",
        ),
        ('"detector":\n  "onset_db": 7\n', '"detector":\n  "onset_db": 9.0\n'),
        ("\ufeffdetector:\n  onset_db: 7\n", "\ufeffdetector:\n  onset_db: 9.0\n"),
    ],
)
def test_each_way_to_write_it_is_kept(text: str, changed: str) -> None:
    assert with_changes(text, {"onset_db": 9.0}) == changed


def test_a_key_at_the_top_and_one_of_text_change_too() -> None:
    source = b"site: hall  # mine\nlog: {level: info}\n"

    changed = amended(source, {"site": "kitchen", "log.level": "debug"}, "config.yaml")

    assert changed == b'site: "kitchen" # mine\nlog: {level: "debug"}\n'


@pytest.mark.parametrize(
    "text",
    [
        "site: &a '7'\ndetector:\n  onset_db: 7\n  longest_ms: 1500\n---\n",
        "decision: {refractory_s: &a 7}\ndetector: {onset_db: *a, offset_db: 5}\n",
        "detector: null\n",
        "detector: ~\n",
        "{}\n# the end",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone_or_right(text: str) -> None:
    try:
        changed = with_changes(text, {"onset_db": 9.0})
    except ConfigError:
        return

    before, after = (parse_config(one.encode(), "config.yaml") for one in (text, changed))
    assert after == replace(before, detector=replace(before.detector, onset_db=9.0))


def test_an_alias_is_not_followed_and_the_cure_is_told() -> None:
    text = "decision: {refractory_s: &a 7}\ndetector: {onset_db: *a}\n"

    with pytest.raises(ConfigError, match=r"config\.yaml: .* please set detector\.onset_db: 9\.0"):
        with_changes(text, {"onset_db": 9.0})


def test_a_wrong_file_is_answered_as_ever() -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:1: detektor: unknown key"):
        with_changes("detektor: {}", {"onset_db": 9.0})


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "real.yaml", tmp_path / "config.yaml"
    file.write_text("detector:\n  onset_db: 7\n")
    file.chmod(0o640)
    link.symlink_to(file)

    amend(link, {"detector.onset_db": 9.0})

    assert file.read_text() == "detector:\n  onset_db: 9.0\n"
    assert (link.is_symlink(), file.stat().st_mode & 0o777) == (True, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "real.yaml"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml: No such file or directory; it stays as it is"):
        amend(tmp_path / "config.yaml", {"detector.onset_db": 9.0})
