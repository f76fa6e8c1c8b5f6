"""The demo's own broker: there when it is needed, gone when we are gone."""

import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from digitd.demo.broker import embedded_broker
from digitd.errors import UnavailableError
from integration.brokers import listens

needs_amqtt = pytest.mark.skipif(
    find_spec("amqtt") is None, reason="amqtt missing: pip install 'digitd[demo]'"
)


@needs_amqtt
def test_it_listens_as_long_as_it_is_needed(capfd: pytest.CaptureFixture[str]) -> None:
    with embedded_broker() as port:
        assert listens(port)

    assert not listens(port)
    assert capfd.readouterr() == ("", "")


@needs_amqtt
def test_it_does_not_outlive_a_parent_that_was_killed() -> None:
    program = (
        "import time\n"
        "from digitd.demo.broker import embedded_broker\n"
        "with embedded_broker() as port: print(port, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())

        parent.kill()

    deadline = time.monotonic() + 5
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not listens(port)


def test_without_amqtt_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amqtt", None)

    with pytest.raises(UnavailableError, match=r"pip install 'digitd\[demo\]'"), embedded_broker():
        pass
