"""What integration tests share: a real broker and a virtual microphone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.brokers import Broker, mosquitto
from integration.debians import debian, skip_without_containers
from integration.services import Installed, install
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Run a mosquitto for this test alone: it is up in 25 ms, and nobody else's messages are in it."""
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def vmic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualMicrophone]:
    """Run a virtual microphone at 16 kHz for all tests; each leaves it silent."""
    with virtual_microphone(tmp_path_factory.mktemp("vmic"), rate_hz=16000) as running:
        yield running


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Install digitd as a service on a small Debian; tests boot that anew and change what they like."""
    skip_without_containers()
    layer = tmp_path_factory.mktemp("installed") / "layer"
    yield install(debian(), layer)
    shutil.rmtree(layer)  # 190 MB, which pytest would keep for three sessions
