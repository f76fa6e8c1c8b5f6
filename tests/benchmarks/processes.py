"""What a process costs, as /proc tells it."""

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """Processor time that a process and its threads have taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory, shared libraries included."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def threads(pid: int) -> int:
    """How many it has."""
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def descriptors(pid: int) -> int:
    """How many files, sockets and pipes it has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
