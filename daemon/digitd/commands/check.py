"""Is everything there that `run` needs? Each check says what it found, or raises an error with the cure."""

import os
from collections.abc import Callable, Iterator

import numpy as np

from digitd.audio import AudioSettings, open_source
from digitd.commands.recogniser import Recogniser
from digitd.commands.song import canary_of, refused_by_settings
from digitd.config import Config
from digitd.errors import ModelError, UnavailableError
from digitd.messages import AudioBlock
from digitd.monitor.settings import MonitorSettings, require_websockets, required_token
from digitd.publish.probe import protocol_spoken
from digitd.service.liveness import Liveness, State
from digitd.service.metrics import MetricsSettings, require_package

ANY_RATE_HZ = 16_000
LISTEN_S = 0.5


def checks(config: Config) -> Iterator[tuple[str, Callable[[], str]]]:
    """Name each check; its function returns what it found or raises `DigitdError`."""
    yield "model", lambda: _model(config)
    yield "microphone" if config.audio.source == "microphone" else "audio", lambda: _audio(config.audio)
    yield "broker", lambda: _broker(config)
    if config.metrics.enabled:
        yield "metrics", lambda: _metrics(config.metrics)
    if config.monitor.enabled:
        yield "page", lambda: _page(config.monitor)


def _model(config: Config) -> str:
    recogniser = Recogniser(config)
    result = recogniser.cascade.self_test()
    if result.is_slow:
        raise ModelError(
            f"{recogniser.title}: {result.inference_ms:.1f} ms an utterance, {result.ratio:.0f} times NumPy: "
            "it lost its fast kernels; make /proc/cpuinfo readable or install the current ai-edge-litert"
        )
    report = canary_of(recogniser).sing()
    if report.trouble:
        raise UnavailableError(f"{recogniser.title}: {report.trouble}; end what else keeps it busy")
    alone = recogniser.cascade.alone_because
    stages = f"stage one alone, for {alone}" if alone else "both stages"
    refused = refused_by_settings(recogniser)
    heard = f"but these settings refuse a clear digit: {refused}" if refused else "a stored digit is heard"
    return (
        f"{recogniser.title}, {stages}, self-test passed, {result.inference_ms:.2f} ms an utterance, {heard}"
    )


def _audio(settings: AudioSettings) -> str:
    if settings.source == "stdin":
        return "standard input, not tried"
    with open_source(settings, ANY_RATE_HZ) as blocks:
        return f"{_name(settings)}, {_level(blocks, settings)}"


def _name(settings: AudioSettings) -> str:
    match settings.source:
        case "microphone":
            return repr(settings.device) if settings.device else "the system's default"
        case "command":
            return repr(settings.command)
        case _:
            return f"{len(settings.files)} files or folders"


def _level(blocks: Iterator[AudioBlock], settings: AudioSettings) -> str:
    """Say how loud the first moments are.

    Raises:
        UnavailableError: There are none.
    """
    liveness = Liveness(ANY_RATE_HZ, settings.lost_after_s, settings.silent_after_s)
    heard: list[float] = []
    for block in blocks:
        liveness.hear(block)
        if liveness.state is State.LOST:
            raise UnavailableError(f"{_name(settings)}: {liveness.reason}; check what it does")
        heard.extend(block.samples.tolist())
        if len(heard) >= LISTEN_S * ANY_RATE_HZ:
            break
    level = float(np.abs(heard).mean()) if heard else 0.0
    if not level:
        return "but it gives only zeros: is it muted?"
    return f"{20 * np.log10(level):.0f} dBFS"


def _broker(config: Config) -> str:
    mqtt = config.mqtt
    return f"{mqtt.host}:{mqtt.port} lets us in, MQTT {protocol_spoken(mqtt)}"


def _metrics(settings: MetricsSettings) -> str:
    require_package()
    return f"on {settings.host}:{settings.port} once it runs"


def _page(settings: MonitorSettings) -> str:
    require_websockets()
    token = "with the token" if required_token(settings, os.environ) else "for whoever is on this machine"
    return f"http://{settings.host}:{settings.port}/ once it runs, {token}"
