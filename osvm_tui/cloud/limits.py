"""`Limiter`: how many requests a second and at once one client sends, and whose go first. Knows no cloud.

Our own, because the SDK's limiter saves idle time up and lets bursts through. Time comes from outside.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count


class Priority(IntEnum):
    """Who goes first."""

    OPERATOR = 0
    POLL = 1


class TokenBucket:
    """`rate` tokens a second, at most `burst` saved up."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, max(1.0, burst), clock
        self._tokens, self._at = self._burst, clock()

    def wait_s(self) -> float:
        """Return the seconds until a token is there; 0 when there is one now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens >= 1.0 - 1e-9 else (1.0 - self._tokens) / self._rate

    def take(self) -> None:
        """Take one token."""
        self._tokens -= 1.0


class Limiter:
    """A rate and a concurrency limit with two priorities. One place at a time stays free of polling.

    `rate` in requests a second, `concurrency` at once. Not for use from more than one loop.
    """

    def __init__(
        self,
        *,
        rate: float = 20.0,
        burst: float = 20.0,
        concurrency: int = 6,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.concurrency = max(1, concurrency)
        self._bucket = TokenBucket(rate, burst, clock)
        self._sleep = sleep
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._order = count()
        self._running = 0
        self._pump: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def slot(self, priority: Priority) -> AsyncIterator[None]:
        """Hold one place while the body runs; waits for rate and concurrency, operators first."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), turn))
        self._start()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._running -= 1
        self._start()

    def _start(self) -> None:
        if (self._pump is None or self._pump.done()) and self._head() is not None:
            self._pump = asyncio.get_running_loop().create_task(self._let_in())

    async def _let_in(self) -> None:
        while self._head() is not None:
            wait = self._bucket.wait_s()
            if wait > 0:
                await self._sleep(wait)
                continue
            self._bucket.take()
            _, _, turn = heapq.heappop(self._waiting)
            self._running += 1
            turn.set_result(None)

    def _head(self) -> asyncio.Future[None] | None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        if not self._waiting or self._running >= self._places(self._waiting[0][0]):
            return None
        return self._waiting[0][2]

    def _places(self, priority: Priority) -> int:
        return self.concurrency if priority is Priority.OPERATOR else max(1, self.concurrency - 1)
