"""What is asked of the daemon over MQTT, done and answered."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from digitd.commands.memory import remember, remembered
from digitd.decide import Orders
from digitd.errors import DigitdError
from digitd.publish.inbox import Received
from digitd.publish.mqtt import Publisher
from digitd.publish.orders import LONGEST, UNSET, Mute, Order, OrderError, Request, Threshold, understood

log = logging.getLogger(__name__)

ANSWER_EXPIRES_S = 10.0


class Remote:
    """Obeys, remembers, and answers; what cannot be done changes nothing.

    Args:
        memory: The file that orders outlive a restart in.
        publisher: To the broker.
        answers: What each verb does and what comes of it.

    Attributes:
        orders: In force.
        keywords: Those that have a threshold; another model brings others.
    """

    def __init__(
        self,
        memory: Path,
        publisher: Publisher,
        answers: Mapping[str, Callable[[], Any]],
        keywords: tuple[str, ...],
    ) -> None:
        self.orders = remembered(memory, Orders())
        self.keywords = keywords
        self._memory = memory
        self._publisher = publisher
        self._answers = answers
        self.tell()

    def take(self, message: Received) -> None:
        """Do what a message asks for, and answer over MQTT."""
        try:
            order = understood(message.topic, message.payload, self.keywords)
            answer = self._done(order)
            if isinstance(order, Request):
                fields = {"transaction": order.transaction, "status": "ok", "data": answer}
                self._say(order.verb, fields)
        except OrderError as error:
            log.warning("order refused topic=%s error=%r", message.topic[:LONGEST], str(error))
            self._say(error.topic, {"transaction": error.transaction, "status": "error", "error": str(error)})

    def do(self, topic: str, payload: bytes) -> Any:  # noqa: ANN401 - each verb's answer has its own form
        """Do what is asked for by the same words elsewhere, and return what a request is answered with.

        Raises:
            OrderError: It cannot be done; nothing has changed.
        """
        return self._done(understood(topic, payload, self.keywords))

    def tell(self) -> None:
        """Say what is in force."""
        orders = self.orders
        self._publisher.state("mute", b"ON" if orders.muted else b"OFF")
        self._publisher.state("threshold", _text(orders.threshold))
        for keyword in self.keywords:
            self._publisher.state(f"threshold/{keyword}", _text(orders.thresholds.get(keyword)))

    def _obey(self, orders: Orders) -> None:
        if orders == self.orders:
            return
        self.orders = orders
        remember(orders, self._memory)
        log.info("order obeyed muted=%s threshold=%s thresholds=%s", *_told(orders))
        self.tell()

    def _done(self, order: Order) -> Any:  # noqa: ANN401 - as for `do`
        if isinstance(order, Request):
            return self._answer(order.verb, order.transaction)
        self._obey(changed(self.orders, order))
        return None

    def _answer(self, verb: str, transaction: str | int | None) -> Any:  # noqa: ANN401 - as for `do`
        if verb not in self._answers:
            known = ", ".join(self._answers)
            raise OrderError(f"nothing is known of {verb!r}: there are {known}", verb, transaction)
        try:
            return self._answers[verb]()
        except DigitdError as error:
            raise OrderError(str(error), verb, transaction) from error

    def _say(self, verb: str, answer: Mapping[str, Any]) -> None:
        self._publisher.diagnostic(f"response/{verb}", msgspec.json.encode(answer), ANSWER_EXPIRES_S)


def changed(orders: Orders, by: Mute | Threshold) -> Orders:
    """Return orders with one of them new."""
    match by:
        case Mute(muted):
            return replace(orders, muted=muted)
        case Threshold(keyword, value):
            return _with_threshold(orders, keyword, value)


def _with_threshold(orders: Orders, keyword: str | None, value: float | None) -> Orders:
    if keyword is None:
        return replace(orders, threshold=value)
    others = {other: theirs for other, theirs in orders.thresholds.items() if other != keyword}
    return replace(orders, thresholds=others if value is None else {**others, keyword: value})


def _text(value: float | None) -> bytes:
    return UNSET.encode() if value is None else f"{value:g}".encode()


def _told(orders: Orders) -> tuple[str, str, str]:
    own = ",".join(f"{keyword}:{value:g}" for keyword, value in orders.thresholds.items())
    return "yes" if orders.muted else "no", _text(orders.threshold).decode(), own or UNSET
