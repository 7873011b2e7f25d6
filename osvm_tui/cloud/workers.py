"""`Workers`: a bounded pool of threads for blocking calls. Knows no cloud.

The threads are daemons: a call that hangs in a socket must not keep a finished console from ending, as the threads of
`concurrent.futures` would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from osvm_tui.domain.errors import Unreachable

T = TypeVar("T")
Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Workers:
    """At most `count` threads, started when they are first needed."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._busy = 0
        self._closed = False

    async def run(self, function: Callable[[], T]) -> T:
        """Run `function` on a thread and return its result; giving up waiting does not stop it.

        Raises what `function` raises, and Unreachable after `close`.
        """
        if self._closed:
            raise Unreachable("this connection to the cloud was closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._busy += 1
        future.add_done_callback(self._done)
        if self._busy > len(self._threads) and len(self._threads) < self._count:
            self._start_one()
        self._jobs.put((loop, future, function))
        return await future

    def close(self) -> None:
        """Let the threads end after what they are doing; what still waits is dropped."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)

    def _done(self, _: asyncio.Future[Any]) -> None:
        self._busy -= 1

    def _start_one(self) -> None:
        thread = Thread(target=_work, args=(self._jobs,), name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()


def _work(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        loop, future, function = job
        if future.cancelled():
            continue
        try:
            result = function()
        except BaseException as error:
            _tell(loop, future, lambda f, e=error: f.set_exception(e))  # type: ignore[misc]
        else:
            _tell(loop, future, lambda f, r=result: f.set_result(r))  # type: ignore[misc]
        del job, future, function


def _tell(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], outcome: Callable[[asyncio.Future[Any]], None]
) -> None:
    def settle() -> None:
        if not future.done():
            outcome(future)

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop was closed while the call was under way: nobody is left to hear the outcome.
        return
