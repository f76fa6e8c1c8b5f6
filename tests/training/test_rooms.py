"""What `digitd calibrate` proposes helps where something is unusual, and is nothing where nothing is."""

import pytest

from benchmarks.rooms import Bench, Row
from integration.recordings import recordings

pytestmark = pytest.mark.recordings


@pytest.fixture(scope="module")
def bench() -> Bench:
    recordings(source="an4")
    return Bench(digits=60, others=12, seed=28)


def played(bench: Bench, name: str) -> Row:
    (place,) = [place for place in bench.places if place.name == name]
    return bench.row(place)


@pytest.mark.parametrize("kind", ["ordinary", "humming", "noisy"])
def test_where_no_setting_helps_none_is_proposed(bench: Bench, kind: str) -> None:
    places = [place for place in bench.places if place.kind == kind]

    proposed = {place.name: bench.changes(place) for place in places}

    assert proposed == {place.name: {} for place in places}


@pytest.mark.parametrize(("name", "at_least"), [("gain 40 dB too low", 6), ("gain 45 dB too low", 20)])
def test_a_microphone_that_is_too_quiet_hears_digits_that_were_lost(
    bench: Bench, name: str, at_least: int
) -> None:
    row = played(bench, name)

    assert list(row.changes) == ["quietest_dbfs"]
    assert row.after.right >= row.before.right + at_least
    assert row.after.wrong + row.after.false_accepts <= row.before.wrong + row.before.false_accepts + 2


def test_in_steady_noise_that_buries_words_more_of_them_are_found(bench: Bench) -> None:
    row = played(bench, "pink noise, 5 dB")

    assert row.changes == {"onset_db": 5.0, "offset_db": 4.0}
    assert row.after.right > row.before.right
    assert row.after.wrong + row.after.false_accepts <= row.before.wrong + row.before.false_accepts + 2
