"""`Around`: what drawing an item needs beside it: names for ids, the VMs of its cloud, the moment. Never waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.format import age, moment
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable


class Around:
    """Reads what the api has in memory and keeps what it has looked up until `renew`."""

    def __init__(self, api: ConsoleApi, options: UiOptions) -> None:
        self._api = api
        self.glyphs = options.glyphs
        self._options = options
        self._uses: dict[tuple[str, CatalogKind], Counter[str]] = {}
        self._items: dict[tuple[str, CatalogKind], dict[str, Any]] = {}

    def renew(self) -> None:
        """Forget what was looked up: the fleet or a catalog has moved."""
        self._uses.clear()
        self._items.clear()

    # VMs
    def vm(self, cloud: str, vm_id: str) -> Vm | None:
        """Return a VM of a cloud by its id, None when the fleet has no such one."""
        ref = self.ref(cloud, vm_id)
        return self._api.vm(ref) if ref else None

    def ref(self, cloud: str, vm_id: str) -> VmRef | None:
        """Return a VM's identity, None before the cloud's endpoint is known."""
        scope = next((each.scope for each in self._api.scopes() if each.entry == cloud), None)
        return VmRef(scope.endpoint, vm_id) if scope and vm_id else None

    def vm_name(self, cloud: str, vm_id: str) -> str:
        """Return a VM's name, the first 8 of its id when it is not in sight, empty for no id."""
        vm = self.vm(cloud, vm_id)
        return printable(vm.name) if vm else vm_id[:8]

    def uses(self, cloud: str, kind: CatalogKind, carried: Callable[[Vm], Iterable[str]]) -> Counter[str]:
        """Return how many VMs of a cloud carry each item of a kind."""
        found = self._uses.get((cloud, kind))
        if found is None:
            found = Counter(name for vm in self._vms(cloud) for name in set(carried(vm)))
            self._uses[cloud, kind] = found
        return found

    def _vms(self, cloud: str) -> Iterable[Vm]:
        ref = self.ref(cloud, "any")
        return (vm for vm in self._api.fleet_since(0).upserts if ref and vm.endpoint == ref.endpoint)

    # catalogs
    def all(self, cloud: str, kind: CatalogKind) -> Iterable[Any]:
        """Return the items of another catalog, as last read."""
        return self._known(cloud, kind).values()

    def item(self, cloud: str, kind: CatalogKind, item_id: str) -> Any | None:
        """Return an item of another catalog, None when it is not known."""
        return self._known(cloud, kind).get(item_id)

    def name(self, cloud: str, kind: CatalogKind, item_id: str) -> str:
        """Return the name of an item of another catalog, the first 8 of its id when it has none or is not known."""
        found = self.item(cloud, kind, item_id)
        return printable(str(getattr(found, "name", ""))) or item_id[:8]

    def _known(self, cloud: str, kind: CatalogKind) -> dict[str, Any]:
        found = self._items.get((cloud, kind))
        if found is None:
            view = self._api.catalog(cloud, kind)
            found = {str(getattr(item, "id", "")): item for item in view.items} if view else {}
            self._items[cloud, kind] = found
        return found

    def project(self, cloud: str, project_id: str) -> str:
        """Return a project's name, its id when nobody told it."""
        scope = next((each.scope for each in self._api.scopes() if each.entry == cloud), None)
        if scope and scope.project_id == project_id and scope.project_name:
            return scope.project_name
        return self._api.names(cloud)[0].get(project_id, project_id)

    def project_of(self, cloud: str) -> str:
        """Return the name of the project that a cloud's token is for."""
        scope = next((each.scope for each in self._api.scopes() if each.entry == cloud), None)
        return (scope.project_name or scope.project_id) if scope else ""

    # moments
    def seconds(self, at: datetime | None) -> float | None:
        """Return how long ago a moment is."""
        return None if at is None else (self._options.clock() - at).total_seconds()

    def age(self, at: datetime | None) -> str:
        """Return the age of a moment, `-` when it is unknown."""
        seconds = self.seconds(at)
        return "-" if seconds is None else age(seconds)

    def moment(self, at: datetime | None) -> str:
        """Return a moment with its zone, empty when it is unknown."""
        return moment(at, self._options.clock(), utc=self._options.utc) if at else ""
