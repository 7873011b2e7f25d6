"""`Stock`: the catalogs as costs need them (names of images, flavors, what hangs on a VM), indexed once per reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import is_
from sys import intern
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.burn import Item
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.things import KINDS, held_of, ip_item, volume_item
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import Volume, VolumeType
from osvm_tui.services.catalogs import NO_SERVICE, Catalogs

T = TypeVar("T")
NEEDED = (CatalogKind.FLAVOR, CatalogKind.IMAGE, *(kind for kind in KINDS if kind is not CatalogKind.IMAGE))
"""What costs stand on beside VMs."""


class Hanging(Struct, frozen=True):
    """A volume or floating IP of a VM."""

    kind: CatalogKind
    id: str
    name: str
    item: Item


class Stock:
    """Readings of the catalogs of all entries; answers from memory but for `read`."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs
        self._indexes: dict[tuple[str, str], tuple[tuple[object, ...], object]] = {}
        self._image_names: dict[str, str] = {}
        """By id, of every image that was ever seen in this run: VMs outlive their images."""

    async def read(self, entry: str, max_age_s: float) -> tuple[str, ...]:
        """Read what is needed of an entry's catalogs and return what could not be, as sentences."""
        views = await asyncio.gather(
            *(self._catalogs.load(entry, kind, max_age_s) for kind in NEEDED), return_exceptions=True
        )
        troubles = []
        for kind, view in zip(NEEDED, views, strict=True):
            if isinstance(view, BaseException):
                if not isinstance(view, OsvmError):
                    raise view
                troubles.append(f"{entry}: {kind.value}s: {view.detail}")
            elif view.error and not view.error.startswith(NO_SERVICE):
                troubles.append(f"{entry}: {kind.value}s: {view.error}")
        return tuple(troubles)

    def values(self, entry: str, kind: CatalogKind) -> tuple[object, ...]:
        """Return a catalog as last read, empty when it never was."""
        view = self._catalogs.view(entry, kind)
        return view.items if view is not None else ()

    def item(self, entry: str, kind: CatalogKind, item_id: str) -> object | None:
        """Return one item of a catalog as last read, None where it is not known."""
        return self._indexed(entry, f"ids of {kind}", (kind,), _by_id).get(item_id)

    def volume_types(self, entry: str) -> dict[str, str]:
        """Return the names of an entry's volume types by id, empty when they were never read."""
        return self._indexed(entry, "types", (CatalogKind.VOLUME_TYPE,), _type_names)

    def well_read(self, entry: str) -> tuple[tuple[CatalogKind, Component], ...]:
        """Return the catalogs of what is paid for that were read well."""
        views = ((kind, component, self._catalogs.view(entry, kind)) for kind, component in KINDS.items())
        return tuple((kind, of) for kind, of, view in views if view and view.fetched_at is not None and not view.error)

    def unread(self, entry: str, kind: CatalogKind) -> str | None:
        """Return why a catalog was never read, empty when nobody tried yet; None when it was, or cannot be there."""
        view = self._catalogs.view(entry, kind)
        if view is None:
            return ""
        return view.error if view.fetched_at is None and not view.error.startswith(NO_SERVICE) else None

    def image_name(self, entry: str, vm: Vm) -> str:
        """Return the name of a VM's image, empty when it is not known."""
        return self.image_of(entry, vm) or ""

    def image_of(self, entry: str, vm: Vm) -> str | None:
        """Return the name of the image that a VM's disk was made of, itself or the volume that it boots from; None
        when it is not known."""
        if vm.image_id:
            return self._indexed(entry, "images", (CatalogKind.IMAGE,), self._with_images).get(vm.image_id)
        volumes = self._indexed(entry, f"ids of {CatalogKind.VOLUME}", (CatalogKind.VOLUME,), _by_id)
        found = [volumes.get(each) for each in vm.volume_ids]
        return _root_image(vm, [each for each in found if isinstance(each, Volume)])

    def _with_images(self, items: tuple[object, ...]) -> dict[str, str]:
        self._image_names |= {item.id: item.name for item in items if isinstance(item, Image)}
        return self._image_names

    def flavors(self, entry: str) -> dict[str, Flavor]:
        """Return the flavors of an entry by name."""
        return self._indexed(entry, "flavors", (CatalogKind.FLAVOR,), _flavors)

    def flavor(self, entry: str, name_or_id: str) -> Flavor | None:
        """Return the flavor of this name or id, None when there is none."""
        found = self.flavors(entry)
        return found.get(name_or_id) or next((each for each in found.values() if each.id == name_or_id), None)

    def flavor_of(self, entry: str, vm: Vm) -> Flavor | None:
        """Return a VM's flavor: its own copy where it has the sizes, else the catalog's."""
        if vm.flavor is None or vm.flavor.vcpus:
            return vm.flavor
        return self.flavor(entry, vm.flavor.id or vm.flavor.name) or vm.flavor

    def hanging(self, entry: str, vm: Vm) -> tuple[Hanging, ...]:
        """Return the volumes and floating IPs of a VM, as far as they were read."""
        return hung_on(vm, self.hung(entry))

    def hung(self, entry: str) -> Mapping[str, tuple[Hanging, ...]]:
        """Return the volumes and floating IPs of an entry as `hung_on` reads them."""
        return self._indexed(entry, "hanging", (CatalogKind.VOLUME, CatalogKind.FLOATING_IP), _hanging)

    def held(self, entry: str, scope: Scope, seen_at: datetime) -> tuple[Held, ...]:
        """Return everything beside VMs that projects in the scope's reach pay for; what names no project is the
        scope's own where that is of one."""
        values = (value for kind in KINDS for value in self.values(entry, kind))
        found = held_of(values, seen_at)
        if scope.all_projects:
            return found
        own = scope.project_id
        return tuple(
            one if one.project_id else replace(one, project_id=own) for one in found if one.project_id in ("", own)
        )

    def marks(self, entry: str) -> tuple[object, ...]:
        """Return what stands for the present readings: other objects when anything else was read.

        A catalog that cannot be read is tried at each reading, and fails in the same words: that is nothing else.
        """
        found: list[object] = []
        for kind in NEEDED:
            view = self._catalogs.view(entry, kind)
            found += (None,) if view is None else (view.items, view.fetched_at is None, intern(view.error))
        return tuple(found)

    def _indexed(
        self, entry: str, name: str, kinds: Iterable[CatalogKind], make: Callable[[tuple[object, ...]], T]
    ) -> T:
        marks = tuple([self._catalogs.view(entry, kind) for kind in kinds])
        held = self._indexes.get((entry, name))
        if held is not None and len(held[0]) == len(marks) and all(map(is_, held[0], marks)):
            return held[1]  # type: ignore[return-value]
        made = make(tuple(item for view in marks if view is not None for item in view.items))
        self._indexes[(entry, name)] = (marks, made)
        return made


