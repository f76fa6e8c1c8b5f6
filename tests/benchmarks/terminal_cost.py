"""What terminals cost the daemon: without its socket, with nobody looking, with one and three that look.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.terminal_cost

The demo's speech through the virtual microphone, again and again. Needs mosquitto and PulseAudio. Takes three
minutes. Each line is one daemon, in turn, so that what else the machine does hits all alike.
"""

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.page_cost import MEASURED_S, ROUNDS, missing_s, talking
from benchmarks.processes import cpu_s, resident_mb
from integration.brokers import mosquitto
from integration.daemons import DIGITD, daemon
from integration.terminals import Terminal, terminal
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

CASES = {"no socket": None, "nobody looks": 0, "one looks": 1, "three look": 3}


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as sound, virtual_microphone(Path(sound), 16_000) as vmic, talking(vmic):
        print(f"{'':<14}  CPU ms/s   memory MB  sound lost  a terminal's CPU ms/s, MB")
        for _ in range(ROUNDS):
            for name, terminals in CASES.items():
                print(f"{name:<14}  {cost(vmic, terminals)}", flush=True)


def cost(vmic: VirtualMicrophone, terminals: int | None) -> str:
    """Return what a daemon costs, and one of those that look at it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker = stack.enter_context(mosquitto(folder))
        own = {**vmic.environment, "RUNTIME_DIRECTORY": str(folder / "run")}
        sections = {"monitor": {"socket": terminals is not None}}
        running = stack.enter_context(daemon(folder, own, broker.port, sections, device=vmic.name))
        running.wait_for("listening")
        command = [*DIGITD, "listen", "-c", str(running.config)]
        shown = [stack.enter_context(terminal(command, own)) for _ in range(terminals or 0)]
        for one in shown:
            one.read("begins above")
        look_on(shown, 2.0)
        pids = [running.process.pid, *(one.process.pid for one in shown[:1])]
        before_s, began_at = [cpu_s(pid) for pid in pids], time.monotonic()
        look_on(shown, MEASURED_S)
        took_s = time.monotonic() - began_at
        cpu_ms = [1000 * (cpu_s(pid) - used_s) / took_s for pid, used_s in zip(pids, before_s, strict=True)]
        theirs = f"{cpu_ms[1]:8.1f} {resident_mb(pids[1]):6.1f}" if shown else ""
        return f"{cpu_ms[0]:8.1f}  {resident_mb(pids[0]):10.1f}  {missing_s(broker.port):8.2f} s  {theirs}"


def look_on(shown: list[Terminal], seconds: float) -> None:
    """Take what the terminals are told, so that none of them has to wait."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for one in shown:
            one.look()
        if not shown:
            time.sleep(0.1)


if __name__ == "__main__":
    main()
