"""`Catalogs`: flavors, images, networks, key pairs, groups, quota and names of each entry, cached with their age."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.errors import CloudError
from osvm_tui.domain.events import CatalogChanged
from osvm_tui.services.api import CatalogItem, CatalogKind, CatalogView
from osvm_tui.services.bus import EventBus
from osvm_tui.services.scopes import Scopes

_READERS: dict[CatalogKind, Callable[[CloudClient], Awaitable[tuple[CatalogItem, ...]]]] = {
    CatalogKind.FLAVOR: lambda client: client.flavors(),
    CatalogKind.IMAGE: lambda client: client.images(),
    CatalogKind.NETWORK: lambda client: client.networks(),
    CatalogKind.KEYPAIR: lambda client: client.keypairs(),
    CatalogKind.SECURITY_GROUP: lambda client: client.security_groups(),
    CatalogKind.QUOTA: lambda client: client.quota(),
}


class Catalogs:
    """What VMs are made from, read when asked and kept with the time of reading; one reading at a time per kind."""

    def __init__(self, scopes: Scopes, bus: EventBus, now: Callable[[], datetime]) -> None:
        self._scopes, self._bus, self._now = scopes, bus, now
        self._views: dict[tuple[str, CatalogKind], CatalogView] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._names: dict[str, tuple[dict[str, str], dict[str, str]]] = {}

    def view(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        """Return a catalog as last read."""
        return self._views.get((entry, kind))

    def names(self, entry: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return (project names by id, user names by id) as far as known."""
        return self._names.get(entry, ({}, {}))

    async def load(self, entry: str, kind: CatalogKind, max_age_s: float) -> CatalogView:
        """Return a catalog not older than `max_age_s`; on a failure the one before with `error` set."""
        age = timedelta(seconds=max_age_s)
        async with self._lock(entry, kind.value):
            held = self._views.get((entry, kind))
            if held and not held.error and held.fetched_at and self._now() - held.fetched_at <= age:
                return held
            view = await self._read(entry, kind, held or CatalogView(entry, kind))
            self._views[(entry, kind)] = view
        self._bus.publish(CatalogChanged(entry, kind.value))
        return view

    async def load_names(self, entry: str) -> None:
        """Read project and user names once; what the token may not see stays unnamed."""
        async with self._lock(entry, "names"):
            if entry in self._names:
                return
            client = self._scopes.client(entry)
            try:
                self._names[entry] = (await client.project_names(), await client.user_names())
            except CloudError:
                return
        self._bus.publish(CatalogChanged(entry, "names"))

    async def _read(self, entry: str, kind: CatalogKind, held: CatalogView) -> CatalogView:
        try:
            items = await _READERS[kind](self._scopes.client(entry))
        except CloudError as error:
            return msgspec.structs.replace(held, error=error.detail)
        return CatalogView(entry, kind, items, self._now())

    def _lock(self, entry: str, name: str) -> asyncio.Lock:
        return self._locks.setdefault((entry, name), asyncio.Lock())
