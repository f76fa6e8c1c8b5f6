"""Numbers as lines of text, for `detect`, `listen` and the log. Pure."""

import json
from collections.abc import Sequence

from digitd.messages import Detection, NumberRejection, Rejection, SpokenNumber
from digitd.numbers import Number


def jsonl(file: str, number: Number, rate_hz: int) -> str:
    """Return a number as one JSON object, which the key `number` tells from an utterance's."""
    parts = _parts(number)
    spoken = number if isinstance(number, SpokenNumber) else None
    fields = {
        "file": file,
        "onset_s": round(parts[0].utterance.onset / rate_hz, 3),
        "offset_s": round(parts[-1].utterance.offset / rate_hz, 3),
        "number": spoken.text if spoken else None,
        "confidence": round(spoken.confidence, 3) if spoken else None,
        "accepted": spoken is not None,
        "grammar": number.grammar,
        "heard": heard(number),
        "reason": str(number.reason) if isinstance(number, NumberRejection) else None,
    }
    return json.dumps(fields, ensure_ascii=False)


def table_row(file: str, number: Number, rate_hz: int) -> str:
    """Return a number as a line below `told.TABLE_HEAD`."""
    parts = _parts(number)
    times = f"{parts[0].utterance.onset / rate_hz:9.3f} {parts[-1].utterance.offset / rate_hz:9.3f}"
    if isinstance(number, NumberRejection):
        return f"{times}  {heard(number):<8} {'-':>10}  {number.reason:<32} {file}"
    verdict = f"number, {number.grammar}" if number.grammar else "number"
    return f"{times}  {number.text:<8} {number.confidence:10.3f}  {verdict:<32} {file}"


def live(number: Number) -> str:
    """Return a number as one line that tells why it counts or not."""
    if isinstance(number, NumberRejection):
        return f"number  {heard(number)}  {number.reason}"
    return f"number  {number.text}  {number.confidence:.2f}  {number.grammar or 'accepted'}"


def heard(number: Number) -> str:
    """Return what was heard of a number, with a question mark after what was not understood."""
    return " ".join(map(_part, _parts(number)))


def _parts(number: Number) -> Sequence[Detection | Rejection]:
    return number.parts if isinstance(number, NumberRejection) else number.digits


def _part(part: Detection | Rejection) -> str:
    if isinstance(part, Detection):
        return part.keyword
    return f"{part.score.label if part.score else ''}?"
