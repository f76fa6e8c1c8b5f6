"""Debians with a real systemd, booted in a container in two seconds and thrown away after each test.

What a machine changes goes into a layer of its own, which may be the ground that others stand on: installed
once, booted for each test. The network is ours, so that a test's broker is there, too.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UP_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Machine:
    """A booted Debian.

    Attributes:
        root: Its file system, as we see it.
        leader: Its systemd's process, as we see it.
    """

    root: Path
    leader: int

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a program in it, as root, and return how that went."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--pid"]
        inside = {"PATH": "/usr/local/bin:/usr/bin:/usr/sbin", **environment}
        return subprocess.run(
            [*enter, *command], env=inside, capture_output=True, text=True, check=False, timeout=180
        )

    def out(self, *command: str, **environment: str) -> str:
        """Run a program in it that has to succeed, and return what it prints."""
        done = self.run(*command, **environment)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file of it."""
        write(self.root, path, text)

    def shows(self, key: str) -> str:
        """Return what its systemd knows about the service, such as `MainPID`."""
        return self.out("systemctl", "show", "digitd", f"--property={key}", "--value")

    def wait_for(self, key: str, wanted: str, timeout_s: float = 30.0) -> float:
        """Wait until its systemd says this about the service, and return how many seconds that took."""
        began_at = time.monotonic()
        while (shown := self.shows(key)) != wanted:
            assert time.monotonic() - began_at < timeout_s, f"{key}={shown}: {self.log()}"
            time.sleep(0.05)
        return round(time.monotonic() - began_at, 1)

    def wait_for_log(self, text: str, timeout_s: float = 30.0) -> None:
        """Wait until the service has told this."""
        give_up_at = time.monotonic() + timeout_s
        while text not in self.log():
            assert time.monotonic() < give_up_at, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        """Return what the service, and systemd about it, have told."""
        return self.out("journalctl", "--unit=digitd", "--output=cat", "--no-pager")


@contextmanager
def machine(
    ground: Sequence[Path], layer: Path, files: Mapping[str, str], shown: Mapping[str, Path]
) -> Iterator[Machine]:
    """Boot a machine that runs as long as the block lasts.

    Args:
        ground: The layers that it stands on, the topmost first; they stay as they are.
        layer: A folder that is not there yet, for what it changes.
        files: What to write before it boots, by paths in it.
        shown: Folders of ours that it sees, by paths in it.
    """
    root = layer.with_suffix(".root")
    with _mounted(ground, layer, root):
        for path, text in files.items():
            write(root, path, text)
        with _booted(root, shown) as leader:
            running = Machine(root, leader)
            _wait_until_up(running)
            yield running


def write(root: Path, path: str, text: str) -> None:
    """Write a file of a machine."""
    file = root / path.removeprefix("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@contextmanager
def _mounted(ground: Sequence[Path], layer: Path, root: Path) -> Iterator[None]:
    work = layer.with_suffix(".work")
    for folder in (layer, work, root):
        folder.mkdir(parents=True)
    layers = f"lowerdir={':'.join(map(str, ground))},upperdir={layer},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", root], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", root], check=True)


@contextmanager
def _booted(root: Path, shown: Mapping[str, Path]) -> Iterator[int]:
    """Boot, yield the process of its systemd, and pull the plug in the end."""
    command = [
        "systemd-nspawn",
        "--quiet",
        f"--directory={root}",
        "--boot",
        "--register=no",
        "--console=pipe",
    ]
    command += [f"--bind={ours}:{theirs}" for theirs, ours in shown.items()]
    if not Path("/run/systemd/system").exists():
        command += ["--keep-unit"]  # there is no systemd of ours to make a unit for it
    log = root.with_suffix(".log")
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as nspawn,
    ):
        try:
            yield _leader(nspawn, log)
        finally:
            for systemd in _children(nspawn.pid):
                os.kill(systemd, signal.SIGKILL)
            nspawn.wait(timeout=20)


def _leader(nspawn: "subprocess.Popen[bytes]", log: Path) -> int:
    """Return the process of the machine's systemd as soon as it runs."""
    give_up_at = time.monotonic() + UP_WITHIN_S
    while nspawn.poll() is None and time.monotonic() < give_up_at:
        for child in _children(nspawn.pid):
            if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                return child
        time.sleep(0.02)
    raise AssertionError(log.read_text())


def _children(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def _wait_until_up(machine: Machine) -> None:
    give_up_at = time.monotonic() + UP_WITHIN_S
    while machine.run("systemctl", "is-active", "dbus.service").returncode != 0:
        assert time.monotonic() < give_up_at, machine.root.with_suffix(".log").read_text()
        time.sleep(0.05)
