"""`RestCloud`: every verb of `CloudClient` over any `Transport`. Knows Nova's requests, no SDK and no simulator."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from osvm_tui.cloud import listing
from osvm_tui.cloud.base import Accepted, ApiCall, CloudClient, VmPage
from osvm_tui.cloud.exchange import Exchange, Timing
from osvm_tui.cloud.limits import Limiter, Priority
from osvm_tui.cloud.transport import Call, Login, Reply, Transport
from osvm_tui.cloud.verbs import RPC_S, VERBS
from osvm_tui.cloud.wire import catalog, history, network, orders, rows, servers
from osvm_tui.domain.catalog import (
    Flavor,
    Image,
    InstanceAction,
    KeyPair,
    Network,
    PortAddress,
    QuotaItem,
    RemoteConsole,
    SecurityGroup,
)
from osvm_tui.domain.errors import BadRequest, CloudFault, Forbidden, NotFound
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.roles import ReleaseProfile, Scope
from osvm_tui.domain.vm import Vm

Row = TypeVar("Row", bound=Struct)
PIN = (2, 95)
"""The newest microversion spoken: from 2.96 on a VM list costs the cloud one more database."""
_OPERATOR = Priority.OPERATOR


class RestCloud(CloudClient):
    """A cloud behind a transport. `all_projects` None means: if the token may."""

    simulated = False

    def __init__(
        self,
        entry: str,
        transport: Transport,
        *,
        limiter: Limiter | None = None,
        all_projects: bool | None = None,
        timing: Timing | None = None,
        page: listing.PageSize | None = None,
    ) -> None:
        timing = timing or Timing()
        limiter = limiter or Limiter(clock=timing.clock, sleep=timing.sleep)
        self.entry = entry
        self._exchange = Exchange(entry, transport, limiter, timing)
        self._exchange.on_call = self._tell
        self._wanted_reach = all_projects
        self._scope: Scope | None = None
        self._decoder = servers.VmDecoder("")
        self._size = page or listing.PageSize()
        self._addresses = network.AddressReader()
        self._version = PIN

    def _tell(self, call: ApiCall) -> None:
        if self.on_call is not None:
            self.on_call(call)

    @property
    def scope(self) -> Scope:
        if self._scope is None:
            raise CloudFault("not connected yet", entry=self.entry)
        return self._scope

    @property
    def token_expires_at(self) -> datetime | None:
        return self._exchange.token_expires_at

    async def connect(self) -> Scope:
        login = await self._exchange.open()
        self._version = min(PIN, login.max_microversion)
        reach = await self._reaches_all(login)
        self._scope = _scope(self.entry, login, reach, simulated=self.simulated)
        self._decoder = servers.VmDecoder(self._scope.endpoint)
        return self._scope

    async def _reaches_all(self, login: Login) -> bool:
        wanted = "admin" in login.roles if self._wanted_reach is None else self._wanted_reach
        if not wanted:
            return False
        try:
            await self._exchange.send(self._nova("/servers", ("all_tenants", "1"), ("limit", "1")))
        except Forbidden:
            return False
        return True

    # -- VMs ------------------------------------------------------------------

    def list_vms(self, since: datetime | None = None) -> AsyncIterator[VmPage]:
        return listing.vm_pages(self._exchange, self._decoder, self._reach(), self._version, self._size, since)

    def list_vm_ids(self) -> AsyncIterator[tuple[str, ...]]:
        return listing.vm_ids(self._exchange, self._reach(), self._version)

    async def list_addresses(self) -> tuple[PortAddress, ...]:
        own = () if self.scope.all_projects else (("project_id", self.scope.project_id),)
        ports = await self._members("ports", *_fields(network.PORT_FIELDS), *own)
        floating = await self._members("floatingips", *_fields(network.FLOATING_FIELDS), *own)
        return await self._exchange.off_loop(lambda: self._addresses.read(ports, floating))

    async def get_vm(self, vm_id: str) -> Vm:
        call = self._nova(f"/servers/{vm_id}")
        return await self._exchange.decode(self._decoder.one, call, await self._now(call))

    async def raw_vm(self, vm_id: str) -> bytes:
        call = self._nova(f"/servers/{vm_id}")
        return await self._exchange.decode(servers.without_secrets, call, await self._now(call))

    async def find_created(self, vm_uuid: str, name: str) -> Vm | None:
        pattern = "^" + re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", name) + "$"
        call = self._nova("/servers/detail", ("name", pattern), ("limit", "1000"))
        page = await self._exchange.decode(self._decoder.page, call, await self._now(call))
        return next((vm for vm in page.vms if dict(vm.metadata).get(orders.VM_UUID) == vm_uuid), None)

    # -- changes --------------------------------------------------------------

    async def act(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> Accepted:
        _, reply = await self._say(action_id, vm_id, params)
        return Accepted(reply.status, reply.request_id)

    async def create_vm(self, order: CreateVm) -> Accepted:
        body = msgspec.json.encode(orders.create_body(order, self._version))
        call = Call(
            service="compute", method="POST", path="/servers", body=body, microversion=self._version, timeout_s=RPC_S
        )
        reply = await self._exchange.send(call, ok=frozenset({200, 202}), priority=_OPERATOR)
        vm_id = await self._exchange.decode(history.created_id, call, reply)
        return Accepted(reply.status, reply.request_id, vm_id)

    async def _say(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> tuple[Call, Reply]:
        verb = VERBS.get(action_id)
        if verb is None:
            raise BadRequest(f"{action_id} is no action on a VM", entry=self.entry)
        try:
            call = verb.call(vm_id, params, self._version)
        except KeyError as missing:
            raise BadRequest(f"{action_id} needs {missing.args[0]}", entry=self.entry) from None
        return call, await self._exchange.send(call, ok=verb.ok, priority=_OPERATOR)

    # -- looking --------------------------------------------------------------

    async def console_output(self, vm_id: str, lines: int | None) -> str:
        call, reply = await self._say("console-output", vm_id, {"lines": lines})
        return await self._exchange.decode(history.console_output, call, reply)

    async def remote_console(self, vm_id: str, protocol: str = "vnc", kind: str = "novnc") -> RemoteConsole:
        call, reply = await self._say("remote-console", vm_id, {"protocol": protocol, "kind": kind})
        return await self._exchange.decode(history.remote_console, call, reply)

    async def instance_actions(self, vm_id: str) -> tuple[InstanceAction, ...]:
        found = await self._catalog(
            self._nova(f"/servers/{vm_id}/os-instance-actions"), "instanceActions", history.ActionRow
        )
        return tuple(row.value() for row in found)

    async def instance_action(self, vm_id: str, request_id: str) -> InstanceAction | None:
        call = self._nova(f"/servers/{vm_id}/os-instance-actions/{request_id}")
        try:
            reply = await self._now(call)
        except NotFound:
            return None
        return await self._exchange.decode(history.action, call, reply)

    # -- catalogs -------------------------------------------------------------

    async def flavors(self) -> tuple[Flavor, ...]:
        found = await self._catalog(self._nova("/flavors/detail"), "flavors", catalog.FlavorRow)
        return tuple(row.value() for row in found if row.id)

    async def images(self) -> tuple[Image, ...]:
        call = Call(service="image", method="GET", path="/v2/images", query=(("limit", "200"),))
        return tuple(row.value() for row in await self._catalog(call, "images", catalog.ImageRow) if row.id)

    async def networks(self) -> tuple[Network, ...]:
        found = await self._neutron("networks", network.NetworkRow)
        return network.networks(found, await self._neutron("subnets", network.SubnetRow))

    async def keypairs(self) -> tuple[KeyPair, ...]:
        found = await self._catalog(self._nova("/os-keypairs"), "keypairs", catalog.KeyPairRow)
        return tuple(row.value() for row in found if row.keypair.name)

    async def security_groups(self) -> tuple[SecurityGroup, ...]:
        own = ("project_id", self.scope.project_id)
        found = await self._neutron("security_groups", network.SecurityGroupRow, own, path="security-groups")
        return tuple(row.value() for row in found)

    async def quota(self) -> tuple[QuotaItem, ...]:
        call = self._nova("/limits")
        compute = await self._exchange.decode(catalog.compute_quota, call, await self._exchange.send(call))
        path = f"/v2.0/quotas/{self.scope.project_id}/details.json"
        call = Call(service="network", method="GET", path=path)
        try:
            reply = await self._exchange.send(call)
        except (NotFound, Forbidden):
            # A Neutron without the quota_details extension tells limits only, and a limit without its use misleads.
            return compute
        return (*compute, *await self._exchange.decode(catalog.network_quota, call, reply))

    async def project_names(self) -> dict[str, str]:
        own = {self.scope.project_id: self.scope.project_name}
        for path in ("/v3/projects", "/v3/auth/projects") if self.scope.all_projects else ("/v3/auth/projects",):
            try:
                return own | await self._names(path, "projects")
            except (Forbidden, NotFound):
                continue
        return own

    async def user_names(self) -> dict[str, str]:
        own = {self.scope.user_id: self.scope.user_name}
        if not self.scope.all_projects:
            return own
        try:
            return own | await self._names("/v3/users", "users")
        except (Forbidden, NotFound):
            return own

    async def close(self) -> None:
        await self._exchange.close()

    # -- requests -------------------------------------------------------------

    def _reach(self) -> rows.Query:
        return (("all_tenants", "1"),) if self.scope.all_projects else ()

    def _nova(self, path: str, *query: tuple[str, str]) -> Call:
        return Call(service="compute", method="GET", path=path, query=query, microversion=self._version)

    async def _now(self, call: Call) -> Reply:
        return await self._exchange.send(call, priority=_OPERATOR)

    async def _catalog(self, call: Call, key: str, kind: type[Row]) -> list[Row]:
        return await listing.catalog(self._exchange, call, key, kind)

    async def _neutron(self, key: str, kind: type[Row], *query: tuple[str, str], path: str = "") -> list[Row]:
        call = Call(service="network", method="GET", path=f"/v2.0/{path or key}", query=query)
        return await self._catalog(call, key, kind)

    async def _members(self, key: str, *query: tuple[str, str]) -> list[msgspec.Raw]:
        call = Call(service="network", method="GET", path=f"/v2.0/{key}", query=query)
        return await listing.members_of(self._exchange, call, key)

    async def _names(self, path: str, key: str) -> dict[str, str]:
        call = Call(service="identity", method="GET", path=path)
        return {row.id: row.name for row in await self._catalog(call, key, catalog.NameRow)}


def _fields(names: tuple[str, ...]) -> rows.Query:
    return tuple(("fields", name) for name in names)


def _scope(entry: str, login: Login, all_projects: bool, *, simulated: bool) -> Scope:
    return Scope(
        entry=entry,
        endpoint=f"{login.compute_endpoint}|{login.region}",
        region=login.region,
        project_id=login.project_id,
        project_name=login.project_name,
        user_id=login.user_id,
        user_name=login.user_name,
        roles=login.roles,
        all_projects=all_projects,
        profile=ReleaseProfile(max_microversion=login.max_microversion, services=login.services),
        simulated=simulated,
    )