def hung_on(vm: Vm, hung: Mapping[str, tuple[Hanging, ...]]) -> tuple[Hanging, ...]:
    """Return what hangs on a VM; `hung` is by the ids of VMs, or by `addr:` and the address."""
    own = hung.get(vm.id, ())
    plugged = [one for each in vm.addresses if each.floating for one in hung.get(f"addr:{each.addr}", ())]
    return tuple({one.id: one for one in (*own, *plugged)}.values()) if plugged else own


def _root_image(vm: Vm, volumes: list[Volume]) -> str | None:
    """Return the image of the volume that a VM boots from: its only one, else its first disk, else the bootable one."""
    only = volumes if len(vm.volume_ids) == 1 else []
    first = [
        each for each in volumes if any(one.vm_id == vm.id and one.device.endswith("da") for one in each.attachments)
    ]
    bootable = [each for each in volumes if each.bootable]
    root = next((found[0] for found in (only, first, bootable) if len(found) == 1), None)
    return root.image_name or None if root is not None else None


def _by_id(items: tuple[object, ...]) -> dict[str, object]:
    return {str(getattr(item, "id", "")): item for item in items}


def _type_names(items: tuple[object, ...]) -> dict[str, str]:
    return {item.id: item.name for item in items if isinstance(item, VolumeType)}


def _flavors(items: tuple[object, ...]) -> dict[str, Flavor]:
    return {item.name: item for item in items if isinstance(item, Flavor)}


def _hanging(items: tuple[object, ...]) -> dict[str, tuple[Hanging, ...]]:
    found: dict[str, list[Hanging]] = {}
    for item in items:
        if isinstance(item, Volume):
            hanging = Hanging(CatalogKind.VOLUME, item.id, item.name or item.id[:8], volume_item(item))
            for one in item.attachments:
                found.setdefault(one.vm_id, []).append(hanging)
        elif isinstance(item, FloatingIp):
            hanging = Hanging(CatalogKind.FLOATING_IP, item.id, item.address, ip_item())
            found.setdefault(item.vm_id or f"addr:{item.address}", []).append(hanging)
    return {key: tuple(each) for key, each in found.items()}
