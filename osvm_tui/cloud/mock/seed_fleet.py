"""The seeded fleet: which VMs, of which role, in which state, with ports, floating IPs, images and history."""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from random import Random
from typing import Any

import msgspec

from osvm_tui.cloud.mock import floating_ips, history, port_records
from osvm_tui.cloud.mock.accounts import PROJECTS, USERS
from osvm_tui.cloud.mock.images import snapshot
from osvm_tui.cloud.mock.names import DESCRIPTIONS, ROLES, SETTLED, STATES, Role
from osvm_tui.cloud.mock.seed_catalog import HOSTS, YEAR_S, Things
from osvm_tui.cloud.mock.seed_ids import uuid_of
from osvm_tui.cloud.mock.seed_states import MAKERS, Draft
from osvm_tui.cloud.mock.server import Disk, Flavor, Moment, Nic, Server

Thing = dict[str, Any]
Action = tuple[str, float, str, Thing]
OWNERS = {"demo": "demo", "ops": "operator", "web": "operator", "batch": "operator"}


class FleetSeed:
    """Makes servers one by one and adds what belongs to them to `things`."""

    def __init__(self, rng: Random, things: Things, start: float) -> None:
        self._rng = rng
        self._things = things
        self._start = start
        self._named: Counter[str] = Counter()
        self._next_ip: Counter[str] = Counter()
        self.servers: list[Server] = []
        self.actions: list[Action] = []
        self._flavors = {row["name"]: msgspec.convert(row, Flavor, strict=False) for row in things["flavor"].values()}
        self._images = {row["name"]: key for key, row in things["image"].items()}
        self._groups = {(row["project_id"], row["name"]): key for key, row in things["security_group"].items()}
        self._networks = {row["project_id"]: row for row in things["network"].values() if not row["router:external"]}
        self._subnets = {row["network_id"]: row for row in things["subnet"].values()}
        self._public = next(row for row in things["network"].values() if row["router:external"])

    def make(self, count: int) -> None:
        """Make `count` servers: first those that show every state, then settled ones."""
        settled = [state for state, weight in SETTLED for _ in range(weight)]
        weighted = [role for role in ROLES for _ in range(role.weight)]
        for place in range(count):
            role = ROLES[place % len(ROLES)] if place < len(ROLES) else self._rng.choice(weighted)
            state = STATES[place] if place < len(STATES) else self._state(count, settled)
            self._one(role, state)
        self.servers.sort(key=lambda server: (server.created, server.id))
        for number, server in enumerate(self.servers, 1):
            server.number = number

    def _state(self, count: int, settled: list[str]) -> str:
        if count > 500:
            chance = self._rng.random()
            if chance < 0.002:
                return "error"
            if chance < 0.0025:
                return "snapshot"
        return self._rng.choice(settled)

    def _one(self, role: Role, state: str) -> None:
        server, base = self._blank(role, state)
        draft = Draft(server, base, self._rng, self._start)
        draft.did = [("create", server.created, base.launched_at, "")]
        draft.other_host = self._rng.choice([host for host in HOSTS[:-1] if host != base.host])
        MAKERS[state](draft)
        if state == "bfv":
            server.disks = [Disk(uuid_of(self._rng), "", "", "", dies=True, boot=True)]
        self._wire(server, role, server.line[-1])
        if state in ("shelved_offloaded", "shelved", "snapshot"):
            self._snapshot(server, state)
        self._record(draft)
        self.servers.append(server)

    def _blank(self, role: Role, state: str) -> tuple[Server, Moment]:
        rng = self._rng
        self._named[role.name] += 1
        name = f"{role.name}-{self._named[role.name]:02d}"
        age = 10 ** rng.uniform(math.log10(7200), math.log10(2 * YEAR_S))
        created = self._start - age
        launched = created + rng.uniform(5, 14)
        flavor, user = self._flavors[role.flavor], OWNERS[role.project]
        base = Moment(
            at=launched,
            flavor=flavor,
            vm_state="active",
            power_state=1,
            host=rng.choice(HOSTS[:-1]),
            image=self._images[role.image],
            launched_at=launched,
        )
        keys = [key["name"] for key in self._things["keypair"].values() if key["user_id"] == USERS[user].id]
        metadata = {"role": role.name} | ({"env": "production"} if "production" in role.tags else {})
        server = Server(
            id=uuid_of(rng),
            number=0,
            name=name,
            project=PROJECTS[role.project].id,
            user=USERS[user].id,
            created=created,
            line=[base],
            hostname=name,
            reservation=f"r-{rng.getrandbits(40):010x}"[:10],
            description=rng.choice(DESCRIPTIONS),
            key_name=rng.choice(keys) if rng.random() < 0.9 else None,
            metadata=metadata,
            tags=sorted(role.tags),
            security_groups=[role.group] if role.group == "default" else sorted({role.group, "default"}),
            config_drive=rng.random() < 0.1,
        )
        return server, base

    def _wire(self, server: Server, role: Role, last: Moment) -> None:
        if last.deleted or (last.vm_state == "error" and last.launched_at is None):
            return
        network = self._networks[server.project]
        subnet = self._subnets[network["id"]]
        key, address = uuid_of(self._rng), self._address(subnet)
        groups = [self._groups[server.project, name] for name in server.security_groups]
        mac = port_records.mac_of(key)
        port = port_records.port_record(key, server.project, subnet, address, mac, groups, server.created)
        port |= {"device_id": server.id, "device_owner": "compute:nova", "status": "ACTIVE"}
        self._things["port"][key] = port
        floating = None
        if role.public and last.vm_state != "building":
            floating = self._floating(server, port, address)
        server.nics = [Nic(key, network["id"], network["name"], mac, address, floating)]

    def _address(self, subnet: Thing) -> str:
        self._next_ip[subnet["id"]] += 1
        first = int(ipaddress.ip_address(subnet["allocation_pools"][0]["start"]))
        return str(ipaddress.ip_address(first + 8 + self._next_ip[subnet["id"]]))

    def _floating(self, server: Server, port: Thing, fixed: str) -> str | None:
        if len(self._things["floatingip"]) > 3000:
            return None
        address = self._address(self._subnets[self._public["id"]])
        key = uuid_of(self._rng)
        row = floating_ips.record(key, server.project, self._public["id"], address, server.created + 30)
        router = next(r for r in self._things["router"].values() if r["project_id"] == server.project)
        details = {name: port[name] for name in ("name", "network_id", "mac_address", "admin_state_up", "status")}
        details |= {"device_id": server.id, "device_owner": port["device_owner"]}
        row |= {"port_id": port["id"], "fixed_ip_address": fixed, "router_id": router["id"]}
        self._things["floatingip"][key] = row | {"port_details": details, "status": "ACTIVE"}
        return address

    def _snapshot(self, server: Server, state: str) -> None:
        key, moment = uuid_of(self._rng), server.line[0]
        name = f"{server.name}-shelved" if state != "snapshot" else f"{server.name}-before-upgrade"
        line = [moment.at - 30, moment.at - 5] if state != "snapshot" else [moment.at + 3, server.line[-1].at]
        self._things["image"][key] = snapshot(server, moment, key, name, line[0] - 5, line)

    def _record(self, draft: Draft) -> None:
        server = draft.server
        for action, start, end, failure in draft.did:
            request = f"req-{uuid_of(self._rng)}"
            host = server.line[0].host or draft.base.host if failure != "No valid host was found. " else None
            record = history.action_record(request, server.user, server.project, action, start, end, host, failure)
            self.actions.append((server.id, start, request, record))
