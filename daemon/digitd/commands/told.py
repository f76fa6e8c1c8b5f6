"""Utterances as lines of text, for `detect`. Pure."""

import json

from digitd.messages import Detection, Rejection, Score

TABLE_HEAD = f"{'onset':>9} {'offset':>9}  {'heard':<8} {'confidence':>10}  {'verdict':<32} file"


def jsonl(file: str, verdict: Detection | Rejection, rate_hz: int) -> str:
    """Return an utterance as one JSON object; subscribers to files rely on its keys."""
    score, utterance = verdict.score, verdict.utterance
    fields = {
        "file": file,
        "onset_s": round(utterance.onset / rate_hz, 3),
        "offset_s": round(utterance.offset / rate_hz, 3),
        "keyword": score.label if score else None,
        "confidence": round(score.probability, 3) if score else None,
        "accepted": isinstance(verdict, Detection),
        "scores": {label: round(value, 3) for label, value in score.probabilities.items()} if score else {},
        "reason": _reason(verdict),
    }
    return json.dumps(fields, ensure_ascii=False)


def table_row(file: str, verdict: Detection | Rejection, rate_hz: int) -> str:
    """Return an utterance as a line below `TABLE_HEAD`."""
    utterance = verdict.utterance
    times = f"{utterance.onset / rate_hz:9.3f} {utterance.offset / rate_hz:9.3f}"
    return f"{times}  {_heard(verdict.score)}  {_reason(verdict) or 'accepted':<32} {file}"


def _heard(score: Score | None) -> str:
    return f"{score.label:<8} {score.probability:10.3f}" if score else f"{'-':<8} {'-':>10}"


def _reason(verdict: Detection | Rejection) -> str | None:
    return verdict.reason if isinstance(verdict, Rejection) else None
