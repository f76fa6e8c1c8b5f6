"""What systemd is told, as sd_notify(3) describes.

Twenty lines of our own: python3-systemd has to be compiled against libsystemd, and sdnotify has not changed
since 2017 and swallows every error.
"""

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)

ANSWER_S = 0.1
"""A datagram to systemd is taken at once, or systemd is stuck."""


class Notifier:
    """Tells systemd how we are; nobody, where systemd has not started us or does not ask.

    Args:
        environ: Where systemd says, in NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, what it wants.

    Attributes:
        watchdog_s: systemd ends a process that has not shown life for so long; None where it does not watch.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address  # "@" is the abstract one
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environ.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(usec) / 1e6 if usec.isdecimal() and ours else None
        self._failed = False

    def tell(self, *lines: str) -> None:
        """Send assignments such as `READY=1` or `STATUS=...` in one message."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(ANSWER_S)
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._failed:
                log.warning("systemd does not take our notice error=%r", str(error))
            self._failed = True
            return
        self._failed = False
