"""A report as a page of Markdown. Pure."""

from collections.abc import Mapping

from digitd_training.evaluation.conditions import AFTER_S, BEFORE_S, DECAY_S
from digitd_training.evaluation.counting import KINDS, Figures, at_most
from digitd_training.evaluation.curves import Curve
from digitd_training.evaluation.evaluate import Circumstances, Report
from digitd_training.evaluation.numbers import LEAST_DIGITS, PAUSE_S
from digitd_training.evaluation.recognisers import FLOAT, STAGE_TWO
from digitd_training.evaluation.rivals import POCKETSPHINX
from digitd_training.evaluation.tables import (
    LEAST_PLAYED,
    WORST,
    group_table,
    keyword_table,
    mistake_table,
    noise_table,
    number_table,
    other_table,
    snr_table,
    speech_table,
    summary_table,
    table,
    word_table,
    worst,
)

SUMMARY = (
    "First what share of so many keywords is right; then what is published while none is spoken, an hour and "
    "as a share of isolated other words."
)

CHANCE = (
    "Right: published once and as spoken. Wrong: published as another. Missed: not published. Extra: "
    "published, and something else too. 95 %: Wilson's interval of the share that is right, in per "
    "cent, as if each clip were on its own; the clips of one speaker are alike, so less is certain than "
    "it says."
)

ACCEPTS = (
    "At most: upper 95 % bound of the false accepts an hour. The synthetic music is chords and a drum, "
    "made by `augment.music`, which training uses too: a stand-in for real music, of which no corpus "
    "here has any."
)

TRADE_OFF = (
    "One threshold common to all keywords goes from 0.05 to 0.999. Missed is what was not published as "
    "spoken, of people never heard in training. A dot is a recogniser as it is used, each keyword with a "
    "threshold of its own. A curve ends where the likeliest label alone decides. The tables have the least "
    "share missed where no more than so much is published that is no keyword."
)

HELD_TO_BOTH = (
    "No thresholds were chosen for stage two alone: it is held to those of both stages. The curves compare "
    "them better."
)

HELD_TO_STAGE_ONE = "Stage one in floating point is held to the thresholds that were chosen for it in int8."

REJECTS_NOTHING = (
    "PocketSphinx is what one would take instead: its English model with a grammar of the keywords, asked "
    "about the utterances that the detector cuts out, with a little of what comes before. It knows no other "
    "word."
)

NUMBERS = (
    f"Digits of one speaker in a row, {PAUSE_S[0]} to {PAUSE_S[1]} s apart and in the same quiet room, put "
    "together to numbers as the daemon does with its default settings; the speakers are those never heard in "
    f"training of whom at least {LEAST_DIGITS} different digits were cut out of sentences. Right: told once "
    "and as spoken. Wrong: told as another number, or in parts. Rejected: told that not every digit was "
    "understood. Missed: no digit of it was."
)


def main_tables(report: Report) -> str:
    """Write in short what a model is worth."""
    summary = summary_table(report.recognisers, report.curves)
    first = report.recognisers[:1]
    return "\n\n".join([f"Model `{report.model}`.", summary, keyword_table(first), other_table(first)]) + "\n"


def markdown(report: Report, pictures: Mapping[str, str]) -> str:
    """Write all of a report.

    Args:
        report: What was found.
        pictures: `confusion`, `curves` and, if noise was played, `noise` to the names of files beside it.
    """
    first = report.recognisers[0]
    shown = {what: f"![{what}]({name})" for what, name in pictures.items()}
    parts = [
        f"# What `{report.model}` is worth",
        summary_table(report.recognisers, report.curves),
        SUMMARY,
        _circumstances(report.circumstances),
        *("## Keywords", keyword_table(report.recognisers), CHANCE, *_notes(report)),
        *("## Nothing to hear", other_table(report.recognisers), ACCEPTS, _bounds(report.curves[0])),
        *("## Who speaks", *_people(first)),
        *(["## Numbers", number_table(report.numbers), NUMBERS] if report.numbers else []),
        *("## What is taken for what", shown["confusion"], mistake_table(first)),
        *("## Misses against false accepts", shown["curves"], *_trade_off(report)),
        *(["## Noise and a reverberant room", shown["noise"], *_noise(report)] if report.noise else []),
        *("## Noise without a keyword, by what it is", noise_table(first.noises)),
        *("## Costs", *_costs(report)),
    ]
    return "\n\n".join(parts) + "\n"


