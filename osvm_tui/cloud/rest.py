"""`RestCloud`: every verb of `CloudClient` over any `Transport`. Knows Nova's requests, no SDK and no simulator."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial

import msgspec

from osvm_tui.cloud import listing
from osvm_tui.cloud.base import Accepted, Changed, VmPage
from osvm_tui.cloud.resource_verbs import RESOURCE_VERBS
from osvm_tui.cloud.rest_base import OPERATOR
from osvm_tui.cloud.rest_catalog import RestCatalog
from osvm_tui.cloud.rest_hosts import RestHosts
from osvm_tui.cloud.rest_metrics import RestMetrics
from osvm_tui.cloud.rest_network import RestNetwork
from osvm_tui.cloud.rest_volumes import RestVolumes
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.verbs import RPC_S
from osvm_tui.cloud.wire import history, orders, servers
from osvm_tui.domain.catalog import InstanceAction, RemoteConsole
from osvm_tui.domain.errors import BadRequest, NotFound
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.vm import Vm


class RestCloud(RestCatalog, RestNetwork, RestVolumes, RestHosts, RestMetrics):
    """A cloud behind a transport: VMs and their actions, and everything that its families know."""

    # -- VMs ------------------------------------------------------------------

    def list_vms(self, since: datetime | None = None) -> AsyncIterator[VmPage]:
        return listing.vm_pages(self._exchange, self._decoder, self._reach(), self._version, self._size, since)

    def list_vm_ids(self) -> AsyncIterator[tuple[str, ...]]:
        return listing.vm_ids(self._exchange, self._reach(), self._version)

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
        reply = await self._exchange.send(call, ok=frozenset({200, 202}), priority=OPERATOR)
        vm_id = await self._exchange.decode(history.created_id, call, reply)
        return Accepted(reply.status, reply.request_id, vm_id)

    async def change(self, action_id: str, resource_id: str, params: Mapping[str, object]) -> Changed:
        verb = RESOURCE_VERBS.get(action_id)
        if verb is None:
            raise BadRequest(f"{action_id} is no change of a resource", entry=self.entry)
        try:
            call = verb.call(resource_id, params, self._version, self.scope.project_id)
        except KeyError as missing:
            raise BadRequest(f"{action_id} needs {missing.args[0]}", entry=self.entry) from None
        except ValueError as wrong:
            raise BadRequest(str(wrong), entry=self.entry) from None
        reply = await self._exchange.send(call, ok=verb.ok, priority=OPERATOR)
        if not verb.made:
            return Changed(reply.status, reply.request_id, resource_id)
        made_id, secret = await self._exchange.decode(partial(orders.made, key=verb.made), call, reply)
        return Changed(reply.status, reply.request_id, made_id, secret)

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
