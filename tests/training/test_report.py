"""The report as a page and as pictures."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")
pytest.importorskip("matplotlib", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.errors import InputError
from digitd_training.evaluation.conditions import QUIET, REVERBERANT, SNRS_DB, InNoise
from digitd_training.evaluation.costs import Agreement, Costs
from digitd_training.evaluation.counting import Figures, Other, Spoken
from digitd_training.evaluation.curves import Curve, Point
from digitd_training.evaluation.evaluate import Circumstances, Report
from digitd_training.evaluation.markdown import main_tables, markdown
from digitd_training.evaluation.numbers import Numbers
from digitd_training.evaluation.pictures import draw_report, matrix
from digitd_training.evaluation.recognisers import CASCADE, STAGE_TWO
from digitd_training.evaluation.report import make_folder, write
from digitd_training.evaluation.tables import word_table

pytestmark = pytest.mark.training


def spoken(name: str, right: int = 8) -> Spoken:
    return Spoken(name, 10, right, 1, 9 - right, 0, (0.444, 0.975))


def figures(recogniser: str) -> Figures:
    return Figures(
        recogniser,
        keywords=[spoken("an4, speakers never heard")],
        strangers=0.8,
        groups=[spoken("women")],
        speakers=[spoken("an4-fash")],
        others=[Other("sentences, running speech", 60, 0.25, 2, 2, 25.2, (0.01, 0.11))],
        noises=[Other("rain", 8, 0.01, 0, 0, 299.6, (0.0, 0.32))],
        confusion={"3": {"3": 4, "none": 1}, "7": {"3": 1, "7": 4}},
    )


def curve(recogniser: str) -> Curve:
    points = [
        Point(0.1, 1, {"speech": 4, "noise": 1}, 5),
        Point(0.5, 2, {"speech": 2, "noise": 0}, 1),
        Point(0.9, 5, {"speech": 0, "noise": 0}, 0),
    ]
    return Curve(
        recogniser, 10, {"speech": 0.25, "noise": 0.1}, 200, replace(points[1], threshold=None), points
    )


def test_where_no_keyword_was_played_none_was_missed() -> None:
    assert "| toy | no keyword | no keyword |" in word_table([replace(curve("toy"), keywords=0)])


def in_noise() -> list[InNoise]:
    places = [
        (QUIET, None),
        (REVERBERANT, None),
        *((name, db) for name in ("white", "rain") for db in SNRS_DB),
    ]
    return [InNoise(place, snr_db, spoken(place, 7)) for place, snr_db in places]


@pytest.fixture(scope="module")
def report() -> Report:
    return Report(
        "toy-0.0.1+ab12cd34",
        Circumstances(
            "digitd-train evaluate",
            "2026-11-23T12:00:00+00:00",
            "Linux, x86_64",
            {"python": "3.11"},
            None,
            "2 false accepts",
        ),
        [figures(CASCADE), figures(STAGE_TWO)],
        [curve(CASCADE), curve(STAGE_TWO)],
        [Numbers(3, 10, 8, 0, 2, 0, (0.5, 0.9)), Numbers(4, 10, 7, 1, 1, 1, (0.4, 0.9))],
        in_noise(),
        Agreement(200, 199, 198, 0.07),
        Costs(81_000, 120_000, 2.5, 0.45, {CASCADE: 4.0, STAGE_TWO: 3.0}),
    )


def test_what_a_new_model_is_worth_fits_on_a_screen(report: Report) -> None:
    page = main_tables(report)

    assert page.startswith("Model `toy-0.0.1+ab12cd34`.\n")
    assert "| both stages | 80.0% | **80.0%** | 8.0 | 0.0 | 0.5% |\n| stage two alone | 80.0% |" in page
    assert "| both stages | mean over corpora with speakers never heard |  | 80.0% |" in page
    assert len(page.splitlines()) < 20


@pytest.mark.parametrize(
    "line",
    [
        "Measured 2026-11-23T12:00:00+00:00 by `digitd-train evaluate` on Linux, x86_64, with python 3.11.",
        "| women | 10 | 8 (80.0%) | 44.4 to 97.5 | 1 | 1 | 0 |",
        "| 7 | 3 | 1 | 20.0% |",
        "2 in 15 minutes of running speech, so with 95 % confidence at most 25 an hour",
        "there are no more than 12 an hour: 3 divided by the hours.",
        "| false accepts of running speech | at most 0 | at most 1 | at most 2 | at most 4 |",
        "| both stages | 50.0% | 50.0% | 20.0% | 10.0% |",
        "| white |  | 70.0% | 70.0% | 70.0% | 70.0% | 70.0% |",
        "| a quiet room | 70.0% |  |  |  |  |  |",
        "| stage one's network | 81.0 kB |",
        "for 199 of 200 utterances (99.5%) and decides the same for 198 (99.0%)",
        "No thresholds were chosen for stage two alone",
        "| 4 | 10 | 7 (70.0%) | 40.0 to 90.0 | 1 | 1 | 1 |",
    ],
)
def test_the_page_says(line: str, report: Report) -> None:
    page = markdown(report, {"confusion": "confusion.svg", "curves": "curves.svg", "noise": "noise.svg"})

    assert line in page


def test_a_report_of_a_model_without_digits_is_silent_about_numbers(report: Report) -> None:
    quick = replace(report, numbers=[], noise=[])

    page = markdown(quick, {"confusion": "confusion.svg", "curves": "curves.svg"})

    assert "## Numbers" not in page


def test_a_quick_report_is_silent_about_noise(report: Report) -> None:
    page = markdown(replace(report, noise=[]), {"confusion": "confusion.svg", "curves": "curves.svg"})

    assert "reverberant" not in page


def test_a_report_without_running_speech_claims_nothing_about_it(report: Report) -> None:
    silent = replace(report.curves[0], hours={"noise": 0.1})
    noisy = replace(report, recognisers=report.recognisers[:1], curves=[silent])

    page = markdown(noisy, {"confusion": "confusion.svg", "curves": "curves.svg", "noise": "noise.svg"})

    assert "minutes of running speech" not in page
    assert "false accepts of running speech" not in page


@pytest.fixture(scope="module")
def written(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write(report, folder)
    return folder


def test_everything_is_in_the_folder(report: Report, written: Path) -> None:
    names = {file.name for file in written.iterdir()}

    assert names == {"report.md", "report.json", "confusion.svg", "curves.svg", "noise.svg"}
    assert msgspec.json.decode((written / "report.json").read_bytes(), type=Report) == report


def test_the_same_report_gives_the_same_pictures(report: Report, written: Path, tmp_path: Path) -> None:
    names = draw_report(report, tmp_path)

    assert list(names) == ["confusion", "curves", "noise"]
    for name in names.values():
        again = (tmp_path / name).read_bytes()
        assert again == (written / name).read_bytes()
        assert ET.fromstring(again).tag.endswith("svg")  # noqa: S314 - our own


def test_the_matrix_has_what_was_published_of_what_was_spoken(report: Report) -> None:
    spoken_labels, published, shares = matrix(report.recognisers[0])

    assert (spoken_labels, published) == (["3", "7"], ["3", "7", "none"])
    assert shares.tolist() == [[0.8, 0.0, 0.2], [0.2, 0.8, 0.0]]


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "report").touch()

    with pytest.raises(InputError, match="--out takes a folder"):
        make_folder(tmp_path / "report")
