"""What another process has open, as the kernel tells it in /proc (man 5 proc)."""

import os
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LISTENING_TCP = "0A"
LISTENING_UNIX = 0x10000
"""The kernel's __SO_ACCEPTCON."""


@dataclass(frozen=True)
class Socket:
    """A socket of a process.

    Attributes:
        family: `tcp`, `tcp6`, `udp`, `udp6` or `unix`.
        local: "address:port", or the path of a Unix socket.
        remote: "address:port"; empty for a Unix socket.
        listens: It takes connections, or, for UDP, messages from anybody.
    """

    family: str
    local: str
    remote: str
    listens: bool


def sockets(pid: int) -> list[Socket]:
    """Return the sockets that a process has open."""
    inodes = {found[1] for link in _links(pid) if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    return [
        opened
        for family in ("tcp", "tcp6", "udp", "udp6", "unix")
        for inode, opened in _of_family(family, Path(f"/proc/{pid}/net/{family}"))
        if inode in inodes
    ]


def files_open_for_writing(pid: int) -> set[Path]:
    """Return the regular files that a process could write to, mapped into its memory or not."""
    opened = {
        Path(link)
        for descriptor, link in _descriptors(pid)
        if link.startswith("/") and _flags(pid, descriptor) & os.O_ACCMODE != os.O_RDONLY
    }
    mapped = {Path(line.split(maxsplit=5)[5]) for line in _shared_writable(pid)}
    return {path for path in opened | mapped if path.is_file()}


def _links(pid: int) -> list[str]:
    return [link for _, link in _descriptors(pid)]


def _descriptors(pid: int) -> list[tuple[str, str]]:
    folder = Path(f"/proc/{pid}/fd")
    found = []
    for descriptor in folder.iterdir():
        try:
            found.append((descriptor.name, str(descriptor.readlink())))
        except FileNotFoundError:  # closed since it was listed
            continue
    return found


def _flags(pid: int, descriptor: str) -> int:
    try:
        text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text()
    except FileNotFoundError:  # closed since it was listed
        return os.O_RDONLY
    return int(text.partition("flags:")[2].split()[0], 8)


def _shared_writable(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return [line for line in lines if re.match(r"\S+ .w.s .* /", line)]


def _of_family(family: str, table: Path) -> Iterator[tuple[str, Socket]]:
    """Yield each socket of a network namespace with its inode."""
    for line in table.read_text().splitlines()[1:]:
        columns = line.split()
        if family == "unix":
            path = columns[7] if len(columns) > 7 else ""
            yield columns[6], Socket(family, path, "", bool(int(columns[3], 16) & LISTENING_UNIX))
            continue
        local, remote, state, inode = columns[1], columns[2], columns[3], columns[9]
        unconnected = int(remote.rpartition(":")[2], 16) == 0
        listens = unconnected if family.startswith("udp") else state == LISTENING_TCP
        yield inode, Socket(family, _address(local), _address(remote), listens)


def _address(text: str) -> str:
    """Turn "0100007F:1F90" into "127.0.0.1:8080"."""
    number, _, port = text.rpartition(":")
    words = [int(number[at : at + 8], 16) for at in range(0, len(number), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return f"{socket.inet_ntop(family, struct.pack(f'={len(words)}I', *words))}:{int(port, 16)}"
