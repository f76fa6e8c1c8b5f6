"""The budget of false accepts while the daemon runs: counted, kept over restarts, obeyed and told."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from digitd.budget.account import Account, Allowance, Book, opened
from digitd.budget.evidence import Evidence
from digitd.clock import SYSTEM, Clock
from digitd.commands.memory import remember, remembered
from digitd.commands.own_takes import own_takes
from digitd.commands.recogniser import Recogniser
from digitd.commands.verdict_log import HIDDEN
from digitd.config import Config
from digitd.decide import DecisionSettings, Orders
from digitd.errors import DigitdError
from digitd.messages import Detection
from digitd.pipeline import Moment
from digitd.service.voice import Voice

log = logging.getLogger(__name__)

EMPTY: Final = Book(Evidence("", {}))
TOPIC: Final = "budget"


class Bookkeeping:
    """Does nothing at all unless the configuration has a budget.

    Args:
        file: Where what was counted outlives a restart.
        voice: To the broker.
        orders: Tells what was asked for, which comes first.
        clock: Where times come from.
    """

    def __init__(self, file: Path, voice: Voice, orders: Callable[[], Orders], clock: Clock = SYSTEM) -> None:
        self._file = file
        self._voice = voice
        self._orders = orders
        self._clock = clock
        self._account: Account | None = None
        self._begun: tuple[DecisionSettings, str] | None = None
        self._secret = False

    def begin(self, config: Config, recogniser: Recogniser) -> None:
        """Count from now on as the configuration says, what this recogniser hears.

        Raises:
            ConfigError: The takes that it names cannot be looked at.
        """
        heard_by = f"{recogniser.title}{' alone' if recogniser.cascade.alone_because else ''}"
        begun, self._begun = self._begun, (config.decision, heard_by)
        if self._account is None or begun != self._begun:
            self.end()
            self._account = self._opened(config.decision, heard_by, recogniser)
        self._secret = config.numbers.secret
        if self._account:
            recogniser.budget(self._account.thresholds)
            self._log(self._account)
            self._tell()

    def follow(self, moment: Moment, recogniser: Recogniser, *, listening: bool) -> bool:
        """Take a moment of audio; return whether anything has changed."""
        if self._account is None:
            return False
        before = self._account.book
        heard_s = len(moment.heard.block.samples) / recogniser.rate_hz if listening else 0.0
        acted_on = [verdict for verdict in moment.verdicts if isinstance(verdict, Detection)]
        self._account.hear(heard_s, moment.passed, acted_on, muted=self._orders().muted)
        return self._keep(self._account, before, recogniser)

    def not_me(self, recogniser: Recogniser, onset: int | None = None) -> dict[str, Any]:
        """Count a keyword that was acted on as a false accept, and tell which.

        Args:
            recogniser: Who is to be stricter.
            onset: Index of its first sample; None is the latest.

        Raises:
            DigitdError: There is no budget, or no such keyword.
        """
        account = self._required()
        before = account.book
        denied = account.deny(onset)
        self._keep(account, before, recogniser)
        return {
            "keyword": HIDDEN if self._secret else denied.keyword,
            "confidence": round(denied.posterior, 3),
            "counted_before": denied.counted,
        }

    def fields(self) -> dict[str, Any]:
        """Return what is told of the budget.

        Raises:
            DigitdError: There is none.
        """
        account = self._required()
        return account.figure(_overruled(self._orders(), account.thresholds)).fields()

    def shown(self) -> Mapping[str, Any] | None:
        """Return the same; None where there is no budget."""
        return self.fields() if self._account else None

    def end(self) -> None:
        """Keep what is not kept yet."""
        if self._account is None:
            return
        self._account.close()
        remember(self._account.book, self._file)
        self._account = None

    def _keep(self, account: Account, before: Book, recogniser: Recogniser) -> bool:
        if account.book is before:
            return False
        remember(account.book, self._file)
        if account.book.choice != before.choice:
            recogniser.budget(account.thresholds)
            self._log(account)
        self._tell()
        return True

    def _opened(self, decision: DecisionSettings, heard_by: str, recogniser: Recogniser) -> Account | None:
        if not decision.false_accepts_per_day:
            self._forget_what_was_told()
            return None
        book = opened(remembered(self._file, EMPTY), heard_by, recogniser.own_thresholds)
        allowance = Allowance(decision.false_accepts_per_day, decision.nobody_speaks)
        return Account(allowance, book, own_takes(decision.takes, recogniser), self._clock)

    def _log(self, account: Account) -> None:
        figure = account.figure(())
        raised = ",".join(f"{keyword}:{value:.3f}" for keyword, value in figure.raised.items())
        thresholds = HIDDEN if self._secret else raised or "own"
        log.info("budget state=%r thresholds=%s", str(figure.state), thresholds)

    def _tell(self) -> None:
        self._voice.state(TOPIC, msgspec.json.encode(self.fields()))

    def _required(self) -> Account:
        if self._account is None:
            raise DigitdError("there is no budget; decision.false_accepts_per_day sets one")
        return self._account

    def _forget_what_was_told(self) -> None:
        """Where there was a budget before, the broker still has what was told of it."""
        if self._file.exists():
            self._voice.state(TOPIC, b"")


def _overruled(orders: Orders, keywords: Mapping[str, float]) -> Sequence[str]:
    return [keyword for keyword in keywords if orders.threshold or keyword in orders.thresholds]
