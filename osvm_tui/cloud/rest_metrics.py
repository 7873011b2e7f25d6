"""`RestMetrics`: what Gnocchi keeps of a VM, where the catalog has a metric service."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import quote

import msgspec
from msgspec import Struct

from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.wire import measures as wire
from osvm_tui.cloud.wire.rows import Query
from osvm_tui.domain.errors import BadRequest, Forbidden, NotFound
from osvm_tui.domain.measure import Measure, Past

_BACK = timedelta(minutes=30)
_KNOWN_S = 1800.0
"""Disks and interfaces that come later are seen after so long."""
_MOST_KNOWN = 5000
_FINEST_S = 1
_VM = "instance"
Keys = dict[str, wire.MetricKey]
"""By the metrics' ids."""
_PARTS = ("instance_disk", "instance_network_interface")


class _Known(Struct):
    """What is known of a VM's metrics."""

    at: float
    keys: Keys
    places: list[tuple[str, str]]
    """Kind and id of the resources that have them."""
    archives: dict[str, tuple[wire.Archive, ...]] | None = None
    apart: bool = False
    """They are kept in archives that cannot be put side by side."""
    way: int = 0
    """The first of the ways to ask for several of them that this cloud does not refuse."""


class RestMetrics(RestBase):
    """Ceilometer's metrics in Gnocchi: by default those of the token's project may be read, every 5 minutes."""

    _known_metrics: dict[str, _Known] | None = None

    async def measures(self, vm_id: str, past: Past | None = None) -> tuple[Measure, ...]:
        if "metric" not in self.scope.profile.services:
            raise NotFound("this cloud has no metric service in its catalog", entry=self.entry)
        known, now = await self._known(vm_id), self._exchange.now()
        if past is None and not known.apart:
            try:
                return await self._told(known, known.keys, (("start", (now - _BACK).isoformat()),))
            except BadRequest:
                known.apart = True
        past = past or Past(now - _BACK, now, _FINEST_S)
        found: list[Measure] = []
        for grain, keys in (await self._grains(known, past)).items():
            since = past.since - timedelta(seconds=grain)
            query = (("start", since.isoformat()), ("stop", past.until.isoformat()), ("granularity", f"{grain:g}"))
            found += await self._told(known, keys, query)
        return tuple(found)

    async def _told(self, known: _Known, keys: Keys, query: Query) -> tuple[Measure, ...]:
        """Ask for several metrics in one request, or in a few, or one by one: in the first way that is not refused.

        Gnocchi before 4.7 forbids the first to all but admins and who made the metrics, before 4.3 it has neither of
        the first two, and a metric that was deleted takes the others with it. Raises BadRequest when the archives of
        metrics cannot be put side by side and none is named.
        """
        ways = (self._together, self._by_kind)
        while known.way < len(ways):
            try:
                return await ways[known.way](known, keys, query)
            except BadRequest:
                if len(query) == 1:
                    raise
            except (Forbidden, NotFound):
                pass
            known.way += 1
        return await self._each(keys, query)

    async def _known(self, vm_id: str) -> _Known:
        held = self._known_metrics = self._known_metrics if self._known_metrics is not None else {}
        known = held.get(vm_id)
        if known is not None and known.keys and self._exchange.clock() - known.at < _KNOWN_S:
            return known
        if len(held) >= _MOST_KNOWN:
            held.clear()
        call = Call(service="metric", method="GET", path=_path(_VM, vm_id))
        row = await self._exchange.decode(wire.resource, call, await self._exchange.send(call))
        keys, places = wire.keys_of(row), [(_VM, vm_id)]
        for kind in _PARTS:
            for number, part in enumerate(await self._parts(kind, vm_id)):
                if found := wire.keys_of(part, part.name or f"{kind} {number}"):
                    keys += found
                    places.append((kind, part.id))
        held[vm_id] = _Known(self._exchange.clock(), {key.id: key for key in keys}, places)
        return held[vm_id]

    async def _parts(self, kind: str, vm_id: str) -> list[wire.ResourceRow]:
        call = Call(
            service="metric", method="POST", path=f"/v1/search/resource/{kind}", looks=True,
            body=msgspec.json.encode({"=": {"instance_id": vm_id}}),
        )  # fmt: skip
        try:
            return await self._exchange.decode(wire.resources, call, await self._exchange.send(call))
        except NotFound:
            return []  # a Gnocchi that was never told of this kind of resource

    async def _archives(self, kind: str, resource_id: str) -> dict[str, tuple[wire.Archive, ...]]:
        call = Call(service="metric", method="GET", path=f"{_path(kind, resource_id)}/metric")
        try:
            return await self._exchange.decode(wire.archives, call, await self._exchange.send(call))
        except NotFound:
            return {}  # it was deleted since it was found

    async def _grains(self, known: _Known, past: Past) -> dict[float, Keys]:
        """Return which metrics to ask for how coarsely: Gnocchi puts only those of one granularity side by side."""
        if known.archives is None:
            known.archives = {}
            for place in known.places:
                known.archives |= await self._archives(*place)
        back_s = (self._exchange.now() - past.since).total_seconds()
        long_s = (past.until - past.since).total_seconds()
        found: dict[float, Keys] = {}
        for key in known.keys.values():
            grain = wire.grain_of(known.archives.get(key.id, ()), past.step_s, back_s, long_s)
            if grain is not None:
                found.setdefault(grain, {})[key.id] = key
        return found

    async def _together(self, known: _Known, keys: Keys, query: Query) -> tuple[Measure, ...]:
        if not keys:
            return ()
        call = _aggregates(query, {"operations": ["metric", *([key, "mean"] for key in keys)]})
        reply = await self._exchange.send(call)
        return tuple(await self._exchange.decode(partial(wire.aggregates, keys=keys), call, reply))

    async def _by_kind(self, known: _Known, keys: Keys, query: Query) -> tuple[Measure, ...]:
        found: list[Measure] = []
        for kind in dict.fromkeys(kind for kind, _ in known.places):
            places = {place for one, place in known.places if one == kind}
            own = [key for key in keys.values() if key.resource in places]
            if own:
                names = dict.fromkeys(key.name for key in own)
                search = {"in": {"id": sorted(places)}}
                operations = ["metric", *([name, "mean"] for name in names)]
                call = _aggregates(query, {"operations": operations, "resource_type": kind, "search": search})
                reply = await self._exchange.send(call)
                found += await self._exchange.decode(partial(wire.of_resources, keys=own), call, reply)
        return tuple(found)

    async def _each(self, keys: Keys, query: Query) -> tuple[Measure, ...]:
        found: list[Measure] = []
        for key in keys.values():
            path = f"/v1/metric/{quote(key.id, safe='')}/measures"
            call = Call(service="metric", method="GET", path=path, query=(("aggregation", "mean"), *query))
            try:
                reply = await self._exchange.send(call)
            except NotFound:
                continue  # it was deleted since the resource was read
            found += await self._exchange.decode(partial(wire.measures, key=key), call, reply)
        return tuple(found)


def _aggregates(query: Query, wanted: object) -> Call:
    # Where a metric has no value and another has, Gnocchi says NaN else, which is no JSON.
    return Call(
        service="metric", method="POST", path="/v1/aggregates", looks=True, query=(*query, ("fill", "dropna")),
        body=msgspec.json.encode(wanted),
    )  # fmt: skip


def _path(kind: str, resource_id: str) -> str:
    return f"/v1/resource/{kind}/{quote(resource_id, safe='')}"
