"""`RestMetrics`: what Gnocchi keeps of a VM, where the catalog has a metric service."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

import msgspec

from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.wire import measures as wire
from osvm_tui.domain.errors import BadRequest, NotFound
from osvm_tui.domain.measure import Measure

_BACK = timedelta(minutes=30)
_KNOWN_S = 1800.0
"""Disks and interfaces that come later are seen after so long."""
_MOST_KNOWN = 5000
_PARTS = ("instance_disk", "instance_network_interface")


class RestMetrics(RestBase):
    """Ceilometer's metrics in Gnocchi: by default those of the token's project may be read, every 5 minutes."""

    _metric_keys: dict[str, tuple[float, dict[str, wire.MetricKey]]] | None = None
    _one_by_one = False

    async def measures(self, vm_id: str) -> tuple[Measure, ...]:
        if "metric" not in self.scope.profile.services:
            raise NotFound("this cloud has no metric service in its catalog", entry=self.entry)
        keys = await self._keys(vm_id)
        since = self._exchange.now() - _BACK
        if not self._one_by_one:
            try:
                return await self._together(keys, since)
            except (NotFound, BadRequest):
                # Gnocchi before 4.3 has no such request, and some archives cannot be put side by side.
                self._one_by_one = True
        return await self._each(keys, since)

    async def _keys(self, vm_id: str) -> dict[str, wire.MetricKey]:
        held = self._metric_keys = self._metric_keys if self._metric_keys is not None else {}
        at, keys = held.get(vm_id, (0.0, {}))
        if keys and self._exchange.clock() - at < _KNOWN_S:
            return keys
        if len(held) >= _MOST_KNOWN:
            held.clear()
        call = Call(service="metric", method="GET", path=f"/v1/resource/instance/{quote(vm_id, safe='')}")
        row = await self._exchange.decode(wire.resource, call, await self._exchange.send(call))
        found = wire.keys_of(row)
        for part in _PARTS:
            found += await self._parts(part, vm_id)
        keys = {key.id: key for key in found}
        held[vm_id] = self._exchange.clock(), keys
        return keys

    async def _parts(self, kind: str, vm_id: str) -> list[wire.MetricKey]:
        call = Call(
            service="metric", method="POST", path=f"/v1/search/resource/{kind}", looks=True,
            body=msgspec.json.encode({"=": {"instance_id": vm_id}}),
        )  # fmt: skip
        try:
            rows = await self._exchange.decode(wire.resources, call, await self._exchange.send(call))
        except NotFound:
            return []  # a Gnocchi that was never told of this kind of resource
        return [key for number, row in enumerate(rows) for key in wire.keys_of(row, row.name or f"{kind} {number}")]

    async def _together(self, keys: dict[str, wire.MetricKey], since: datetime) -> tuple[Measure, ...]:
        if not keys:
            return ()
        call = Call(
            service="metric", method="POST", path="/v1/aggregates", looks=True,
            query=(("start", since.isoformat()), ("needed_overlap", "0")),
            body=msgspec.json.encode({"operations": ["metric", *([key, "mean"] for key in keys)]}),
        )  # fmt: skip
        reply = await self._exchange.send(call)
        return tuple(await self._exchange.decode(partial(wire.aggregates, keys=keys), call, reply))

    async def _each(self, keys: dict[str, wire.MetricKey], since: datetime) -> tuple[Measure, ...]:
        found: list[Measure] = []
        for key in keys.values():
            query = (("aggregation", "mean"), ("start", since.isoformat()))
            path = f"/v1/metric/{quote(key.id, safe='')}/measures"
            call = Call(service="metric", method="GET", path=path, query=query)
            try:
                reply = await self._exchange.send(call)
            except NotFound:
                continue  # it was deleted since the resource was read
            found += await self._exchange.decode(partial(wire.measures, key=key), call, reply)
        return tuple(found)
