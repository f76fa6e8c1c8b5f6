"""Figures as tables in Markdown. Pure."""

from collections.abc import Iterable, Sequence

from digitd_training.evaluation.conditions import SNRS_DB, InNoise
from digitd_training.evaluation.counting import KINDS, NOTHING, Figures, Interval, Other, Spoken
from digitd_training.evaluation.curves import Curve, Point
from digitd_training.evaluation.numbers import Numbers

WORST = 10
"""Speakers and mistakes that are listed; the JSON file has all."""

LEAST_PLAYED = 5
"""Of fewer words one cannot say how well a speaker is heard."""

ALLOWED = (0, 1, 2, 4)
"""False accepts of running speech at which recognisers are compared."""

ALLOWED_WORDS = (0.0, 0.005, 0.01, 0.02)
"""Shares of isolated other words at which they are compared."""

SPOKEN_COLUMNS = ("played", "right", "95 %", "wrong", "missed", "extra")
OTHER_COLUMNS = ("played", "minutes", "false accepts", "an hour", "at most", "clips with any", "95 %")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """Write a table; the first columns are text, the others numbers."""
    rule = ["---" if column < text_columns else "---:" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *rows])


def summary_table(recognisers: Sequence[Figures], curves: Sequence[Curve]) -> str:
    """A line a recogniser: what share of keywords is right, and what is published while none is spoken."""
    kinds = list(curves[0].hours)
    header = [
        "recogniser",
        *(f"{row.name} ({row.played})" for row in recognisers[0].keywords),
        *(["mean over speakers never heard"] if recognisers[0].strangers is not None else []),
        *(f"false accepts an hour, {KINDS[kind]}" for kind in kinds),
        "isolated other words published",
    ]
    rows = [_summary(*both, kinds) for both in zip(recognisers, curves, strict=True)]
    return table(header, rows)


def keyword_table(recognisers: Iterable[Figures]) -> str:
    """Keywords by recogniser and corpus."""
    rows = [
        [figures.recogniser, *cells]
        for figures in recognisers
        for cells in [*map(_spoken, figures.keywords), *_mean(figures)]
    ]
    return table(["recogniser", "keywords", *SPOKEN_COLUMNS], rows, text_columns=2)


def other_table(recognisers: Iterable[Figures]) -> str:
    """False accepts by recogniser and corpus."""
    rows = [[figures.recogniser, *_other(row)] for figures in recognisers for row in figures.others]
    return table(["recogniser", "nothing to hear", *OTHER_COLUMNS], rows, text_columns=2)


def noise_table(rows: Iterable[Other]) -> str:
    """False accepts of one recogniser."""
    return table(["noise", *OTHER_COLUMNS], map(_other, rows))


def group_table(rows: Iterable[Spoken], what: str) -> str:
    """Keywords of one recogniser by who speaks."""
    return table([what, *SPOKEN_COLUMNS], map(_spoken, rows))


def worst(speakers: Iterable[Spoken]) -> list[Spoken]:
    """Those of whom least is right, of those with enough words to say so."""
    heard = [row for row in speakers if row.played >= LEAST_PLAYED]
    return sorted(heard, key=lambda row: row.share)[:WORST]


def mistake_table(figures: Figures) -> str:
    """The most frequent mistakes."""
    mistakes = [
        (count, spoken, heard)
        for spoken, row in figures.confusion.items()
        for heard, count in row.items()
        if heard not in {spoken, NOTHING}
    ]
    rows = [
        [spoken, heard, str(count), f"{count / sum(figures.confusion[spoken].values()):.1%}"]
        for count, spoken, heard in sorted(mistakes, reverse=True)[:WORST]
    ]
    return table(["spoken", "published", "times", "of what was published or missed"], rows, text_columns=2)


def number_table(rows: Iterable[Numbers]) -> str:
    """Whole numbers of one recogniser by their length."""
    return table(
        ["digits", "played", "right", "95 %", "wrong", "rejected", "missed"],
        [
            [
                *(str(row.length), str(row.played), f"{row.right} ({row.share:.1%})"),
                *(percent_interval(row.interval), str(row.wrong), str(row.rejected), str(row.missed)),
            ]
            for row in rows
        ],
    )


def speech_table(curves: Iterable[Curve]) -> str:
    """What each recogniser misses where it may publish so many keywords in all the running speech."""
    header = ["false accepts of running speech", *(f"at most {accepts}" for accepts in ALLOWED)]
    return table(header, [[curve.recogniser, *_at_accepts(curve)] for curve in curves])


def word_table(curves: Iterable[Curve]) -> str:
    """What each recogniser misses where it may publish so many of the isolated other words."""
    header = ["isolated other words published", *(f"at most {share:.1%}" for share in ALLOWED_WORDS)]
    return table(header, [[curve.recogniser, *_at_words(curve)] for curve in curves])


def snr_table(rows: Iterable[InNoise]) -> str:
    """Share that is right by noise and ratio."""
    places: dict[str, dict[int | None, Spoken]] = {}
    for row in rows:
        places.setdefault(row.place, {})[row.snr_db] = row.digits
    header = ["noise", "quiet", *(f"{snr_db} dB" for snr_db in SNRS_DB)]
    cells = [
        [place, *(_percent(at.get(snr_db)) for snr_db in (None, *SNRS_DB))] for place, at in places.items()
    ]
    return table(header, cells)


def percent_interval(interval: Interval) -> str:
    """An interval of a share, in per cent."""
    return f"{interval[0] * 100:.1f} to {interval[1] * 100:.1f}"


def _summary(figures: Figures, curve: Curve, kinds: Sequence[str]) -> list[str]:
    chosen = curve.chosen
    return [
        figures.recogniser,
        *(f"{row.share:.1%}" for row in figures.keywords),
        *([f"**{figures.strangers:.1%}**"] if figures.strangers is not None else []),
        *(f"{chosen.accepts[kind] / curve.hours[kind]:.1f}" for kind in kinds),
        f"{chosen.words / curve.words:.1%}" if curve.words else "none played",
    ]


def _spoken(row: Spoken) -> list[str]:
    counts = [row.wrong, row.missed, row.extra]
    shares = [str(row.played), f"{row.right} ({row.share:.1%})", percent_interval(row.interval)]
    return [row.name, *shares, *map(str, counts)]


def _mean(figures: Figures) -> list[list[str]]:
    if figures.strangers is None:
        return []
    return [["mean over corpora with speakers never heard", "", f"{figures.strangers:.1%}", "", "", "", ""]]


def _other(row: Other) -> list[str]:
    return [
        row.name,
        str(row.played),
        f"{row.hours * 60:.1f}",
        str(row.false_accepts),
        f"{row.false_accepts / row.hours:.1f}",
        f"{row.hourly_at_most:.1f}",
        f"{row.clips} ({row.clips / row.played:.1%})",
        percent_interval(row.interval),
    ]


def _at_accepts(curve: Curve) -> list[str]:
    return [
        _missed(curve, [point for point in curve.points if point.accepts["speech"] <= most])
        for most in ALLOWED
    ]


def _at_words(curve: Curve) -> list[str]:
    return [
        _missed(curve, [point for point in curve.points if point.words <= share * curve.words])
        for share in ALLOWED_WORDS
    ]


def _missed(curve: Curve, allowed: Sequence[Point]) -> str:
    """The least share missed."""
    if not curve.keywords:
        return "no keyword"
    return f"{min(point.missed for point in allowed) / curve.keywords:.1%}" if allowed else "never"


def _percent(digits: Spoken | None) -> str:
    return f"{digits.share:.1%}" if digits else ""