def _circumstances(known: Circumstances) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in known.versions.items())
    alone = f" Stage one is alone: {known.alone_because}." if known.alone_because else ""
    return (
        f"Measured {known.measured_at} by `{known.command}` on {known.machine}, with {versions}. Each clip "
        "is played to a fresh pipeline of the daemon, with the pink noise of a quiet room (-60 dBFS) under "
        f"it and for half a second around it. Operating point, says the model: {known.chosen_for}.{alone}"
    )


def _notes(report: Report) -> list[str]:
    """Say of those who are compared what one has to know."""
    notes = {STAGE_TWO: HELD_TO_BOTH, FLOAT: HELD_TO_STAGE_ONE, POCKETSPHINX: REJECTS_NOTHING}
    return [notes[one.recogniser] for one in report.recognisers if one.recogniser in notes]


def _bounds(curve: Curve) -> str:
    """Say in words what so little audio can show."""
    counted = [
        f"{curve.chosen.accepts[kind]} in {hours * 60:.0f} minutes of {KINDS[kind]}, so with 95 % confidence "
        f"at most {at_most(curve.chosen.accepts[kind]) / hours:.0f} an hour"
        for kind, hours in curve.hours.items()
    ]
    found = f"All in all, {curve.recogniser}: {'; '.join(counted)}."
    if "speech" not in curve.hours:
        return found
    allowed = at_most(0) / curve.hours["speech"]
    return (
        f"{found} Even none in so much running speech would only show that there are no more than "
        f"{allowed:.0f} an hour: 3 divided by the hours."
    )


def _people(figures: Figures) -> list[str]:
    groups = [group_table(figures.groups, "AN4 states it")] if figures.groups else []
    said = f"Of those with at least {LEAST_PLAYED} words, the {WORST} of whom least is right:"
    return [*groups, said, group_table(worst(figures.speakers), "speaker")]


def _trade_off(report: Report) -> list[str]:
    with_speech = [curve for curve in report.curves if "speech" in curve.hours]
    return [TRADE_OFF, *([speech_table(with_speech)] if with_speech else []), word_table(report.curves)]


def _noise(report: Report) -> list[str]:
    played = report.noise[0].digits.played
    said = (
        f"{played} digits of people never heard in training, evenly chosen from those above; each with "
        f"the same stretch of noise at every level, from {BEFORE_S:.0f} s before to {AFTER_S} s after it, "
        "and the quiet room's under it. The level of a word is that of its loudest quarter; that of recorded "
        f"noise is taken over the whole recording. The reverberant room is synthetic, {DECAY_S} s of "
        "reverberation as loud as the direct sound, with pink noise. The share that is right:"
    )
    return [said, snr_table(report.noise)]


def _costs(report: Report) -> list[str]:
    known = report.costs
    rows = [
        ["stage one's network", f"{known.network_bytes / 1000:.1f} kB"],
        ["stage two's head, without the speech embedding", f"{known.head_bytes / 1000:.1f} kB"],
        ["detector, a second of audio", f"{known.detector_ms:.2f} ms"],
        *([f"{name}, an utterance", f"{ms:.2f} ms"] for name, ms in known.utterance_ms.items()),
    ]
    said = (
        "Times are the quickest of several on one core of this machine, for an utterance of "
        f"{known.utterance_s:.2f} s."
    )
    return [table(["", ""], rows), said, *_rounding(report)]


def _rounding(report: Report) -> list[str]:
    known = report.rounding
    if not known:
        return []
    said = (
        "Rounded to int8, stage one finds the same label likeliest as in floating point for "
        f"{known.same_label} of {known.utterances} utterances "
        f"({known.same_label / known.utterances:.1%}) and decides the same for {known.same_decision} "
        f"({known.same_decision / known.utterances:.1%}); the posterior that differs most differs by "
        f"{known.greatest_difference:.2f}."
    )
    return [said]
