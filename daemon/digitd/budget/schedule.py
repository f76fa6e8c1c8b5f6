"""Hours of the day in which nobody speaks to us. Pure."""

from collections.abc import Sequence
from datetime import time


def is_within(spans: Sequence[str], now: time) -> bool:
    """Say whether it is within one of the spans.

    Args:
        spans: Such as `23:00-06:00`; over midnight too, and the whole day where both ends are the same.
        now: Local time.
    """
    return any(_is_in(span, now) for span in spans)


def _is_in(span: str, now: time) -> bool:
    begin, end = map(time.fromisoformat, span.split("-"))
    if begin < end:
        return begin <= now < end
    return now >= begin or now < end
