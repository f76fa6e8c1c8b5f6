"""What every command that listens begins with: the model, the detector and the bar, as they are set."""

import platform
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from digitd.config import Config
from digitd.decide import Orders
from digitd.errors import ConfigError
from digitd.messages import AudioBlock, Score
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.numbers import DIGITS, Grouper
from digitd.pipeline import Moment, bar, numbered, own_thresholds, recognise
from digitd.publish.payload import ON_THE_WAY_S


class Recogniser:
    """A configuration with the model that it names; it may listen to one source after the other.

    Attributes:
        title: Name, version and digest of the model, as subscribers see it.
        rate_hz: The rate that audio must have.
        cascade: The model.
        keywords: Those that it knows.

    Raises:
        ConfigError: Numbers are asked for that the model cannot give.
        ModelError: The model cannot be used.
    """

    def __init__(self, config: Config) -> None:
        bundle = read_bundle(config.model.file)
        self.title = bundle.title
        self.rate_hz = bundle.card.features.rate_hz
        self.cascade = Cascade(bundle, verify=config.model.verify)
        self.keywords = bundle.card.keywords
        self._detector = config.detector
        self._decision = config.decision
        self._orders = Orders()
        self._budgeted: Mapping[str, float] | None = None
        self._bar = bar(config.decision, self.cascade)
        self._numbers = config.numbers
        if config.numbers.enabled:
            _require_possible(config, self.keywords)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The least posterior that each keyword is acted on with, as things are now."""
        return self._bar.in_force

    @property
    def own_thresholds(self) -> Mapping[str, float]:
        """The same as configuration and model have it, whatever was asked for since."""
        return own_thresholds(self._decision, self.cascade)

    def obey(self, orders: Orders) -> None:
        """Decide from now on as was asked for."""
        self._orders = orders
        self._bar = bar(self._decision, self.cascade, orders, self._budgeted)

    def budget(self, thresholds: Mapping[str, float]) -> None:
        """Decide from now on as a budget asks for, and tell what would pass without it."""
        self._budgeted = thresholds
        self.obey(self._orders)

    def passed_in(self, blocks: Iterable[AudioBlock]) -> Sequence[Score]:
        """Return the scores of all that passes in a recording while nobody asks for anything else."""
        own = bar(self._decision, self.cascade)
        moments = recognise(blocks, self._detector, self.cascade, lambda: own, self.rate_hz)
        return [score for moment in moments for score in moment.passed]

    def listen(self, blocks: Iterable[AudioBlock], *, midway: bool = False) -> Iterator[Moment]:
        """Tell of each block of one source what came of it.

        Args:
            blocks: At `rate_hz`.
            midway: Another recogniser has listened to the source before.
        """
        moments = recognise(blocks, self._detector, self.cascade, lambda: self._bar, self.rate_hz)
        if not self._numbers.enabled:
            return moments
        return numbered(moments, Grouper(self._numbers, self.rate_hz), midway=midway)


def site(config: Config) -> str:
    """Return the place that is listened to: what is set, else the short hostname."""
    return config.site or platform.node().partition(".")[0]


def _require_possible(config: Config, keywords: Collection[str]) -> None:
    """Refuse numbers that can never be told.

    Raises:
        ConfigError: With the key to change.
    """
    if DIGITS.isdisjoint(keywords):
        raise ConfigError("numbers.enabled: the model knows no digits, 0 to 9")
    if config.numbers.gap_s >= config.mqtt.expires_s - ON_THE_WAY_S:
        raise ConfigError(
            "numbers.gap_s: must be over a second below mqtt.expires_s, or each number is too old"
        )
    for name, form in config.numbers.grammars.items():
        if form.after and form.after not in keywords:
            known = ", ".join(sorted(keywords))
            raise ConfigError(f"numbers.grammars.{name}.after: no keyword of the model (it knows {known})")
