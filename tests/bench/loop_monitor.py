"""Watches an event loop from inside its process: when it did not come round, and which callback held it up."""

from __future__ import annotations

import asyncio
import time
from asyncio import events
from typing import Any

TICK_S = 0.005
_WORTH_S = 0.010
Stall = tuple[float, float]
"""When it ended (`time.perf_counter`) and how many milliseconds it took."""


class LoopMonitor:
    """Ticks on every loop of this process; must be installed before the loop runs."""

    def __init__(self) -> None:
        self.stalls: list[Stall] = []
        self.callbacks: list[tuple[float, float, float, str]] = []
        """Single callbacks: when they ended, milliseconds on the clock, milliseconds of CPU, and what they were."""

    def install(self) -> None:
        """Let every loop that runs from now on tick, and time its callbacks."""
        run_forever, run = asyncio.BaseEventLoop.run_forever, events.Handle._run
        monitor = self

        def ticking(loop: asyncio.BaseEventLoop) -> None:
            loop.call_soon(monitor._tick, loop, time.perf_counter())
            run_forever(loop)

        def timed(handle: events.Handle) -> None:
            began, worked = time.perf_counter(), time.thread_time()
            run(handle)
            ended, took = time.perf_counter(), time.thread_time() - worked
            if ended - began > _WORTH_S:
                monitor.callbacks.append((ended, (ended - began) * 1000, took * 1000, _named(handle)))

        asyncio.BaseEventLoop.run_forever = ticking  # type: ignore[method-assign, assignment]
        events.Handle._run = timed  # type: ignore[method-assign, assignment]

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = time.perf_counter()
        if now - due > _WORTH_S:
            self.stalls.append((now, (now - due) * 1000))
        loop.call_later(TICK_S, self._tick, loop, now + TICK_S)


def _named(handle: Any) -> str:
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return f"task {owner.get_name()}: {_innermost(owner)}"
    return f"callback {getattr(callback, '__qualname__', repr(callback))[:120]} {type(owner).__name__}"


def _innermost(task: asyncio.Task[Any]) -> str:
    coroutine: Any = task.get_coro()
    names: list[str] = []
    while coroutine is not None and len(names) < 12:
        names.append(getattr(coroutine, "__qualname__", type(coroutine).__name__))
        coroutine = getattr(coroutine, "cr_await", None)
    return " > ".join(names)
