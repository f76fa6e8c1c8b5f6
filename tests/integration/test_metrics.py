"""What Prometheus reads of a running daemon, and what is open when nobody wants to."""

import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from digitd.service.prometheus import REQUEST_WITHIN_S
from integration.brokers import Broker, Listener, free_port
from integration.daemons import Daemon, daemon
from integration.processes import sockets
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

README = Path(__file__).parents[2] / "README.md"


def scraped(port: int) -> dict[tuple[str, ...], float]:
    """Return all numbers that the daemon gives, by name and values of labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def scraped_when(port: int, name: str, value: float) -> dict[tuple[str, ...], float]:
    """Return them once one has this value: they are a second old at most."""
    give_up_at = time.monotonic() + 10
    while (numbers := scraped(port)).get((name,)) != value:
        assert time.monotonic() < give_up_at, numbers
        time.sleep(0.1)
    return numbers


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def measured(port: int, vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    """Run a daemon with an open port for Prometheus, and wait until it listens."""
    sections = {"metrics": {"enabled": True, "port": port}}
    with daemon(tmp_path, vmic.environment, broker.port, sections, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        yield running


@pytest.mark.usefixtures("measured")
def test_what_was_said_can_be_read_as_numbers(
    port: int, vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = first_words(5, tmp_path / "words.wav")
    with Listener(broker.port, "digitd/kitchen/keyword") as listener:
        vmic.play(tmp_path / "words.wav")
        listener.wait_for([("keyword", keyword) for keyword in said])

    numbers = scraped_when(port, "digitd_mqtt_published_total", 3 * len(said))

    assert {name[1]: count for name, count in numbers.items() if name[0] == "digitd_keywords_total"} == {
        keyword: said.count(keyword) for keyword in said
    }
    assert numbers["digitd_latency_seconds_count",] == len(said)
    assert 0.125 < numbers["digitd_latency_seconds_sum",] / len(said) < 1.0
    for stage in ("detector", "one", "two"):
        assert 0 < numbers["digitd_stage_seconds_sum", stage] < numbers["digitd_stage_seconds_count", stage]
    assert sum(count for name, count in numbers.items() if name[0] == "digitd_state") == 1
    assert numbers["digitd_canary_passed",] == numbers["digitd_mqtt_connected",] == 1
    assert numbers["digitd_audio_blocks_total",] > 100
    assert numbers["digitd_audio_missing_seconds_total",] < 10
    assert numbers["digitd_floor_dbfs",] < numbers["digitd_onset_dbfs",] < 0
    assert numbers["digitd_level_dbfs",] < 0
    assert 20e6 < numbers["process_resident_memory_bytes",] < 300e6


def test_only_the_port_that_was_set_is_open_and_only_on_this_machine(port: int, measured: Daemon) -> None:
    opened = sockets(measured.process.pid)

    listening = [one.local for one in opened if one.listens and one.family != "unix"]
    assert listening == [f"127.0.0.1:{port}"]


def test_a_reader_that_says_nothing_holds_up_neither_the_next_one_nor_the_end(
    port: int, measured: Daemon
) -> None:
    with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        numbers = scraped(port)

    with socket.create_connection(("127.0.0.1", port)):
        took_s = measured.end(signal.SIGTERM)

    assert numbers["digitd_canary_passed",] == 1
    assert (measured.process.returncode, took_s < REQUEST_WITHIN_S) == (0, True)


def test_a_reader_that_hangs_up_early_is_not_worth_a_line(port: int, measured: Daemon) -> None:
    for request in (b"", b"GET", b"\x16\x03\x01 no HTTP\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as reader:
            reader.sendall(request)
            # Closing then resets the connection, with the answer still on its way.
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    assert scraped(port)["digitd_canary_passed",] == 1
    assert "metrics" not in measured.log.read_text()


@pytest.mark.usefixtures("measured")
def test_the_rules_in_the_readme_ask_for_numbers_that_there_are(port: int) -> None:
    numbers = scraped_when(port, "digitd_mqtt_connected", 1)

    rules = [rule for group in in_readme("groups") for rule in group["rules"]]
    (job,) = in_readme("scrape_configs")
    assert len(rules) == 2
    for rule in rules:
        asked = set(re.findall(r"digitd_\w+", rule["expr"]))
        assert asked <= {name for name, *_ in numbers}, rule["alert"]
    assert job["static_configs"] == [{"targets": ["localhost:9713"]}]


def in_readme(key: str) -> list[dict[str, Any]]:
    """Return what the README shows of Prometheus's configuration below a key."""
    (block,) = re.findall(rf"^    {key}:\n(?:    .*\n)*", README.read_text(encoding="utf-8"), re.MULTILINE)
    found: list[dict[str, Any]] = yaml.safe_load(block)[key]
    return found
