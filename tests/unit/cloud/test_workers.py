"""The pool of threads for blocking calls."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from osvm_tui.cloud.workers import Workers
from osvm_tui.domain.errors import Unreachable


async def test_results_and_errors_come_back() -> None:
    workers = Workers(2, "t")
    assert await workers.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)
    workers.close()


async def test_no_more_threads_than_allowed() -> None:
    workers = Workers(2, "t")
    gate, both, names = threading.Event(), threading.Event(), set()

    def hold() -> None:
        names.add(threading.current_thread().name)
        if len(names) == 2:
            both.set()
        gate.wait(10)

    tasks = [asyncio.create_task(workers.run(hold)) for _ in range(5)]
    assert await asyncio.to_thread(both.wait, 10)
    gate.set()
    await asyncio.gather(*tasks)
    assert len(names) == 2
    workers.close()


async def test_one_after_the_other_needs_one_thread() -> None:
    workers = Workers(4, "t")
    names = {await workers.run(lambda: threading.current_thread().name) for _ in range(8)}
    assert len(names) == 1
    workers.close()


async def test_giving_up_leaves_the_pool_usable() -> None:
    workers = Workers(1, "t")
    gate = threading.Event()
    task = asyncio.create_task(workers.run(lambda: gate.wait(10)))
    await asyncio.sleep(0)
    task.cancel()
    gate.set()
    assert await workers.run(lambda: "still here") == "still here"
    workers.close()
    with pytest.raises(Unreachable):
        await workers.run(lambda: 1)


def test_a_hanging_call_does_not_hold_the_process() -> None:
    program = (
        "import asyncio, threading\n"
        "from osvm_tui.cloud.workers import Workers\n"
        "async def main():\n"
        "    task = asyncio.create_task(Workers(1, 't').run(threading.Event().wait))\n"
        "    await asyncio.sleep(0)\n"
        "    task.cancel()\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=20, check=False).returncode == 0
