"""`Exchange`: one request with everything around it: limiter, time, retries of reads, errors and the call log.

Knows no verbs and no domain values; every request of a client passes through here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from osvm_tui.cloud.base import ApiCall
from osvm_tui.cloud.fault_map import fault, service_name
from osvm_tui.cloud.limits import Limiter, Priority
from osvm_tui.cloud.transport import Call, Login, Reply, Transport
from osvm_tui.cloud.wire.times import http_date
from osvm_tui.cloud.workers import Workers
from osvm_tui.domain.errors import CloudError, CloudFault, OsvmError, ReadOnly, Throttled

T = TypeVar("T")
OK = frozenset({200})
_TRIES = 4
_LONGEST_PAUSE_S = 30.0


class Timing(msgspec.Struct, frozen=True):
    """Where time comes from; replaced in tests."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Exchange:
    """Sends calls through a transport. A throttled read is repeated; a change is sent once, whatever happens.

    With `read_only` no change leaves this process: every client's every change passes through `send`.
    """

    def __init__(
        self, entry: str, transport: Transport, limiter: Limiter, timing: Timing, *, read_only: bool = False
    ) -> None:
        self.entry = entry
        self._read_only = read_only
        self.on_call: Callable[[ApiCall], None] | None = None
        self._transport = transport
        self._limiter = limiter
        self._timing = timing
        self._ahead = timedelta(0)
        self._decoders = Workers(2, "osvm-decode")

    @property
    def token_expires_at(self) -> datetime | None:
        """When the present token ends."""
        return self._transport.expires_at

    async def open(self) -> Login:
        """Log in anew; the token's time of issue tells how far the cloud's clock is from ours."""
        began = self._timing.clock()
        call = Call(service="identity", method="POST", path="/v3/auth/tokens")
        try:
            async with self._limiter.slot(Priority.OPERATOR):
                login = await self._transport.open()
        except OsvmError as error:
            self._report(call, began, None, error)
            raise self._named(error) from error.__cause__
        self._report(call, began, Reply(201, {}), None)
        if login.issued_at:
            self._ahead = login.issued_at - self._timing.now()
        return login

    async def send(self, call: Call, *, ok: frozenset[int] = OK, priority: Priority = Priority.POLL) -> Reply:
        """Send one call and return its reply; raise CloudError for every status outside `ok`."""
        if call.changes and self._read_only:
            raise ReadOnly(f"{self.entry} was opened read-only: nothing was sent", entry=self.entry)
        if call.changes:
            return await self._once(call, ok, priority)
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        retrying = AsyncRetrying(
            retry=retry_if_exception(_asked_to_wait),
            wait=_pause_s,
            stop=stop_after_attempt(_TRIES),
            sleep=self._timing.sleep,
            reraise=True,
        )
        return await retrying(self._once, call, ok, priority)

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Run work on what was decoded on a decoder's thread: ten thousand values would hold the loop up."""
        return await self._decoders.run(work)

    async def decode(self, how: Callable[[bytes], T], call: Call, reply: Reply) -> T:
        """Decode a reply's body off the loop; raise CloudFault when it is not the JSON that was asked for."""
        try:
            return await self._decoders.run(lambda: how(reply.body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CloudFault(
                f"{service_name(call.service)} answered {call.path} with something that is not its JSON",
                hint="check the endpoint and any proxy in front of it",
                entry=self.entry,
                request_id=reply.request_id,
                status=reply.status,
            ) from error

    def server_time(self, reply: Reply) -> datetime:
        """Return the cloud's time of a reply: its Date header, else our clock corrected by the login's time."""
        date = http_date(reply.headers.get("date", ""))
        return date or (self._timing.now() + self._ahead).replace(microsecond=0)

    def now(self) -> datetime:
        """Return our time."""
        return self._timing.now()

    def clock(self) -> float:
        """Return monotonic seconds."""
        return self._timing.clock()

    async def close(self) -> None:
        """Close transport and threads."""
        await self._transport.close()
        self._decoders.close()

    async def _once(self, call: Call, ok: frozenset[int], priority: Priority) -> Reply:
        async with self._limiter.slot(priority):
            began = self._timing.clock()
            reply: Reply | None = None
            error: OsvmError | None = None
            try:
                reply = await self._transport.request(call)
                if reply.status not in ok:
                    error = fault(call, reply, entry=self.entry, now=self._timing.now())
            except OsvmError as unanswered:
                error = unanswered
            self._report(call, began, reply, error)
        if error is not None or reply is None:
            raise self._named(error or CloudFault("no reply"))
        return reply

    def _report(self, call: Call, began: float, reply: Reply | None, error: OsvmError | None) -> None:
        if self.on_call is None:
            return
        self.on_call(
            ApiCall(
                entry=self.entry,
                service=call.service,
                method=call.method,
                path=call.path,
                status=reply.status if reply else 0,
                seconds=self._timing.clock() - began,
                at=self._timing.now(),
                request_id=reply.request_id if reply else "",
                error=error.detail if error else "",
            )
        )

    def _named(self, error: OsvmError) -> OsvmError:
        if isinstance(error, CloudError) and not error.entry:
            error.entry = self.entry
        return error


def _asked_to_wait(error: BaseException) -> bool:
    if isinstance(error, Throttled):
        return error.retry_after_s <= _LONGEST_PAUSE_S
    if isinstance(error, CloudFault) and error.status == 503:
        return (error.retry_after_s or 0.0) <= _LONGEST_PAUSE_S
    return False


def _pause_s(state: object) -> float:
    """Return the seconds before the next try: what the cloud said, or 0.5 s doubling, plus up to a quarter."""
    import random

    attempt: int = state.attempt_number  # type: ignore[attr-defined]
    error = state.outcome.exception()  # type: ignore[attr-defined]
    said = getattr(error, "retry_after_s", None)
    base = said if said is not None else 0.5 * 2 ** (attempt - 1)
    return float(base * (1.0 + random.random() / 4))
