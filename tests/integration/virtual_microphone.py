"""A microphone without a sound card: PulseAudio's null sink, whose monitor PortAudio opens through ALSA.

Nothing of the machine's own sound set-up is touched: the server is this test's own process, with its own
socket, configuration and home; only child processes that are given `environment` see it.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ALSA_PLUGINS = ("/usr/lib", "/usr/lib64")
READY_WITHIN_S = 10.0


@dataclass(slots=True)
class VirtualMicrophone:
    """A running virtual microphone.

    Attributes:
        name: What `audio.device` takes.
        twin: The name of a second device that hears the same.
        rate_hz: The rate at which it truly runs.
        environment: What a child process needs in order to hear it.
        folder: Where the server's files are.
        server: The sound server, for tests that make it fail.
    """

    name: str
    twin: str
    rate_hz: int
    environment: dict[str, str]
    folder: Path
    server: subprocess.Popen[bytes]

    def pull_out(self) -> None:
        """Make the device go away, as by its plug: the server is gone."""
        self.server.kill()
        self.server.wait()

    def plug_in(self) -> None:
        """Make it come back under the same name."""
        command = _server(self.folder, self.rate_hz, self.name)
        self.server = subprocess.Popen(command, env=self.environment)
        _wait_until_ready(self.server, self.environment, self.folder)

    def play(self, path: Path) -> None:
        """Speak a WAV file into the microphone; returns when it is over."""
        with self.play_async(path) as player:
            assert player.wait(timeout=60) == 0

    def play_async(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to speak a WAV file; the player is a context manager that waits for its end."""
        return subprocess.Popen(["paplay", f"--device={self.name}", str(path)], env=self.environment)


def skip_without_sound_server() -> None:
    """Skip the test, saying what to install, where there is no virtual microphone to be had."""
    missing = [tool for tool in ("pulseaudio", "pactl", "paplay") if shutil.which(tool) is None]
    plugin = "libasound_module_pcm_pulse.so"
    if not any(found for folder in ALSA_PLUGINS for found in Path(folder).glob(f"*/alsa-lib/{plugin}")):
        missing.append(plugin)
    if missing:
        pytest.skip(
            f"{', '.join(missing)} missing: apt install pulseaudio pulseaudio-utils libasound2-plugins"
        )


@contextmanager
def virtual_microphone(folder: Path, rate_hz: int, name: str = "vmic") -> Iterator[VirtualMicrophone]:
    """Run a sound server with one virtual microphone, as long as the block lasts.

    Args:
        folder: An empty folder for the server's files; its path must fit a socket's name.
        rate_hz: The rate of the device; anything played is converted to it.
        name: The name of the device.
    """
    skip_without_sound_server()
    environment = _environment(folder)
    twin = f"{name}-twin"
    _write_alsa_configuration(folder, name, twin)
    server = subprocess.Popen(_server(folder, rate_hz, name), env=environment)
    running = VirtualMicrophone(name, twin, rate_hz, environment, folder, server)
    try:
        _wait_until_ready(server, environment, folder)
        yield running
    finally:
        running.pull_out()  # also when a test has stopped it


def _environment(folder: Path) -> dict[str, str]:
    own = dict.fromkeys(("PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "XDG_RUNTIME_DIR", "HOME"), str(folder))
    return {
        **os.environ,
        **own,
        "PULSE_SERVER": f"unix:{folder}/native",
        "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
    }


def _write_alsa_configuration(folder: Path, name: str, twin: str) -> None:
    lines = [
        "</usr/share/alsa/alsa.conf>",
        'pcm.!default { type pulse hint { show on description "default" } }',
    ]
    lines += [
        f'pcm.{pcm} {{ type pulse device "{name}.monitor" hint {{ show on description "{pcm}" }} }}'
        for pcm in (name, twin)
    ]
    (folder / "asound.conf").write_text("\n".join(lines) + "\n")


def _server(folder: Path, rate_hz: int, name: str) -> list[str]:
    sink = f"sink_name={name} rate={rate_hz} channels=1 format=s16le"
    return [
        *(
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--disable-shm=yes",
        ),
        f"--log-target=file:{folder}/log",
        *("-L", f"module-native-protocol-unix socket={folder}/native auth-anonymous=1"),
        # Without norewinds a late player rewrites what the monitor has already given away.
        *("-L", f"module-null-sink {sink} norewinds=1"),
    ]


def _wait_until_ready(server: subprocess.Popen[bytes], environment: dict[str, str], folder: Path) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while server.poll() is None and time.monotonic() < give_up_at:
        asked = subprocess.run(
            ["pactl", "info"], env=environment, capture_output=True, check=False, timeout=10
        )
        if asked.returncode == 0:
            folder.chmod(0o755)  # a service's user may hear it, too; the server wanted its folder for itself
            return
        time.sleep(0.02)
    log = folder / "log"
    pytest.fail(f"the virtual microphone did not start: {log.read_text() if log.exists() else 'no log'}")
