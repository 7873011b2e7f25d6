"""The ASGI half of the HTTP face: one endpoint, and a server whose connections an endpoint can hang up.

Loaded late, because it imports starlette and uvicorn. Knows requests, replies and fates, no service.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from osvm_tui.cloud.mock.request import SimReply, SimRequest

if TYPE_CHECKING:
    from osvm_tui.cloud.mock.simulator import Simulator

_HANG_UP = "hang_up"
_KEEP_ALIVE_S = 75
_TICK_S = 0.1
_GRACE_S = 1.0
_DIRECT = ("identity", "image", "network", "volume")
_BODILESS = (204, 304)


def application(simulator: Simulator) -> Starlette:
    """Return the ASGI application that answers for the simulator."""
    return Starlette(routes=[Route("/{path:path}", _Endpoint(simulator))])


def server_for(simulator: Simulator, on_ready: Callable[[], object]) -> FaceServer:
    """Return a server to be run on a bound socket; `on_ready` is called once it accepts connections."""
    config = uvicorn.Config(
        application(simulator),
        http=_HangUpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    return FaceServer(config, on_ready)


def routed(path: str) -> tuple[str, str]:
    """Return the service and the path below its root for a path of the one port.

    The unversioned compute root is a version document; "/x" of an unknown service x is one that is not there.
    """
    service, _, rest = path.lstrip("/").partition("/")
    if service in _DIRECT:
        return service, f"/{rest}"
    if service == "compute" and rest.split("/", 1)[0] == "v2.1":
        return service, "/" + rest.removeprefix("v2.1").lstrip("/")
    return "versions", path if service != "compute" or rest else "/compute"


class _Endpoint:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request(scope, await _body(receive))
        reply = await run_in_threadpool(self._simulator.handle, request)
        if reply.delay_s > 0:
            await asyncio.sleep(reply.delay_s)
        if reply.fate == "answer":
            await _start(reply, send)
            await send({"type": "http.response.body", "body": reply.body})
            return
        if reply.fate == "cut" and reply.body:
            await _start(reply, send)
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope, receive)


class _HangUpProtocol(H11Protocol):
    """Let an endpoint close its connection: requests find the means in their scope's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # asyncio leaves Nagle on for sockets without an explicit protocol number: 40 ms on every reply.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, _HANG_UP: transport.close}
        super().connection_made(transport)


class FaceServer(uvicorn.Server):
    """A server that ends as soon as it is told to and has given the answers that it owes."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._told = asyncio.Event()

    def stop(self) -> None:
        """End the server, from another thread."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._told.set)

    async def startup(self, sockets: list[Any] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        if self.started:
            self._on_ready()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_S)

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.005)
        for task in self.server_state.tasks:
            task.cancel()


def _request(scope: Scope, body: bytes) -> SimRequest:
    service, path = routed(scope["path"])
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host") or "{}:{}".format(*scope["server"])
    return SimRequest(
        service=service,
        method=scope["method"].upper(),
        path=path,
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=body,
        base_url=f"{scope['scheme']}://{host}",
    )


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _start(reply: SimReply, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if reply.status not in _BODILESS:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    hang_up = scope.get("state", {}).get(_HANG_UP)
    if hang_up is None:
        raise RuntimeError("this server cannot close a connection without a reply")
    hang_up()
    while (await receive())["type"] != "http.disconnect":
        continue
