"""The monitor's thread: hands what the main thread has left to whoever looks, by whichever way they came."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from threading import Thread
from typing import Final, TypeAlias

from digitd.foreign import ForeignError
from digitd.monitor.gallery import Gallery
from digitd.monitor.tap import Question, Tap
from digitd.monitor.viewers import Viewer
from digitd.monitor.wire import asked

Way: TypeAlias = AbstractAsyncContextManager[None]
"""By which somebody may come to look, as long as it is entered."""

EVERY_S: Final = 0.04
"""So often whoever looks is told what is new: 25 times a second."""

UNWATCHED_EVERY_S: Final = 0.5
"""So often utterances are collected while nobody looks; it keeps audio no longer than that."""

END_WITHIN_S: Final = 0.4
"""Somebody who dawdles does not hold up the end of the process."""


@contextmanager
def watching(gallery: Gallery, ways: Sequence[Way]) -> Iterator[None]:
    """Let people look in a thread of its own, as long as the block lasts."""
    ending: Future[None] = Future()
    thread = Thread(target=lambda: asyncio.run(_live(gallery, ways, ending)), name="monitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set_result(None)
        thread.join(END_WITHIN_S)


async def _live(gallery: Gallery, ways: Sequence[Way], ending: Future[None]) -> None:
    """Hand on what is new until the end is asked for."""
    over = asyncio.wrap_future(ending)
    async with AsyncExitStack() as stack:
        for way in ways:
            await stack.enter_async_context(way)
        while not over.done():
            gallery.hand_on()
            await asyncio.wait([over], timeout=EVERY_S if gallery.viewers else UNWATCHED_EVERY_S)


def refused(message: str | bytes, viewer: Viewer, tap: Tap) -> str | None:
    """Pass a question on; say why not where it cannot be."""
    try:
        question = asked(message)
    except ForeignError:
        return "not understood"
    wanted = Question(viewer.number, question.number, question.topic, question.payload)
    return None if tap.ask(wanted) else "too many questions"
