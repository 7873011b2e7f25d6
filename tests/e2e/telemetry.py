"""What a real Gnocchi needs around it: a Keystone that sends clients to it, and a Ceilometer that fills it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import requests

from tests.e2e.consoles import eventually

DISK = ("disk.device.read.bytes", "disk.device.write.bytes", "disk.device.read.requests", "disk.device.write.requests")
NIC = ("network.incoming.bytes", "network.outgoing.bytes", "network.incoming.packets", "network.outgoing.packets")
ADMIN = "ceilometer:service:admin"
"""A token as `.ci/gnocchi_api.py` takes it: user, project and roles."""
_TEXT = {"type": "string", "min_length": 0, "max_length": 255, "required": True}
_KINDS: dict[str, Mapping[str, object]] = {
    "instance": dict.fromkeys(("flavor_id", "host", "display_name"), _TEXT),
    "instance_disk": {"name": _TEXT, "instance_id": {"type": "uuid", "required": True}},
    "instance_network_interface": {"name": _TEXT, "instance_id": {"type": "uuid", "required": True}},
}
_POLICIES = {
    "ceilometer-low": (["mean"], [("5 minutes", "30 days")]),
    "ceilometer-low-rate": (["mean", "rate:mean"], [("5 minutes", "30 days")]),
    "own-high": (["mean"], [("1 second", "1 hour"), ("1 minute", "1 day"), ("1 hour", "365 days")]),
}
Curves = Mapping[str, Callable[[float], float]]
"""Values by metric, at seconds since 1970."""


class Ceilometer:
    """Makes resource types, archive policies, resources and measures as Ceilometer's defaults do."""

    def __init__(self, gnocchi: str) -> None:
        self._gnocchi = gnocchi

    def prepare(self) -> None:
        """Make types and policies that are not there yet."""
        for name, attributes in _KINDS.items():
            self._post("/v1/resource_type", {"name": name, "attributes": attributes})
        for name, (methods, definition) in _POLICIES.items():
            archives = [{"granularity": grain, "timespan": span} for grain, span in definition]
            policy = {"name": name, "back_window": 0, "aggregation_methods": methods, "definition": archives}
            self._post("/v1/archive_policy", policy)

    def vm(self, project: str, polls: list[float], told: Curves, *, cpu_policy: str = "ceilometer-low-rate") -> str:
        """Poll a new VM with a disk and an interface at `polls`, seconds since 1970; return its id.

        A metric that `told` does not tell is there without a value.
        """
        vm_id = str(uuid.uuid4())
        plain = {"flavor_id": "1", "host": "compute-1", "display_name": "web"}
        self._resource(vm_id, "instance", vm_id, project, plain, polls, told, {
            "cpu": cpu_policy, **dict.fromkeys(("memory", "memory.usage", "vcpus", "disk.root.size"), "ceilometer-low"),
        })  # fmt: skip
        for kind, device, names in (("instance_disk", "vda", DISK), ("instance_network_interface", "tap1", NIC)):
            policies = dict.fromkeys(names, "ceilometer-low-rate")
            part = {"name": device, "instance_id": vm_id}
            self._resource(f"{vm_id}-{device}", kind, vm_id, project, part, polls, told, policies)
        eventually(self._processed, "every measure is processed")
        return vm_id

    def _resource(
        self, name: str, kind: str, vm_id: str, project: str, more: Mapping[str, str], polls: list[float], told: Curves,
        policies: Mapping[str, str],
    ) -> None:  # fmt: skip
        metrics = {metric: {"archive_policy_name": policy} for metric, policy in policies.items()}
        self._post(
            f"/v1/resource/{kind}", {"id": name, "project_id": project, "user_id": "u", **more, "metrics": metrics}
        )
        measures = {
            metric: [{"timestamp": at, "value": told[metric](at)} for at in polls]
            for metric in metrics
            if metric in told
        }
        self._post("/v1/batch/resources/metrics/measures", {name: measures})

    def _post(self, path: str, body: object) -> None:
        answer = requests.post(
            self._gnocchi + path, data=msgspec.json.encode(body), timeout=30,
            headers={"X-Auth-Token": ADMIN, "Content-Type": "application/json", "Accept": "application/json"},
        )  # fmt: skip
        assert answer.ok or answer.status_code == 409, f"{path}: {answer.status_code} {answer.text[:500]}"

    def _processed(self) -> bool:
        told = requests.get(f"{self._gnocchi}/v1/status", headers={"X-Auth-Token": ADMIN}, timeout=30).json()
        return bool(told["storage"]["summary"]["measures"] == 0)


@contextmanager
def keystone(gnocchi: str) -> Iterator[str]:
    """Serve logins on loopback, with a catalog of a bare compute service and of Gnocchi; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, name = ("v2.1", "v2.1") if self.path.startswith("/v2.1") else ("v3", "v3.14")
            links = [{"rel": "self", "href": f"{address}/{kind}/"}]
            self._say(200, {"version": {"id": name, "status": "stable", "links": links}}, "")

        def do_POST(self) -> None:
            asked = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))["auth"]
            user, project = asked["identity"]["password"]["user"]["name"], asked["scope"]["project"]["name"]
            self._say(201, {"token": _token(user, project, address, gnocchi)}, f"{user}:{project}:member")

        def _say(self, status: int, body: object, token: str) -> None:
            data = msgspec.json.encode(body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            if token:
                self.send_header("X-Subject-Token", token)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()


def _token(user: str, project: str, address: str, gnocchi: str) -> dict[str, object]:
    def named(name: str) -> dict[str, object]:
        return {"id": name, "name": name, "domain": {"id": "default", "name": "Default"}}

    def service(kind: str, url: str) -> dict[str, object]:
        place = {"id": kind, "interface": "public", "region": "R", "region_id": "R", "url": url}
        return {"id": kind, "type": kind, "name": kind, "endpoints": [place]}

    now = datetime.now(UTC)
    return {
        "user": named(user), "project": named(project), "roles": [{"id": "member", "name": "member"}],
        "methods": ["password"], "issued_at": f"{now:%Y-%m-%dT%H:%M:%S}.000000Z",
        "expires_at": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000000Z",
        "catalog": [service("compute", f"{address}/v2.1"), service("metric", gnocchi)],
    }  # fmt: skip
