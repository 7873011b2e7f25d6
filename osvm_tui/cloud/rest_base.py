"""`RestBase`: a client's session with its cloud (login, scope, how requests are built) that every family stands on.

Knows paths of no resource; the families are `rest_catalog`, `rest_network`, `rest_volumes`, `rest_hosts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from osvm_tui.cloud import listing
from osvm_tui.cloud.base import ApiCall, CloudClient
from osvm_tui.cloud.exchange import Exchange, Timing
from osvm_tui.cloud.limits import Limiter, Priority
from osvm_tui.cloud.transport import Call, Login, Reply, Transport
from osvm_tui.cloud.verbs import VERBS
from osvm_tui.cloud.wire import catalog, network, rows, servers
from osvm_tui.domain.errors import BadRequest, CloudFault, Forbidden
from osvm_tui.domain.roles import ReleaseProfile, Scope

Row = TypeVar("Row", bound=Struct)
PIN = (2, 95)
"""The newest microversion spoken: from 2.96 on a VM list costs the cloud one more database."""
OPERATOR = Priority.OPERATOR


class RestBase(CloudClient):
    """A cloud behind a transport. `all_projects` None means: if the token may; `read_only` lets no change out."""

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
        read_only: bool = False,
    ) -> None:
        timing = timing or Timing()
        limiter = limiter or Limiter(clock=timing.clock, sleep=timing.sleep)
        self.entry = entry
        self._exchange = Exchange(entry, transport, limiter, timing, read_only=read_only)
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

    async def close(self) -> None:
        await self._exchange.close()

    # -- requests -------------------------------------------------------------

    def _reach(self) -> rows.Query:
        return (("all_tenants", "1"),) if self.scope.all_projects else ()

    def _own(self) -> rows.Query:
        """Return Neutron's filter: nothing where the token reaches all projects."""
        return () if self.scope.all_projects else (("project_id", self.scope.project_id),)

    def _nova(self, path: str, *query: tuple[str, str]) -> Call:
        return Call(service="compute", method="GET", path=path, query=query, microversion=self._version)

    def _cinder(self, path: str, *query: tuple[str, str]) -> Call:
        path = f"/v3/{self.scope.project_id}{path}"
        return Call(service="volume", method="GET", path=path, query=query)

    async def _now(self, call: Call) -> Reply:
        return await self._exchange.send(call, priority=OPERATOR)

    async def _say(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> tuple[Call, Reply]:
        verb = VERBS.get(action_id)
        if verb is None:
            raise BadRequest(f"{action_id} is no action on a VM", entry=self.entry)
        try:
            call = verb.call(vm_id, params, self._version)
        except KeyError as missing:
            raise BadRequest(f"{action_id} needs {missing.args[0]}", entry=self.entry) from None
        except ValueError as wrong:
            raise BadRequest(str(wrong), entry=self.entry) from None
        return call, await self._exchange.send(call, ok=verb.ok, priority=OPERATOR)

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
