"""`Catalogs`: everything of an entry that can be listed beside its VMs, cached with its age; and names by id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.errors import CloudError, Forbidden, Refused
from osvm_tui.domain.events import CatalogChanged, Event, OperationChanged
from osvm_tui.domain.operations import ItemState
from osvm_tui.services.api import CatalogItem, CatalogKind, CatalogView
from osvm_tui.services.bus import EventBus
from osvm_tui.services.scopes import Scopes

_Reader = Callable[[CloudClient], Awaitable[tuple[CatalogItem, ...]]]
_READERS: dict[CatalogKind, tuple[str, _Reader]] = {
    CatalogKind.FLAVOR: ("compute", lambda client: client.flavors()),
    CatalogKind.IMAGE: ("image", lambda client: client.images()),
    CatalogKind.NETWORK: ("network", lambda client: client.networks()),
    CatalogKind.PORT: ("network", lambda client: client.ports()),
    CatalogKind.ROUTER: ("network", lambda client: client.routers()),
    CatalogKind.FLOATING_IP: ("network", lambda client: client.floating_ips()),
    CatalogKind.SECURITY_GROUP: ("network", lambda client: client.security_groups()),
    CatalogKind.VOLUME: ("volume", lambda client: client.volumes()),
    CatalogKind.VOLUME_SNAPSHOT: ("volume", lambda client: client.volume_snapshots()),
    CatalogKind.VOLUME_TYPE: ("volume", lambda client: client.volume_types()),
    CatalogKind.KEYPAIR: ("compute", lambda client: client.keypairs()),
    CatalogKind.SERVER_GROUP: ("compute", lambda client: client.server_groups()),
    CatalogKind.QUOTA: ("compute", lambda client: client.quota()),
    CatalogKind.HYPERVISOR: ("compute", lambda client: client.hypervisors()),
    CatalogKind.SERVICE: ("compute", lambda client: client.compute_services()),
    CatalogKind.ZONE: ("compute", lambda client: client.zones()),
    CatalogKind.PROJECT: ("compute", lambda client: client.projects()),
}
"""By kind: the service that must be there, and how it is asked."""
_DENIED_S = 300.0
"""A reading that the cloud's policy refused is not asked for again so soon, unless it is wanted anew."""
NOT_PERMITTED = "not permitted: "
"""How the `error` of a catalog begins that the token may not see."""
NO_SERVICE = "this cloud has no "
"""How it begins where the service is missing of which the catalog is."""
_PLUGS = (CatalogKind.PORT, CatalogKind.FLOATING_IP)
_HELD = (*_PLUGS, CatalogKind.VOLUME, CatalogKind.SERVER_GROUP, CatalogKind.QUOTA, CatalogKind.HYPERVISOR)
_COPIES = (CatalogKind.IMAGE, CatalogKind.VOLUME_SNAPSHOT, CatalogKind.QUOTA)
_ROOM = (CatalogKind.QUOTA, CatalogKind.HYPERVISOR)
_SHOWN_IN: dict[str, tuple[CatalogKind, ...]] = {
    **dict.fromkeys(("create-server", "delete", "force-delete", "restore"), _HELD),
    **dict.fromkeys(("create-image", "create-backup"), _COPIES),
    **dict.fromkeys(("shelve", "unshelve", "shelve-offload"), (CatalogKind.IMAGE, CatalogKind.HYPERVISOR)),
    **dict.fromkeys(("resize", "confirm-resize", "revert-resize", "migrate", "live-migrate", "evacuate"), _ROOM),
    **dict.fromkeys(("attach-interface", "detach-interface"), (*_PLUGS, CatalogKind.QUOTA)),
    **dict.fromkeys(("add-floating-ip", "remove-floating-ip"), _PLUGS),
    **dict.fromkeys(("add-security-group", "remove-security-group"), (CatalogKind.PORT,)),
    **dict.fromkeys(("attach-volume", "detach-volume", "update-volume-attachment"), (CatalogKind.VOLUME,)),
}
"""By action on a VM: the catalogs in which it shows, too."""


