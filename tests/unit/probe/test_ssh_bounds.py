"""What bounds the SSH probe: turns and threads, connections that are kept, waiting after failures."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from osvm_tui.domain.errors import ProbeFailed, ProbeNotPermitted
from osvm_tui.probe.backoff import FIRST_S, LONGEST_S, REFUSED_S, Backoff
from osvm_tui.probe.crew import Crew
from osvm_tui.probe.ssh_line import Line
from osvm_tui.probe.ssh_places import Place, Places


def nothing() -> None:
    """Give nothing up."""


async def test_a_slow_call_gives_its_turn_and_keeps_its_thread() -> None:
    crew, end = Crew(2, 1, "test", slow_s=0.01), threading.Event()
    slow = asyncio.create_task(crew.run(lambda: end.wait(10), 5, nothing))
    await asyncio.sleep(0)
    assert await crew.run(lambda: 7, 5, nothing) == 7
    assert crew.busy == 1
    slow2 = asyncio.create_task(crew.run(lambda: end.wait(10), 5, nothing))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(crew.run(lambda: 8, 5, nothing))
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    end.set()
    assert await waiting == 8
    assert await slow
    assert await slow2
    crew.close()


async def test_a_call_that_does_not_end_is_given_up() -> None:
    crew, end = Crew(1, 1, "test"), threading.Event()
    with pytest.raises(TimeoutError):
        await crew.run(lambda: end.wait(10), 0.01, end.set)
    assert await crew.run(threading.active_count, 5, nothing) >= 2
    with pytest.raises(ZeroDivisionError):
        await crew.run(lambda: 1 // 0, 5, nothing)
    asked = asyncio.create_task(crew.run(lambda: end.wait(10), 5, end.set))
    await asyncio.sleep(0)
    end.clear()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    crew.close()


def test_waiting_doubles_up_to_a_bound_and_ends_with_the_circumstances() -> None:
    backoff, now = Backoff(), 0.0
    for wait in (FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S, 16 * FIRST_S, LONGEST_S, LONGEST_S):
        backoff.failed(ProbeFailed("no answer"), now, "a")
        with pytest.raises(ProbeFailed):
            backoff.check(now + wait - 1, "a")
        backoff.check(now + wait - 1, "another login")
        now += wait
        backoff.check(now, "a")
    backoff.failed(ProbeNotPermitted("login refused"), now, "a")
    with pytest.raises(ProbeNotPermitted):
        backoff.check(now + REFUSED_S - 1, "a")
    backoff.worked()
    backoff.check(now, "a")


class Wire:
    """Stands where a connection would."""

    alive = True

    def close(self) -> None:
        self.alive = False


def used(places: Places[int], key: int, now: float) -> Place:
    place = places.at(key)
    place.line = place.line or cast(Line, cast(Any, Wire()))
    places.keep(place, now)
    return place


def test_those_that_are_asked_most_often_keep_their_connections() -> None:
    places: Places[int] = Places(3, idle_s=100)
    for now in (0, 60):
        kept = [used(places, key, now).line is not None for key in range(5)]
    assert kept == [True, True, True, False, False]
    assert used(places, 4, 62).line is not None
    assert places.open == 3


def test_idle_and_dead_connections_are_closed_and_forgotten() -> None:
    places: Places[int] = Places(3, idle_s=100)
    idle, dead, busy = used(places, 0, 0), used(places, 1, 150), used(places, 2, 150)
    line = idle.line
    assert dead.line is not None
    dead.line.close()
    places.sweep(160)
    assert [idle.line, dead.line] == [None, None]
    assert len(places) == 2
    assert line is not None
    assert not line.alive
    assert busy.line is not None
    places.clear()
    assert len(places) == 0
    assert used(places, 3, 200).line is not None
    gone = places.at(3)
    places.remove(3)
    gone.line = cast(Line, cast(Any, Wire()))
    places.keep(gone, 201)
    assert gone.line is None
