"""The daemon: what it opens, and in which order."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping

from digitd import __version__
from digitd.audio import open_source
from digitd.clips.keeper import clip_keeper
from digitd.commands.collecting import Collector
from digitd.commands.in_force import InForce
from digitd.commands.introduction import subscriptions
from digitd.commands.memory import state_folder
from digitd.commands.recogniser import Recogniser, site
from digitd.commands.session import Session
from digitd.config import Config
from digitd.messages import AudioBlock
from digitd.model.cascade import Cascade
from digitd.monitor.settings import no_clip, onlookers_let_in
from digitd.publish.mqtt import mqtt_publisher
from digitd.publish.orders import TOPICS
from digitd.service import echo
from digitd.service.board import Board
from digitd.service.lifecycle import reload_requests, stop_requests, until
from digitd.service.metrics import metrics_server

log = logging.getLogger(__name__)


def run(
    config: Config, read_again: Callable[[], Config], keep: Callable[[Mapping[str, float]], None]
) -> None:
    """Listen and publish until a signal asks for the end, or files or a stream are over.

    Args:
        config: The configuration.
        read_again: Reads it anew, where a signal asks for that.
        keep: Writes keys of it into its file, where somebody on the web page asks for that.

    Raises:
        ConfigError: The configuration names something that is not there.
        ModelError: The model cannot be used, or does not hear the stored digit.
        UnavailableError: The microphone is not there, or PortAudio hangs; or a port is taken.
        InputError: A file or stream holds no audio.
    """
    recogniser = Recogniser(config)
    _log_start(config, recogniser)
    _self_test(recogniser.cascade)
    in_force = InForce(config, recogniser, read_again, os.environ)
    topics = (echo.TOPIC, *TOPICS, *subscriptions(config))
    with (
        stop_requests() as stopped,
        reload_requests() as asked_to_reload,
        metrics_server(config.metrics) as board,
        clip_keeper(config.clips, state_folder(os.environ) / "clips" / site(config), site(config)) as keeper,
        onlookers_let_in(
            config.monitor, os.environ, site(config), recogniser.rate_hz, keeper.sound if keeper else no_clip
        ) as tap,
        open_source(config.audio, recogniser.rate_hz, reopen=True) as blocks,
        # The inner one: `offline` goes out before anything tries to close a microphone that hangs.
        mqtt_publisher(config.mqtt, site(config), recogniser.title, topics) as publisher,
    ):
        collector = Collector(keeper, config.clips, site(config), recogniser.rate_hz) if keeper else None
        session = Session(in_force, publisher, os.environ, tap, collector, keep)
        audio = until(stopped, blocks)
        midway = False
        while not _listened_to_the_end(session, audio, asked_to_reload, board, midway=midway):
            midway = True
        session.end("signal" if stopped() else "end of audio")


def _listened_to_the_end(
    session: Session,
    audio: Iterator[AudioBlock],
    asked_to_reload: Callable[[], bool],
    board: Board | None,
    *,
    midway: bool,
) -> bool:
    """Listen until the audio is over, or another recogniser has to go on; return whether it is over."""
    recogniser = session.recogniser
    for moment in recogniser.listen(audio, midway=midway):
        session.take(moment)
        if board and board.due:
            board.show(session.reading())
        if asked_to_reload():
            session.try_to_reload()
        if session.recogniser is not recogniser:
            return False
    return True


def _log_start(config: Config, recogniser: Recogniser) -> None:
    log.info(
        "starting version=%s model=%s rate_hz=%d source=%s device=%r site=%s",
        *(__version__, recogniser.title, recogniser.rate_hz),
        *(config.audio.source, config.audio.device, site(config)),
    )
    if not config.home_assistant.enabled:
        log.info("not introduced to home assistant cure=%r", "`digitd forget` clears what was said before")


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
