"""Lists of more than one page: VMs with details, VM ids, every catalog. The page size follows the cloud's speed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Raw, Struct
from msgspec.structs import replace

from osvm_tui.cloud.base import VmPage
from osvm_tui.cloud.exchange import Exchange
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.servers import ServerPage, VmDecoder, ids
from osvm_tui.cloud.wire.times import nova_time

Row = TypeVar("Row", bound=Struct)
_ID_PAGE = 1000
_LIST_S = 60.0


class PageSize:
    """How many VMs to ask for at once: between `least` and `most`, so that a page takes 0.3 to 1 s."""

    FAST_S, AIM_S, SLOW_S = 0.3, 0.6, 1.0

    def __init__(self, start: int = 200, least: int = 100, most: int = 1000) -> None:
        self.rows, self._least, self._most = start, least, most

    def learn(self, rows_seen: int, seconds: float) -> None:
        """Take one page's figures in. A short page says nothing about a full one."""
        if rows_seen < self.rows // 2 or self.FAST_S <= seconds <= self.SLOW_S:
            return
        wanted = self.rows * self.AIM_S / max(seconds, 0.01)
        calm = min(max(wanted, self.rows / 2), self.rows * 2.5)
        self.rows = int(min(max(calm, self._least), self._most))


async def vm_pages(
    exchange: Exchange,
    decoder: VmDecoder,
    base: rows.Query,
    version: tuple[int, int],
    size: PageSize,
    since: datetime | None,
) -> AsyncIterator[VmPage]:
    """Yield VM pages to the end. Every page after the first is asked for as the cloud's next link says."""
    query = (*base, ("changes-since", nova_time(since))) if since else base
    more: rows.Query = ()
    while True:
        asked = (*(_without_limit(more) or query), ("limit", str(size.rows)))
        call = Call(
            service="compute",
            method="GET",
            path="/servers/detail",
            query=asked,
            microversion=version,
            timeout_s=_LIST_S,
        )
        began = exchange.clock()
        reply = await exchange.send(call)
        size_seconds = exchange.clock() - began
        page: ServerPage = await exchange.decode(decoder.page, call, reply)
        size.learn(page.rows, size_seconds)
        more = page.next_query if page.rows else ()
        yield VmPage(page.vms, page.gone, exchange.server_time(reply), last=not more)
        if not more:
            return


async def vm_ids(exchange: Exchange, base: rows.Query, version: tuple[int, int]) -> AsyncIterator[tuple[str, ...]]:
    """Yield pages of ids to the end."""
    query: rows.Query = base
    while True:
        asked = (*_without_limit(query), ("limit", str(_ID_PAGE)))
        call = Call(
            service="compute", method="GET", path="/servers", query=asked, microversion=version, timeout_s=_LIST_S
        )
        found, query = await exchange.decode(ids, call, await exchange.send(call))
        yield found
        if not query or not found:
            return


async def catalog(exchange: Exchange, call: Call, key: str, kind: type[Row]) -> list[Row]:
    """Return all rows of a list under `key`, following next links to the end."""
    found: list[Row] = []
    for members in await members_of(exchange, call, key):
        found += await exchange.off_loop(partial(rows.many_in_turns, members, kind))
    return found


async def members_of(exchange: Exchange, call: Call, key: str) -> list[Raw]:
    """Return what stands under `key` in every page of a list, not decoded yet."""
    found: list[Raw] = []
    while True:
        reply = await exchange.send(call)
        members, more = await exchange.decode(lambda body: _catalog_page(body, key), call, reply)
        found.append(members)
        if not more or bytes(members) == b"[]":
            return found
        call = replace(call, query=more)


def _catalog_page(body: bytes, key: str) -> tuple[Raw, rows.Query]:
    members = rows.parts(body)
    return members.get(key, Raw(b"[]")), rows.next_query(members, key)


def _without_limit(query: rows.Query) -> rows.Query:
    return tuple(pair for pair in query if pair[0] != "limit")
