"""More digits than anybody speaks, for tests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from digitd.publish.mqtt import Publisher
from integration.publishing import heard

MESSAGES_PER_S = 50
MESSAGES_A_DETECTION = 3


class Load:
    """Counts upwards, aloud.

    Attributes:
        count: So many detections were published; they are called 0 and so on.
    """

    def __init__(self, publisher: Publisher) -> None:
        self.count = 0
        self._publisher = publisher
        self._ended = Event()

    def run(self) -> None:
        """Publish until `stop`."""
        began = time.monotonic()
        while not self._ended.is_set():
            self._publisher.detection(heard(str(self.count)))
            self.count += 1
            due = began + self.count * MESSAGES_A_DETECTION / MESSAGES_PER_S
            self._ended.wait(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """Let `run` return."""
        self._ended.set()


@contextmanager
def under_load(publisher: Publisher) -> Iterator[Load]:
    """Publish all the while."""
    load = Load(publisher)
    thread = Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join()
