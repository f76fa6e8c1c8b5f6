"""What is drawn of a recording, and that it can be looked at."""

import re
import struct
import subprocess
import sys
from base64 import b64encode
from datetime import UTC
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("matplotlib", reason="draws with matplotlib: pip install 'digitd[pictures]'")

from digitd.cli import main
from digitd.commands.inspect import Stretch, draw
from digitd.commands.inspect import study as study_of
from digitd.commands.last import remembered
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.decide import Reason
from digitd.demo.play import SPEECH
from digitd.errors import InputError
from digitd.messages import Float32, Rejection, Score, Utterance
from digitd.monitor.reading import Outline
from digitd.pictures.album import draw_album
from digitd.pictures.contact_sheet import draw_contact_sheet
from digitd.pictures.portrait import draw_portrait
from digitd.pictures.study import SHOWN_DB, Seen, Study, envelope, levels, spectrogram
from terminal_fakes import spoken

RATE_HZ = 16_000


@pytest.fixture(autouse=True)
def _without_a_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITD_CONFIG", raising=False)


def tone(seconds: float, frequency_hz: float = 1000, level: float = 0.1) -> Float32:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound: Float32 = (level * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)
    return sound


def study(utterances: int, name: str = "seven.wav", reason: str = Reason.CLOSE) -> Study:
    samples = tone(1.0 + utterances)
    return Study(
        name=name,
        rate_hz=RATE_HZ,
        start=0,
        samples=samples,
        conditioned=samples,
        block_ends_s=np.linspace(0.1, 0.9, 9, dtype=np.float32),
        onsets_dbfs=np.full(9, -50, np.float32),
        seen=[seen(second, reason) for second in range(utterances)],
    )


def seen(second: int, reason: str) -> Seen:
    onset = round((second + 0.5) * RATE_HZ)
    utterance = Utterance(onset, tone(0.4), onset, onset + 6400, level_dbfs=-23, floor_dbfs=-60)
    score = Score({"7": 0.4, "1": 0.35, "else": 0.25})
    return Seen(
        Rejection(reason, score, utterance), np.random.default_rng(second).random((34, 50), np.float32)
    )


def drawn(study: Study, out: Path) -> str:
    draw_portrait(study, out)
    return out.read_text(encoding="utf-8")


