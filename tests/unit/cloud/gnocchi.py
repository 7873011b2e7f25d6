"""A Gnocchi behind a scripted endpoint: its replies are those that real ones of 4.7.1 and 4.4.2 gave, NaN and all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

import msgspec

from osvm_tui.cloud.transport import Call, Reply

VM_ID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
DISK = ("disk.device.read.bytes", "disk.device.write.bytes", "disk.device.read.requests", "disk.device.write.requests")
NIC = ("network.incoming.bytes", "network.outgoing.bytes", "network.incoming.packets", "network.outgoing.packets")
NAMES = {
    "instance": ("cpu", "memory", "memory.usage", "compute.instance.booting.time"), "instance_disk": DISK,
    "instance_network_interface": NIC,
}  # fmt: skip
_DEVICES = {"instance_disk": "vda", "instance_network_interface": "tap1"}
LOW = ((300, "0:05:00", "30 days, 0:00:00"),)
HIGH = ((1, "0:00:01", "1:00:00"), (60, "0:01:00", "1 day, 0:00:00"), (3600, "1:00:00", "365 days, 0:00:00"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLLS = tuple(NOON - timedelta(minutes=5 * n) for n in range(24, 0, -1))
"""Two hours of them."""
_CALM = {"memory": 2048.0, "memory.usage": 512.0}


def value(name: str, at: datetime) -> float:
    """Return what was polled: a core at 20 %, 10 of everything else a second."""
    passed = (at - POLLS[0]).total_seconds()
    return _CALM.get(name, 1e12 + passed * (0.2e9 if name == "cpu" else 10))


class Gnocchi:
    """One VM with a disk and an interface. `polls` are those that reached a metric, all of them unless said.

    `refuse` are the statuses of aggregates by the metrics' ids ("ids"), of resources ("kind"), of one metric ("one").
    """

    def __init__(
        self, polls: Mapping[str, Iterable[datetime]] | None = None, refuse: Mapping[str, int] | None = None,
        archives: Mapping[str, tuple[tuple[int, str, str], ...]] | None = None,
    ) -> None:  # fmt: skip
        self.polls, self.refuse, self.archives = dict(polls or {}), dict(refuse or {}), dict(archives or {})
        self.calls: list[Call] = []

    def answer(self, call: Call) -> Reply:
        """Answer one call."""
        self.calls.append(call)
        parts, query = call.path.strip("/").split("/")[1:], dict(call.query)
        match parts:
            case ["resource", "instance", vm_id] if vm_id == VM_ID:
                return reply({**self._resource("instance"), "display_name": "web", "host": "compute-1"})
            case ["resource", kind, _, "metric"] if kind in NAMES:
                return reply([self._metric(name) for name in NAMES[kind]])
            case ["search", "resource", kind]:
                assert msgspec.json.decode(call.body) == {"=": {"instance_id": VM_ID}}
                ended = {**self._resource(kind), "id": "old", "name": "old", "ended_at": "2026-02-01T00:00:00+00:00"}
                return reply([{**self._resource(kind), "name": _DEVICES[kind]}, ended])
            case ["aggregates"]:
                return self._aggregates(msgspec.json.decode(call.body), query)
            case ["metric", metric_id, "measures"]:
                return self._refused("one") or reply(self._points(metric_id, query))
        return refusal(404, "Resource does not exist")

    def _resource(self, kind: str) -> dict[str, Any]:
        return {
            "id": VM_ID if kind == "instance" else f"id-of-{kind}", "type": kind, "creator": "ceilometer:service",
            "ended_at": None, "project_id": "p1", "metrics": {name: name for name in NAMES[kind]},
        }  # fmt: skip

    def _metric(self, name: str) -> dict[str, Any]:
        kept = self.archives.get(name, LOW)
        definition = [{"granularity": grain, "timespan": span, "points": 9} for _, grain, span in kept]
        return {"id": name, "name": name, "unit": None, "archive_policy": {"name": "own", "definition": definition}}

    def _refused(self, what: str) -> Reply | None:
        status = self.refuse.get(what)
        return refusal(status, "as it was told") if status else None

    def _aggregates(self, body: Any, query: Mapping[str, str]) -> Reply:
        kind = body.get("resource_type", "")
        if refused := self._refused("kind" if kind else "ids"):
            return refused
        names = [name for name, _ in body["operations"][1:]]
        if "granularity" not in query and len({self.archives.get(name, LOW) for name in names}) > 1:
            return refusal(400, "No granularity match")
        told = {name: self._points(name, query) for name in names}
        if "fill" not in query and "needed_overlap" in query:
            moments = sorted({point[0] for points in told.values() for point in points})
            by_moment = {name: {at: number for at, _, number in points} for name, points in told.items()}
            told = {name: [[at, 300.0, one.get(at, nan)] for at in moments] for name, one in by_moment.items()}
        measures: object = {name: {"mean": points} for name, points in told.items()}
        if kind:
            (resource,) = body["search"]["in"]["id"]
            measures = {resource: measures, "another": measures}
        return Reply(200, {}, json.dumps({"measures": measures}).encode())

    def _points(self, name: str, query: Mapping[str, str]) -> list[list[Any]]:
        grain = float(query.get("granularity", self.archives.get(name, LOW)[0][0]))
        assert grain in [one for one, *_ in self.archives.get(name, LOW)], "no such granularity"
        since = datetime.fromisoformat(query["start"])
        until = datetime.fromisoformat(query.get("stop", NOON.isoformat()))
        found: dict[float, float] = {}
        for at in self.polls.get(name, POLLS):
            begin = at.timestamp() // grain * grain
            if since.timestamp() // grain * grain <= begin < until.timestamp():
                found[begin] = value(name, at)
        return [[datetime.fromtimestamp(at, UTC).isoformat(), grain, number] for at, number in sorted(found.items())]


def reply(body: Any) -> Reply:
    """Return an answer."""
    return Reply(200, {}, msgspec.json.encode(body))


def refusal(status: int, why: str) -> Reply:
    """Return an error in Gnocchi's form."""
    return Reply(status, {}, msgspec.json.encode({"code": status, "title": "An error", "description": why}))
