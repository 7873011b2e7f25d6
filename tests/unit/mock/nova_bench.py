"""A simulated cloud with VMs placed in any state, and short ways to ask its Nova, Neutron and Cinder."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from osvm_tui.cloud.mock import accounts, faults, port_records, ports
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server import Fault, Flavor, Moment, Nic, Server
from tests.unit.mock.bench_cloud import START, BenchCloud

LAUNCHED = START - 5000.0
OTHERS = {"admin": ("admin", "admin"), "own_admin": ("admin", "demo"), "reader": ("reader", "demo")}
OTHERS |= {"demo": ("demo", "demo"), "web": ("operator", "web")}
POWER = {"paused": 3, "stopped": 4, "suspended": 4, "shelved": 4, "shelved_offloaded": 4, "soft-delete": 4}


class NovaBench(BenchCloud):
    """A cloud without seeded VMs, whose Nova is asked by `nova`."""

    def __init__(self, path: Path, *, release: str = "2025.2", vms: int = 0) -> None:
        """Make the cloud at `path`."""
        super().__init__(path, vms=vms, release=release)
        self._made = 0

    def nova(self, method: str, path: str, body: Any = None, *, who: str = "demo", version: str = "2.90") -> SimReply:
        """Ask Nova as demo (a member), reader, admin, own_admin (admin in demo) or web (another project)."""
        return self._send("compute", method, path, body, who, {"openstack-api-version": f"compute {version}"})

    def neutron(self, method: str, path: str, body: Any = None, *, who: str = "demo") -> SimReply:
        """Ask Neutron."""
        return self._send("network", method, "/v2.0" + path, body, who, {})

    def cinder(self, method: str, path: str, body: Any = None, *, who: str = "demo", version: str = "") -> SimReply:
        """Ask Cinder about the account's own project."""
        headers = {"openstack-api-version": f"volume {version}"} if version else {}
        project = accounts.PROJECTS[OTHERS[who][1]].id
        return self._send("volume", method, f"/v3/{project}{path}", body, who, headers)

    def volume(self, size: int = 1, *, who: str = "demo", **more: Any) -> str:
        """Make a volume, let it become available, and return its id."""
        reply = self.cinder("POST", "/volumes", {"volume": {"name": "disk", "size": size, **more}}, who=who)
        assert reply.status == 202, reply.body
        self.settle(30)
        return str(reply.json()["volume"]["id"])

    def disk(self, volume: str, **options: Any) -> dict[str, Any]:
        """Return a volume's view; it must be there."""
        view: dict[str, Any] = self.cinder("GET", f"/volumes/{volume}", **options).json()["volume"]
        return view

    def _send(self, service: str, method: str, path: str, body: Any, who: str, headers: dict[str, str]) -> SimReply:
        plain, _, query = path.partition("?")
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        user, project = OTHERS[who]
        return self.ask(service, method, plain, user=user, project=project, body=body, query=pairs, headers=headers)

    def act(self, server_id: str, key: str, value: Any = None, **options: Any) -> SimReply:
        """Send one server action."""
        return self.nova("POST", f"/servers/{server_id}/action", {key: value}, **options)

    def show(self, server_id: str, **options: Any) -> dict[str, Any]:
        """Return a server's view; the server must be there."""
        reply = self.nova("GET", f"/servers/{server_id}", **options)
        assert reply.status == 200, reply.body
        view: dict[str, Any] = reply.json()["server"]
        return view

    def states(self, server_id: str) -> tuple[str, str, str | None, int]:
        """Return status, vm_state, task_state and power_state."""
        view = self.show(server_id)
        kept = tuple(view["OS-EXT-STS:" + name] for name in ("vm_state", "task_state", "power_state"))
        return (view["status"], *kept)

    def walk(self, server_id: str, *, seconds: float = 60.0, step: float = 0.1) -> list[str | None]:
        """Let time pass and return the task states seen, without repetitions."""
        seen = [self.states(server_id)[2]]
        for _ in range(int(seconds / step)):
            self.clock.now += step
            reply = self.nova("GET", f"/servers/{server_id}")
            if reply.status == 404:
                break
            task = reply.json()["server"]["OS-EXT-STS:task_state"]
            if task != seen[-1]:
                seen.append(task)
        return seen

    def settle(self, seconds: float = 300.0) -> None:
        """Let enough time pass for any transition to end."""
        self.clock.now += seconds

    def knobs(self, **changes: Any) -> None:
        """Turn knobs."""
        faults.set_knobs(self.path, **changes)

    def flavor(self, name: str) -> dict[str, Any]:
        """Return a flavor by name."""
        return next(row for row in self.world.things("flavor").values() if row["name"] == name)

    def image(self, name: str) -> str:
        """Return an image's id by name."""
        return next(key for key, row in self.images().items() if row["name"] == name)

    def images(self) -> dict[str, dict[str, Any]]:
        """Return Glance's images as they are now."""
        self.world.refresh()
        return self.world.images()

    def network(self, project: str = "demo") -> dict[str, Any]:
        """Return a project's own network."""
        owner = accounts.PROJECTS[project].id
        rows = self.world.things("network").values()
        return next(row for row in rows if row["project_id"] == owner and not row["router:external"])

    def create(self, name: str = "fresh", **more: Any) -> SimReply:
        """Ask for a new server."""
        body = {"name": name, "flavorRef": self.flavor("m1.small")["id"], "imageRef": self.image("debian-12")}
        networks = [{"uuid": self.network()["id"]}]
        return self.nova("POST", "/servers", {"server": {**body, "networks": networks, **more}})

    def vm(
        self,
        vm_state: str = "active",
        task_state: str | None = None,
        *,
        project: str = "demo",
        host: str | None = "compute-01",
        launched: bool = True,
        locked_by: str | None = None,
        image: str = "debian-12",
        name: str | None = None,
        **more: Any,
    ) -> str:
        """Write a server in this state, as if it had come to it long ago, and return its id."""
        self._made += 1
        with self.world.transaction():
            server_id = self.world.new_id(f"vm{self._made}")
            moment = self._moment(vm_state, task_state, host, launched, image)
            server = Server(
                id=server_id,
                number=self.world.next_number(),
                name=name or f"vm-{self._made}",
                project=accounts.PROJECTS[project].id,
                user=accounts.USERS["demo"].id,
                created=LAUNCHED - 10 + self._made,
                line=[moment],
                hostname=f"vm-{self._made}",
                security_groups=["default"],
                locked_by=locked_by,
                was=msgspec.structs.replace(moment, vm_state="active") if vm_state == "resized" else None,
                **more,
            )
            self._wire(server, project)
            self.world.save(server)
        return server_id

    def _moment(self, vm_state: str, task_state: str | None, host: str | None, launched: bool, image: str) -> Moment:
        flavor = msgspec.convert(self.flavor("m1.small"), Flavor)
        off = vm_state in ("shelved_offloaded", "building") or not launched
        return Moment(
            at=LAUNCHED,
            flavor=flavor,
            vm_state=vm_state,
            task_state=task_state,
            power_state=POWER.get(vm_state, 1) if launched else 0,
            host=None if off else host,
            image=self.image(image) if image else "",
            launched_at=LAUNCHED if launched else None,
            fault=Fault(500, "it broke", LAUNCHED, "trace") if vm_state == "error" else None,
        )

    def _wire(self, server: Server, project: str) -> None:
        network = self.network(project)
        subnet = ports.subnet_of(self.world, network["id"])
        address = port_records.free_address(self.world, subnet)
        assert address is not None
        key = self.world.new_id("port")
        rows = self.world.things("security_group").items()
        groups = [g for g, row in rows if row["project_id"] == server.project and row["name"] == "default"]
        mac = port_records.mac_of(key)
        port = port_records.port_record(key, server.project, subnet, address, mac, groups, LAUNCHED)
        self.world.put("port", key, port | {"device_id": server.id, "device_owner": "compute:nova"})
        server.nics = [Nic(key, network["id"], network["name"], mac, address)]
