"""What every command that listens begins with: the model, the detector and the bar, as they are set."""

import platform
from collections.abc import Iterable, Iterator

from digitd.config import Config
from digitd.decide import Orders
from digitd.messages import AudioBlock
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import Moment, bar, recognise


class Recogniser:
    """A configuration with the model that it names; it may listen to one source after the other.

    Attributes:
        title: Name, version and digest of the model, as subscribers see it.
        rate_hz: The rate that audio must have.
        cascade: The model.
        keywords: Those that it knows.

    Raises:
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
        self._bar = bar(config.decision, self.cascade)

    def obey(self, orders: Orders) -> None:
        """Decide from now on as was asked for."""
        self._bar = bar(self._decision, self.cascade, orders)

    def listen(self, blocks: Iterable[AudioBlock]) -> Iterator[Moment]:
        """Tell of each block of one source what came of it."""
        return recognise(blocks, self._detector, self.cascade, lambda: self._bar, self.rate_hz)


def site(config: Config) -> str:
    """Return the place that is listened to: what is set, else the short hostname."""
    return config.site or platform.node().partition(".")[0]