class Catalogs:
    """What VMs are made from, read when asked and kept with the time of reading; one reading at a time per kind."""

    def __init__(self, scopes: Scopes, bus: EventBus, now: Callable[[], datetime]) -> None:
        self._scopes, self._bus, self._now = scopes, bus, now
        self._views: dict[tuple[str, CatalogKind], CatalogView] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._denied: dict[tuple[str, CatalogKind], datetime] = {}
        self._outdated: set[tuple[str, CatalogKind]] = set()
        bus.subscribe(self._hear)
        self._names: dict[str, tuple[dict[str, str], dict[str, str]]] = {}

    def view(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        """Return a catalog as last read."""
        return self._views.get((entry, kind))

    def names(self, entry: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return (project names by id, user names by id) as far as known."""
        return self._names.get(entry, ({}, {}))

    async def load(self, entry: str, kind: CatalogKind, max_age_s: float, *, settled: bool = False) -> CatalogView:
        """Return a catalog not older than `max_age_s`; on a failure the one before with `error` set.

        With `settled` one that shows things on their way is read again, however young it is.
        """
        age = timedelta(seconds=max_age_s)
        async with self._lock(entry, kind.value):
            held = self._views.get((entry, kind))
            if held and self._fresh(held, age) and not (settled and any(map(_on_its_way, held.items))):
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

    async def reload(self, entry: str, kinds: Iterable[CatalogKind]) -> None:
        """Read again what was read before of these kinds: something in them was changed."""
        for kind in kinds:
            if (entry, kind) in self._views:
                await self.load(entry, kind, 0.0)

    def forget(self, entry: str) -> None:
        """Drop everything of an entry: its token sees another project now."""
        self._views = {key: view for key, view in self._views.items() if key[0] != entry}
        self._denied = {key: at for key, at in self._denied.items() if key[0] != entry}
        self._names.pop(entry, None)

    def _hear(self, event: Event) -> None:
        """Let what an action on a VM may have changed be read again by whoever wants it next, however young it is."""
        if isinstance(event, OperationChanged) and event.item.state not in (ItemState.PLANNED, ItemState.SENDING):
            self._outdated.update((event.item.entry, kind) for kind in _SHOWN_IN.get(event.item.action_id, ()))

    def _fresh(self, held: CatalogView, age: timedelta) -> bool:
        denied = self._denied.get((held.entry, held.kind))
        if denied is not None and age:
            return self._now() - denied <= timedelta(seconds=_DENIED_S)
        if (held.entry, held.kind) in self._outdated:
            return False
        return not held.error and held.fetched_at is not None and self._now() - held.fetched_at <= age

    async def _read(self, entry: str, kind: CatalogKind, held: CatalogView) -> CatalogView:
        service, read = _READERS[kind]
        self._denied.pop((entry, kind), None)
        self._outdated.discard((entry, kind))
        try:
            if service not in self._scopes.scope(entry).profile.services:
                return CatalogView(entry, kind, error=f"{NO_SERVICE}{service} service")
            return CatalogView(entry, kind, await read(self._scopes.client(entry)), self._now())
        except Forbidden as error:
            self._denied[(entry, kind)] = self._now()
            return CatalogView(entry, kind, error=f"{NOT_PERMITTED}{error.detail}")
        except (CloudError, Refused) as error:
            return msgspec.structs.replace(held, error=error.detail)

    def _lock(self, entry: str, name: str) -> asyncio.Lock:
        return self._locks.setdefault((entry, name), asyncio.Lock())


def _on_its_way(item: CatalogItem) -> bool:
    """Return whether a thing is in one of Cinder's or Glance's passing statuses: `creating`, `detaching`, `queued`."""
    status = str(getattr(item, "status", ""))
    return status.endswith("ing") or status in ("queued", "reserved")
