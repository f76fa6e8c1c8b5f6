"""A broker in a process of its own, for the demo: `python -m digitd.demo.broker PORT`.

amqtt is pure Python and installs anywhere; it speaks MQTT 3.1.1 only.
"""

import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from tempfile import TemporaryFile
from typing import IO

from digitd.errors import UnavailableError

START_S = 10.0
END_S = 2.0


@contextmanager
def embedded_broker() -> Iterator[int]:
    """Run a broker that only this machine can reach, and yield its port.

    It ends with us, however we end: it watches its standard input, which closes then.

    Raises:
        UnavailableError: amqtt is not installed, or the broker does not come up.
    """
    if find_spec("amqtt") is None:
        raise UnavailableError("the demo's broker is not installed: pip install 'digitd[demo]'")
    port = _free_port()
    command = [sys.executable, "-m", "digitd.demo.broker", str(port)]
    with (
        TemporaryFile("w+") as errors,
        # A process group of its own: Ctrl-C is for us, and we end it when all else has ended.
        subprocess.Popen(  # noqa: S603 - our own module, run by our own interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, process_group=0
        ) as process,
    ):
        try:
            if not _is_up(process, port):
                process.kill()
                raise UnavailableError(f"the demo's broker did not start: {_last_line(errors)}")
            yield port
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_up(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    lines = errors.read().splitlines()
    return lines[-1] if lines else f"nothing listens after {START_S:.0f} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()


def main(port: int) -> None:
    """Run the broker until standard input closes."""
    logging.disable()  # a client that leaves is an error to amqtt
    asyncio.run(_serve(port))


async def _serve(port: int) -> None:
    from amqtt.broker import Broker  # noqa: PLC0415 - an extra: only the child needs it

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    await asyncio.to_thread(sys.stdin.read)
    await broker.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