def pixels(png: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


@given(columns=st.integers(1, 300), length=st.integers(1, 1000), seed=st.integers(0, 99))
def test_the_envelope_loses_no_peak(columns: int, length: int, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(length).astype(np.float32)

    least, greatest = envelope(samples, columns)

    assert len(least) == len(greatest) == min(columns, length)
    assert (least.min(), greatest.max()) == (samples.min(), samples.max())


def test_the_spectrogram_shows_a_tone_at_its_frequency() -> None:
    picture = spectrogram(tone(1, frequency_hz=2000), RATE_HZ, columns=40)

    assert picture.shape == (257, 40)
    assert picture.max() == 0
    assert picture.min() >= -SHOWN_DB
    assert set(picture.argmax(axis=0)) == {2000 * 512 // RATE_HZ}


def test_a_recording_shorter_than_a_frame_can_be_drawn() -> None:
    assert spectrogram(tone(0.01), RATE_HZ, columns=5).shape == (257, 5)


def test_levels_stand_at_their_times() -> None:
    times_s, levels_dbfs = levels(study(1))

    assert times_s[:2].tolist() == pytest.approx([0.01, 0.03])
    assert levels_dbfs.tolist() == pytest.approx([-23.9] * 100, abs=0.2)


def test_each_utterance_has_its_number_verdict_reason_and_scores(tmp_path: Path) -> None:
    picture = drawn(study(3), tmp_path / "a.svg")

    texts = re.findall(r"<text[^>]*>([^<]+)</text>", picture)
    assert [text for text in texts if re.fullmatch(r"\d: too close|to another|keyword", text)] == [
        *["1: too close", "to another", "keyword"],
        *["2: too close", "to another", "keyword"],
        *["3: too close", "to another", "keyword"],
    ]
    assert texts.count("7  0.40") == texts.count("1  0.35") == texts.count("else  0.25") == 3


def test_no_text_lies_on_another(tmp_path: Path) -> None:
    picture = drawn(study(10), tmp_path / "a.svg")

    boxes = [box(element) for element in re.findall(r"<text [^>]*>[^<]+</text>", picture)]
    assert len(boxes) > 70
    for one, other in combinations(boxes, 2):
        assert not overlap(one, other)


def box(element: str) -> tuple[float, float, float, float]:
    """Return about where a text lies: left, top, right, bottom."""
    text = re.sub(r"<[^>]*>", "", element)
    size = float(re.findall(r"font-size: ([\d.]+)px", element)[0])
    x, y = map(float, re.findall(r"(?:translate\(|rotate\(-?\d+ )([\d.]+) ([\d.]+)", element)[0])
    length = 0.58 * size * len(text)
    if "rotate(-90" in element:
        return x - size, y - length / 2, x, y + length / 2
    left = x - length * {"middle": 0.5, "end": 1.0}.get(
        element.partition("text-anchor: ")[2].split('"')[0], 0.0
    )
    return left, y - 0.75 * size, left + length, y


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_the_same_recording_gives_the_same_picture(tmp_path: Path) -> None:
    assert drawn(study(2), tmp_path / "a.svg") == drawn(study(2), tmp_path / "b.svg")


@pytest.mark.parametrize(("utterances", "rows"), [(0, 1), (60, 5)])
def test_ten_utterances_go_to_a_row_and_five_rows_to_a_picture(
    utterances: int, rows: int, tmp_path: Path
) -> None:
    draw_portrait(study(utterances), tmp_path / "a.png")

    width, height = pixels(tmp_path / "a.png")
    assert (width, height) == (1320, 693 * rows)


def test_a_contact_sheet_names_each_recording_and_tells_of_what_it_leaves_out(tmp_path: Path) -> None:
    draw_contact_sheet([study(6, "$5.wav"), study(0, "x" * 40 + "/silence.wav")], tmp_path / "a.svg")

    texts = re.findall(r"<text[^>]*>([^<]+)</text>", (tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert {"$5.wav", f"…{'x' * 17}/silence.wav", "and 3", "no utterance"} <= set(texts)


def test_more_recordings_than_a_sheet_holds_go_to_a_second_one(tmp_path: Path) -> None:
    lines = list(draw([study(0)] * 61, tmp_path / "a.png", alone=False))

    assert lines == [
        f"{tmp_path}/a.png: 60 recordings, 0 utterances, 0 of them accepted",
        f"{tmp_path}/a-2.png: 1 recordings, 0 utterances, 0 of them accepted",
    ]
    assert pixels(tmp_path / "a.png")[1] > 10 * pixels(tmp_path / "a-2.png")[1]


def test_of_a_long_recording_a_part_can_be_drawn() -> None:
    recogniser = Recogniser(Config())

    part = study_of(str(SPEECH), recogniser, Stretch(from_s=6.0, to_s=12.0, most_s=6.0))

    assert (part.start, len(part.samples), len(part.seen)) == (6 * RATE_HZ, 6 * RATE_HZ, 5)
    with pytest.raises(InputError, match=r"longer than 0\.1 minutes; draw a part: --from, --to"):
        study_of(str(SPEECH), recogniser, Stretch(most_s=6.0))


def test_one_recording_is_drawn_large(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(SPEECH), "--from", "3", "--to", "10", "-o", "a.png"]) == 0

    assert capsys.readouterr().out == "a.png: 5 utterances, 5 of them accepted\n"
    assert pixels(tmp_path / "a.png") == (1320, 693)


def test_a_folder_is_drawn_on_a_sheet_and_a_broken_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words").mkdir()
    samples, _ = soundfile.read(SPEECH, frames=3 * RATE_HZ)
    for name in ("a.wav", "b.flac"):
        soundfile.write(tmp_path / "words" / name, samples, RATE_HZ)
    (tmp_path / "words" / "c.wav").write_bytes(b"no recording")

    assert main(["inspect", "words", "-o", "sheet.svg"]) == 66

    told = capsys.readouterr()
    assert told.out == "sheet.svg: 2 recordings, 4 utterances, 4 of them accepted\n"
    assert told.err.startswith("digitd: words/c.wav: ")


def test_what_a_daemon_remembers_is_drawn_with_the_reason_where_it_was_ignored(tmp_path: Path) -> None:
    outline = Outline(0.5, 2.0, 0.25, *(b64encode(bytes([step] * 200)).decode() for step in (0, 255)))
    heard = spoken(outline=outline)
    ignored = spoken(outline=outline, accepted=False, reason="below threshold")
    memories = [memory for one in (heard, ignored) if (memory := remembered(one, UTC))]

    draw_album(memories, tmp_path / "heard.svg")

    text = (tmp_path / "heard.svg").read_text(encoding="utf-8")
    assert all(said in text for said in ("12:00:00   420 ms", "7 0.98", "below threshold", "else  0.01"))


def test_what_may_not_be_seen_is_not_remembered() -> None:
    assert remembered(spoken(picture=None, top=[], name="*")) is None


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["-o", "a.gif"], 2, "'a.gif' ends neither in .png nor in .svg"),
        (["-o", "a.png", "--from", "-1"], 2, "'-1' is not a number of seconds"),
        (["-o", "a.png", "--from", "900"], 66, "digits.flac: nothing from 900 s to inf s"),
        (["-o", "a.png", "--from", "3", "--to", "2"], 66, "digits.flac: nothing from 3 s to 2 s"),
        (
            ["-o", "none/a.png"],
            66,
            "none/a.png: No such file or directory; -o takes a PNG or SVG file to write",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told(
    options: list[str], code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = main(["inspect", str(SPEECH), *options])
    except SystemExit as end:
        ended = int(end.code or 0)

    assert ended == code
    assert complaint in capsys.readouterr().err


def test_without_matplotlib_the_cure_is_told() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None; from digitd.cli import main; "
        f"sys.exit(main(['inspect', {str(SPEECH)!r}, '-o', 'a.png']))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (
        69,
        "digitd: matplotlib, which draws, is not installed: pip install 'digitd[pictures]'\n",
    )
