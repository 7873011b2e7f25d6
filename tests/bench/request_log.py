"""Notes every request of the real client from inside a console's process: its kind, time and size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from osvm_tui.cloud.transport import Call, Reply, Transport

Noted = dict[str, Any]


class RequestLog:
    """The requests of all clients whose transport was wrapped."""

    def __init__(self) -> None:
        self.requests: list[Noted] = []

    def wrap(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """Return a maker of clients whose requests are noted here."""

        def made(*arguments: Any, **named: Any) -> Any:
            client = make(*arguments, **named)
            exchange = client._exchange
            exchange._transport = _Noting(exchange._transport, self.requests)
            return client

        return made


class _Noting(Transport):
    def __init__(self, real: Transport, requests: list[Noted]) -> None:
        self._real = real
        self._requests = requests

    async def open(self) -> Any:
        began = time.perf_counter()
        login = await self._real.open()
        self._requests.append({"kind": "login", "at": began, "seconds": time.perf_counter() - began, "bytes": 0})
        return login

    async def request(self, call: Call) -> Reply:
        began = time.perf_counter()
        reply = await self._real.request(call)
        self._requests.append(
            {"kind": kind_of(call), "at": began, "seconds": time.perf_counter() - began, "bytes": len(reply.body)}
        )
        return reply

    async def close(self) -> None:
        await self._real.close()


def kind_of(call: Call) -> str:
    """Return what a request is for: delta, list, sweep, addresses, or its service and path."""
    names = {name for name, _ in call.query}
    if call.path == "/servers/detail":
        return "delta" if "changes-since" in names else "list"
    if call.path == "/servers":
        return "reach" if ("limit", "1") in call.query else "sweep"
    if call.path in ("/v2.0/ports", "/v2.0/floatingips"):
        return "addresses"
    return f"{call.method} {call.service} {call.path}"
