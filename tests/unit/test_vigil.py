"""What log, broker and systemd are told of the daemon, and when."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitd.messages import AudioBlock, Song
from digitd.service.canary import AGAIN_S, EVERY_S, Canary
from digitd.service.liveness import Liveness
from digitd.service.notify import Notifier
from digitd.service.vigil import HEALTH_EVERY_S, Vigil
from fakes import FakeClock, FakeSystemd, FakeVoice

RATE_HZ, BLOCK_S = 1000, 0.25
WATCHDOG_S = 40.0
STORED = Song("4", 0.99, accepted=True)
ROOM = np.random.default_rng(1).normal(0, 0.001, round(BLOCK_S * RATE_HZ)).astype(np.float32)
ZEROS, NOTHING = np.zeros_like(ROOM), ROOM[:0]
SOUNDS = {"#": ROOM, "_": ZEROS, ".": NOTHING}


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[FakeSystemd]:
    with FakeSystemd(tmp_path / "notify", WATCHDOG_S) as running:
        yield running


class Watched:
    """A vigil with all that it talks to."""

    def __init__(self, systemd: FakeSystemd) -> None:
        self.clock, self.voice, self.song = FakeClock(), FakeVoice(), STORED
        canary = Canary(lambda: self.song, STORED, self.clock.clock)
        canary.sing()
        self.vigil = Vigil(
            Liveness(RATE_HZ, lost_after_s=2.0, silent_after_s=2.0),
            canary,
            Notifier(systemd.environ),
            self.voice,
            lambda: {"gaps": 0},
            {"digitd": "1"},
            self.clock.clock,
        )

    def hear(self, sketch: str) -> None:
        for mark in sketch:
            self.clock.pass_s(BLOCK_S)
            self.vigil.heed(AudioBlock(0, SOUNDS[mark], self.clock.monotonic()), -60.0, -50.0, -64.04)

    def health(self) -> dict[str, Any]:
        health: dict[str, Any] = json.loads(self.voice.states["health"])
        return health


@pytest.fixture
def watched(systemd: FakeSystemd) -> Watched:
    return Watched(systemd)


def test_systemd_hears_that_it_is_ready_once_sound_comes_in(watched: Watched, systemd: FakeSystemd) -> None:
    watched.hear("...")
    before = systemd.told()
    watched.hear("##")

    assert "READY=1" not in before
    assert systemd.told().count("READY=1") == 1


def test_systemd_hears_several_times_in_its_watchdog_s_time_that_it_lives(
    watched: Watched, systemd: FakeSystemd
) -> None:
    watched.hear("#" * round(WATCHDOG_S / BLOCK_S))

    assert systemd.told().count("WATCHDOG=1") == 4


def test_systemd_hears_nothing_while_no_sound_comes_in(watched: Watched, systemd: FakeSystemd) -> None:
    watched.hear("####")
    systemd.told()

    watched.hear("." * round(2 * WATCHDOG_S / BLOCK_S))

    assert "WATCHDOG=1" not in systemd.told()


def test_systemd_hears_nothing_after_a_song_that_failed_until_one_comes_through(
    watched: Watched, systemd: FakeSystemd
) -> None:
    watched.hear("##")
    watched.song = Song("5", 0.9, accepted=True)
    watched.clock.pass_s(EVERY_S)
    watched.hear("#")
    systemd.told()

    watched.hear("#" * round(AGAIN_S / BLOCK_S - 1))
    failed = systemd.told()
    watched.song = STORED
    watched.hear("#" * round(2 * AGAIN_S / BLOCK_S))

    assert "WATCHDOG=1" not in failed
    assert "WATCHDOG=1" in systemd.told()


def test_a_microphone_that_gives_zeros_keeps_the_process_alive_but_is_offline(
    watched: Watched, systemd: FakeSystemd
) -> None:
    watched.hear("####")
    systemd.told()

    watched.hear("_" * round(WATCHDOG_S / BLOCK_S))

    assert systemd.told().count("WATCHDOG=1") == 4
    assert watched.voice.online == [True, False]
    assert watched.health()["state"] == "silent"
    assert watched.health()["reason"].endswith("is the microphone muted, or dead?")


def test_a_broker_that_is_away_does_not_count_against_it(watched: Watched, systemd: FakeSystemd) -> None:
    watched.voice.connected, watched.voice.trouble = False, "unreachable"

    watched.hear("#" * round(WATCHDOG_S / BLOCK_S))

    assert systemd.told().count("WATCHDOG=1") == 4
    assert watched.health()["broker"]["trouble"] == "unreachable"


def test_each_change_is_told_at_once_with_its_reason(watched: Watched) -> None:
    watched.hear("####........")
    lost = watched.health()
    watched.hear("######")

    assert (lost["state"], lost["reason"], lost["since"]) == (
        "lost",
        "no audio for 2 s",
        "2026-11-26T12:00:03.000Z",
    )
    assert watched.health()["state"] == "listening"
    assert watched.voice.online == [True, True, False, False, True]


def test_each_change_is_one_line_in_the_log(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    watched.hear("####........######")

    told = [record.getMessage().split(" reason")[0] for record in caplog.records]
    assert told[0].startswith("listening startup_s=")
    assert told[1:] == [
        "microphone state=stalled before=listening",
        "microphone state=lost before=stalled",
        "microphone state=recovering before=lost",
        "microphone state=listening before=recovering",
    ]


def test_what_stays_the_same_is_told_once_a_minute(watched: Watched) -> None:
    watched.hear("#")
    first = watched.health()
    watched.vigil.echo.came(watched.voice.diagnostics[0][1], watched.clock.monotonic())

    watched.hear("#" * round(HEALTH_EVERY_S / BLOCK_S - 1))
    same = watched.health()
    watched.hear("#")

    assert same == first
    assert watched.health() != first


def test_a_song_that_was_asked_for_is_told_to_all_at_once(watched: Watched) -> None:
    watched.hear("##")
    watched.song = Song("5", 0.9, accepted=True)

    answer = watched.vigil.self_test()
    watched.hear("#")

    assert answer["ok"] is watched.health()["canary"]["ok"] is False


def test_health_tells_how_loud_the_room_is(watched: Watched) -> None:
    before = watched.vigil.health()
    watched.hear("#")

    health = watched.health()
    levels = ("level_dbfs", "onset_dbfs", "floor_dbfs")
    assert [before[name] for name in levels] == [None, None, None]
    assert [health[name] for name in levels] == [-60.0, -50.0, -64.0]


def test_health_tells_of_the_canary_and_of_its_way_over_the_broker(watched: Watched) -> None:
    watched.hear("#")
    watched.vigil.echo.came(watched.voice.diagnostics[0][1], watched.clock.monotonic() + 0.005)
    watched.hear("#" * round(HEALTH_EVERY_S / BLOCK_S))

    health = watched.health()
    assert health["canary"]["ok"] is True
    assert (health["canary"]["label"], health["canary"]["confidence"]) == ("4", 0.99)
    assert health["broker"] == {"trouble": None, "echo_ms": 5.0}


def test_a_broker_that_gives_nothing_back_is_told(watched: Watched) -> None:
    watched.hear("#" * 60)

    assert watched.health()["broker"]["trouble"].startswith("does not give back what it takes")


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_jumps_changes_nothing_but_the_times_that_are_told(
    jump_s: float, systemd: FakeSystemd
) -> None:
    stayed, stayed_since = told_of_a_day(systemd, 0.0)
    jumped, jumped_since = told_of_a_day(systemd, jump_s)

    assert jumped == stayed
    assert (jumped_since - stayed_since).total_seconds() == jump_s


def told_of_a_day(systemd: FakeSystemd, jump_s: float) -> tuple[list[object], datetime]:
    """Return all that is told where the clock jumps, and since when it is told to be so at last."""
    watched, told = Watched(systemd), []
    watched.hear("####")
    watched.clock.jump_s(jump_s)
    for part in ("#" * round(WATCHDOG_S / BLOCK_S), "............", "############", "____________####"):
        watched.hear(part)
        told += systemd.told()
        watched.clock.pass_s(EVERY_S)
    health = watched.health()
    since = datetime.fromisoformat(health.pop("since"))
    del health["canary"]["at"], health["uptime_s"]  # the latter is the test's own
    return [told, watched.voice.online, len(watched.voice.diagnostics), health], since


def test_the_end_is_told_to_systemd(watched: Watched, systemd: FakeSystemd) -> None:
    watched.vigil.end()

    assert "STOPPING=1" in systemd.told()


def test_systemd_s_abstract_socket_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0digitd-test-{os.getpid()}")

        Notifier({"NOTIFY_SOCKET": f"@digitd-test-{os.getpid()}"}).tell("READY=1")

        assert listener.recv(100) == b"READY=1"


def test_nobody_is_told_where_systemd_did_not_start_us() -> None:
    notifier = Notifier({})

    notifier.tell("READY=1")

    assert notifier.watchdog_s is None


def test_a_watchdog_meant_for_another_process_is_none_of_ours() -> None:
    assert Notifier({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).watchdog_s is None


def test_a_systemd_that_is_gone_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})

    notifier.tell("WATCHDOG=1")
    notifier.tell("WATCHDOG=1")

    assert len(caplog.records) == 1
