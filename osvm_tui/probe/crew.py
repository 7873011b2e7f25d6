"""`Crew`: a bounded number of threads for blocking calls to many machines. Knows no machine.

Calls take turns, so that work for hundreds of machines does not crowd the event loop out of the interpreter. A call
that takes long does so because its machine is silent: it gives its turn to the next one and keeps only its thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Crew:
    """At most `threads` threads, started when they are first needed, of which `turns` work at one time.

    They are daemons: a call that hangs must not keep a finished console from ending.
    """

    def __init__(self, threads: int, turns: int, name: str, *, slow_s: float = 0.25) -> None:
        self._name, self._slow_s = name, slow_s
        self._free, self._turns = asyncio.Semaphore(threads), asyncio.Semaphore(turns)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._busy = 0

    @property
    def busy(self) -> int:
        """How many threads are at work."""
        return self._busy

    async def run(self, call: Callable[[], T], within_s: float, give_up: Callable[[], None]) -> T:
        """Run a blocking call on a thread and return its result, or raise what it raises.

        Raises TimeoutError when it did not end `within_s` seconds of its beginning. Then, and when the asker is
        cancelled, `give_up` is called: it must make the call end soon, and must not block.
        """
        await self._free.acquire()
        try:
            await self._turns.acquire()
        except asyncio.CancelledError:
            self._free.release()
            raise
        turn = _Turn(self._turns)
        slow = asyncio.get_running_loop().call_later(self._slow_s, turn.end)
        future = self._begin(call)
        try:
            done, _ = await asyncio.wait({future}, timeout=within_s)
            if done:
                return future.result()
            raise TimeoutError
        finally:
            slow.cancel()
            turn.end()
            if not future.done():
                # Nobody waits for it any more, and what it will raise shall not be complained about.
                future.add_done_callback(lambda gone: gone.cancelled() or gone.exception())
                give_up()

    def close(self) -> None:
        """Let every thread end after what it is doing."""
        for _ in self._threads:
            self._jobs.put(None)
        self._threads.clear()

    def _begin(self, call: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(self._ended)
        self._busy += 1
        if self._busy > len(self._threads):
            thread = Thread(target=_work, args=(self._jobs,), name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put((loop, future, call))
        return future

    def _ended(self, _: object) -> None:
        self._busy -= 1
        self._free.release()


class _Turn:
    """One of the turns, given back once."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns: asyncio.Semaphore | None = turns

    def end(self) -> None:
        if self._turns is not None:
            self._turns.release()
            self._turns = None


def _work(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        loop, future, call = job
        try:
            result, error = call(), None
        except BaseException as caught:
            result, error = None, caught
        try:
            loop.call_soon_threadsafe(_settle, future, result, error)
        except RuntimeError:
            # The loop was closed meanwhile: nobody is left to hear the outcome.
            return
        del job, loop, future, call, result, error


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
