"""A transport that answers from a script, a clock that moves only when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from osvm_tui.cloud.exchange import Timing
from osvm_tui.cloud.transport import Call, Login, Reply, Transport

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Answer = Reply | Exception


class Hourglass:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def timing(self) -> Timing:
        return Timing(lambda: self.seconds, lambda: START + timedelta(seconds=self.seconds - 1000.0), self.sleep)


def login(**changes: object) -> Login:
    known: dict[str, object] = {
        "user_id": "u1",
        "user_name": "demo",
        "project_id": "p1",
        "project_name": "demo",
        "roles": frozenset({"member"}),
        "region": "R1",
        "compute_endpoint": "http://nova/v2.1",
        "services": frozenset({"compute", "image", "network"}),
        "max_microversion": (2, 93),
        "issued_at": START,
    }
    return Login(**(known | changes))  # type: ignore[arg-type]


class ScriptedTransport(Transport):
    """Answers each call by `answer(call)`; keeps what was asked."""

    def __init__(self, answer: Callable[[Call], Answer], who: Login | Exception | None = None) -> None:
        self.calls: list[Call] = []
        self.closed = False
        self._answer = answer
        self._who = who or login()

    async def open(self) -> Login:
        if isinstance(self._who, Exception):
            raise self._who
        return self._who

    async def request(self, call: Call) -> Reply:
        self.calls.append(call)
        answer = self._answer(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True
