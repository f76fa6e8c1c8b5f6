"""The daemon as a process of its own, for tests."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from integration.brokers import Broker, Listener

DIGITD = [sys.executable, "-m", "digitd"]


@dataclass(frozen=True)
class Daemon:
    """A running `digitd run`.

    Attributes:
        process: The process.
        log: The file that its standard error goes to.
        config: Its configuration file.
    """

    process: subprocess.Popen[bytes]
    log: Path
    config: Path

    def wait_for(self, event: str) -> None:
        """Wait until the log tells this, as whole words."""
        give_up_at = time.monotonic() + 20
        while not re.search(rf"(?<!\S){re.escape(event)}(?!\w)", self.log.read_text()):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up_at, self.log.read_text()
            time.sleep(0.02)

    def configure(self, **sections: object) -> None:
        """Change sections of the configuration file; nobody is told."""
        self.config.write_text(json.dumps({**json.loads(self.config.read_text()), **sections}))

    def end(self, with_signal: signal.Signals) -> float:
        """Send a signal, wait for the end, and return how long that took in seconds."""
        asked_at = time.monotonic()
        self.process.send_signal(with_signal)
        self.process.wait(timeout=10)
        return time.monotonic() - asked_at


@contextmanager
def daemon(
    folder: Path,
    environment: Mapping[str, str],
    port: int,
    sections: Mapping[str, object] = MappingProxyType({}),
    **audio: object,
) -> Iterator[Daemon]:
    """Run the daemon until the block ends; `sections` of the configuration come on top."""
    config, log = folder / "digitd.yaml", folder / "digitd.log"
    settings = {"site": "kitchen", "audio": audio, "mqtt": {"host": "127.0.0.1", "port": port}, **sections}
    config.write_text(json.dumps(settings))
    command = [*DIGITD, "run", "-c", str(config)]
    # Each has a socket of its own, and none in the session of whoever tests.
    own = {"RUNTIME_DIRECTORY": str(folder / "run"), **environment, "XDG_STATE_HOME": str(folder / "state")}
    with log.open("wb") as stderr, subprocess.Popen(command, env=own, stderr=stderr) as process:
        try:
            yield Daemon(process, log, config)
        finally:
            process.kill()


def retained(broker: Broker, topic: str) -> str:
    """Return what the broker keeps of what such a daemon said."""
    with Listener(broker.port, f"digitd/kitchen/{topic}") as listener:
        listener.wait_for_count(1)
        return listener.heard()[0][1]
