"""The daemon: what it opens, in which order, and what it logs."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from digitd import __version__
from digitd.audio import open_source
from digitd.commands.recogniser import Recogniser, site
from digitd.config import Config
from digitd.messages import AudioBlock, Detection, Rejection
from digitd.model.cascade import Cascade
from digitd.publish.mqtt import Publisher, mqtt_publisher
from digitd.service.lifecycle import seconds_since_start, stop_requests, until

log = logging.getLogger(__name__)


def run(config: Config) -> None:
    """Listen and publish until a signal asks for the end, or files or a stream are over.

    Raises:
        ConfigError: The configuration names something that is not there.
        ModelError: The model cannot be used.
        UnavailableError: The microphone is not there, or was lost.
        InputError: A file or stream holds no audio.
    """
    recogniser = Recogniser(config)
    _log_start(config, recogniser)
    _self_test(recogniser.cascade)
    with (
        stop_requests() as stopped,
        open_source(config.audio, recogniser.rate_hz) as blocks,
        # The inner one: when the microphone is lost, `offline` goes out before anything tries to close it.
        mqtt_publisher(config.mqtt, site(config), recogniser.title) as publisher,
    ):
        ignored = Ignored()
        for verdict in recogniser.listen(_announced(until(stopped, blocks), publisher)):
            _act_on(verdict, publisher, ignored)
        ignored.tell()
        log.info("stopping by=%s", "signal" if stopped() else "end of audio")


def _log_start(config: Config, recogniser: Recogniser) -> None:
    log.info(
        "starting version=%s model=%s rate_hz=%d source=%s device=%r site=%s",
        *(__version__, recogniser.title, recogniser.rate_hz),
        *(config.audio.source, config.audio.device, site(config)),
    )


def _self_test(cascade: Cascade) -> None:
    if cascade.alone_because:
        log.info("listening with stage one alone reason=%r", cascade.alone_because)
    result = cascade.self_test()
    if result.is_slow:
        log.warning(
            "model runs slowly inference_ms=%.1f times_numpy=%.0f cure=%r",
            result.inference_ms,
            result.ratio,
            "the runtime lost its fast kernels: it reads /proc/cpuinfo, "
            "which systemd's ProcSubset=pid hides; or install the current ai-edge-litert",
        )


def _announced(blocks: Iterable[AudioBlock], publisher: Publisher) -> Iterator[AudioBlock]:
    """Say once that sound comes in."""
    listening = False
    for block in blocks:
        if len(block.samples) and not listening:
            listening = True
            publisher.microphone(online=True)
            log.info("listening startup_s=%.2f", seconds_since_start())
        yield block


class Ignored:
    """Counts what was not acted on, and tells it once an hour: a television gives thousands a day."""

    EVERY_S = 3600.0

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._told = time.monotonic()

    def add(self, rejection: Rejection) -> None:
        """Count one."""
        self._counts[rejection.reason] += 1
        if time.monotonic() - self._told > self.EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Log the counts since the last time, if there are any, and begin anew."""
        if self._counts:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self._counts.most_common())
            log.info("ignored utterances=%d reasons=%r", self._counts.total(), reasons)
        self._counts.clear()
        self._told = time.monotonic()


def _act_on(verdict: Detection | Rejection, publisher: Publisher, ignored: Ignored) -> None:
    if isinstance(verdict, Detection):
        publisher.detection(verdict)
        _log_detection(verdict)
        return
    ignored.add(verdict)
    log.debug(
        "ignored reason=%r level_dbfs=%.1f floor_dbfs=%.1f label=%s confidence=%.2f",
        *(str(verdict.reason), verdict.utterance.level_dbfs, verdict.utterance.floor_dbfs),
        *((verdict.score.label, verdict.score.probability) if verdict.score else (None, 0.0)),
    )


def _log_detection(detection: Detection) -> None:
    log.info(
        "heard keyword=%s confidence=%.2f duration_ms=%d latency_ms=%d",
        *(detection.keyword, detection.score.probability),
        (detection.offset_at - detection.onset_at) / timedelta(milliseconds=1),
        1000 * (time.monotonic() - detection.offset_monotonic),
    )
