"""When to try the broker again. Pure: time comes in."""

from collections import deque
from dataclasses import dataclass
from typing import Final

SHORT_ONES: Final = 3
DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is long, in seconds. A person has no say in it; tests that do not want to wait have.

    Attributes:
        longest_s: A broker that is away is asked as often. It costs a packet, and digits are lost until then.
        slow_s: One that refuses us, or something of ours, is asked as often.
        proper_s: A connection that lasted so long was one; trouble after it is new trouble.
        settled_s: After so long on one connection nobody else wants our name any more.
    """

    longest_s: int = 5
    slow_s: int = 30
    proper_s: float = 10.0
    settled_s: float = 60.0


PATIENT: Final = Patience()


class Retries:
    """How long to wait before the next attempt, by what became of the latest.

    Two clients of one name throw each other out. Whoever notices waits as after a refusal, so that each has
    the broker for a while.
    """

    def __init__(self, patience: Patience = PATIENT) -> None:
        self._patience = patience
        self._begun = 0.0
        self._failures = 0
        self._disputes = 0
        self._short: deque[float] = deque(maxlen=SHORT_ONES)

    @property
    def disputed(self) -> bool:
        """Whether another client seems to have our name."""
        return self._disputes > 0

    def begun(self, now: float) -> None:
        """Note that a connection began."""
        self._begun = now

    def settle(self, now: float) -> None:
        """Note that the connection is still up."""
        if now - self._begun >= self._patience.settled_s:
            self._disputes = 0

    def was_proper(self, now: float) -> bool:
        """Whether the connection that just ended lasted long enough to be one."""
        return now - self._begun >= self._patience.proper_s

    def after_failure(self, *, slowly: bool) -> int:
        """Return the seconds to wait after an attempt that led to nothing."""
        self._failures += 1
        if slowly:
            return self._patience.slow_s
        doubled = 1 << min(self._failures - 1, DOUBLINGS)
        return min(doubled, self._patience.longest_s)

    def after_hang(self, now: float) -> int:
        """Return the seconds to wait after we gave up a connection, none if it was a proper one."""
        if not self.was_proper(now):
            return self.after_failure(slowly=False)
        self._failures = 0
        return 0

    def after_loss(self, now: float, *, taken_over: bool) -> int:
        """Return the seconds to wait after a connection ended without our doing."""
        self.settle(now)
        if self.was_proper(now):
            self._failures = 0
        else:
            self._short.append(now)
        if taken_over or self.disputed or self._keeps_ending(now):
            self._disputes += 1
            first = taken_over and self._disputes == 1
            return self._patience.longest_s if first else self._patience.slow_s
        return self.after_failure(slowly=False)

    def _keeps_ending(self, now: float) -> bool:
        return len(self._short) == SHORT_ONES and now - self._short[0] < self._patience.settled_s
