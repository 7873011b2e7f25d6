"""Rate, concurrency and priority of one client's requests; no real time passes."""

from __future__ import annotations

import asyncio

import pytest

from osvm_tui.cloud.limits import Limiter, Priority, TokenBucket
from tests.unit.cloud.scripted import Hourglass


def limiter(glass: Hourglass, **limits: float) -> Limiter:
    return Limiter(clock=lambda: glass.seconds, sleep=glass.sleep, **limits)  # type: ignore[arg-type]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_idle_time_is_not_saved_up_beyond_the_burst() -> None:
    glass = Hourglass()
    bucket = TokenBucket(5.0, 2.0, lambda: glass.seconds)
    glass.seconds += 3600
    for _ in range(2):
        assert bucket.wait_s() == 0
        bucket.take()
    assert bucket.wait_s() == pytest.approx(0.2)


async def test_requests_beyond_the_burst_come_at_the_rate() -> None:
    glass = Hourglass()
    limits = limiter(glass, rate=10.0, burst=1.0)
    for _ in range(21):
        async with limits.slot(Priority.POLL):
            pass
    assert glass.seconds - 1000.0 == pytest.approx(2.0)


async def test_one_place_stays_free_of_polling() -> None:
    limits = limiter(Hourglass(), rate=1000.0, burst=1000.0, concurrency=3)
    gate, inside = asyncio.Event(), []

    async def hold(priority: Priority) -> None:
        async with limits.slot(priority):
            inside.append(priority)
            await gate.wait()

    tasks = [asyncio.create_task(hold(Priority.POLL)) for _ in range(4)]
    await settle()
    assert inside == [Priority.POLL] * 2
    tasks.append(asyncio.create_task(hold(Priority.OPERATOR)))
    await settle()
    assert inside == [Priority.POLL, Priority.POLL, Priority.OPERATOR]
    gate.set()
    await asyncio.gather(*tasks)
    assert len(inside) == 5


async def test_an_operator_goes_before_polls_that_came_earlier() -> None:
    limits = limiter(Hourglass(), rate=1000.0, burst=1000.0, concurrency=1)
    gate, order = asyncio.Event(), []

    async def pass_through(name: str, priority: Priority) -> None:
        async with limits.slot(priority):
            order.append(name)
            await gate.wait()

    tasks = [asyncio.create_task(pass_through("first", Priority.POLL))]
    await settle()
    tasks += [asyncio.create_task(pass_through(f"poll {n}", Priority.POLL)) for n in range(3)]
    tasks.append(asyncio.create_task(pass_through("operator", Priority.OPERATOR)))
    await settle()
    gate.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "operator", "poll 0", "poll 1", "poll 2"]


async def test_who_gives_up_waiting_takes_no_place() -> None:
    limits = limiter(Hourglass(), rate=1000.0, burst=1000.0, concurrency=1)
    gate, order = asyncio.Event(), []

    async def pass_through(name: str) -> None:
        async with limits.slot(Priority.OPERATOR):
            order.append(name)
            await gate.wait()

    first, second, third = (asyncio.create_task(pass_through(name)) for name in "abc")
    await settle()
    second.cancel()
    await settle()
    gate.set()
    await asyncio.gather(first, third)
    assert order == ["a", "c"]


async def test_an_error_inside_gives_the_place_back() -> None:
    limits = limiter(Hourglass(), rate=1000.0, burst=1000.0, concurrency=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with limits.slot(Priority.POLL):
                raise ZeroDivisionError
