"""`:flavor :image :network :keypair`: what VMs are made from, of every open cloud, one reading of a catalog each."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import ClassVar, Generic, TypeVar, cast

from msgspec import Struct
from textual import work
from textual.content import Content

from osvm_tui.domain.catalog import Flavor, Image, KeyPair, Network
from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import CatalogKind, CatalogView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, age, count, mib, moment, size
from osvm_tui.ui.messages import CatalogMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.widgets.about import About

I = TypeVar("I", bound=Flavor | Image | Network | KeyPair)  # noqa: E741


class Entry(Struct, Generic[I], frozen=True):
    """One item of a catalog with the cloud that offers it."""

    cloud: str
    item: I


class CatalogPlace(ListPlace[Entry[I]]):
    """The items of one kind of catalog; clouds that cannot be read are told and the others shown."""

    kind: ClassVar[CatalogKind]

    def item_columns(self) -> tuple[Column[Entry[I]], ...]:
        """Return the columns of an item, its name first."""
        raise NotImplementedError

    def columns(self) -> tuple[Column[Entry[I]], ...]:
        name, *rest = self.item_columns()
        cloud: Column[Entry[I]] = Column("cloud", "CLOUD", 10, lambda row: Cell(row.cloud, Token.DIM), priority=2)
        return (name, cloud, *rest) if len(self.api.scopes()) > 1 else (name, *rest)

    def key_of(self, row: Entry[I]) -> Hashable:
        return (row.cloud, getattr(row.item, "id", "") or row.item.name)

    @work(group="catalog", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        entries = [scope.entry for scope in self.api.scopes()]
        answers = await asyncio.gather(
            *(self.api.load_catalog(entry, self.kind) for entry in entries), return_exceptions=True
        )
        views = [answer for answer in answers if isinstance(answer, CatalogView)]
        self.show_views(views)
        trouble = next((answer for answer in answers if isinstance(answer, BaseException)), None)
        if isinstance(trouble, OsvmError):
            self.show_trouble(trouble)
        elif trouble is not None:
            raise trouble

    def show_views(self, views: list[CatalogView]) -> None:
        """Show what was read, and how old the oldest reading is."""
        rows = [Entry(view.entry, cast(I, item)) for view in views for item in view.items]
        read = [view.fetched_at for view in views if view.fetched_at is not None]
        old = f" · read {age((self.options.clock() - min(read)).total_seconds())} ago" if read else ""
        self.empty = f"this cloud offers no {self.noun} to this project"
        self.show_rows(sorted(rows, key=lambda row: (row.cloud, row.item.name)), old)
        wrong = next((view for view in views if view.error), None)
        if wrong is not None:
            self.query_one(About).tell(f"{self.noun}{old} · {wrong.entry} could not be read again: {wrong.error}")

    def on_catalog_moved(self, event: CatalogMoved) -> None:
        """Show a catalog that was read again elsewhere."""
        if event.kind == self.kind:
            known = [self.api.catalog(scope.entry, self.kind) for scope in self.api.scopes()]
            self.show_views([view for view in known if view is not None])


class FlavorScreen(CatalogPlace[Flavor]):
    """Sizes of VMs."""

    place: ClassVar[str] = "flavor"
    BINDINGS = bindings_of("flavor")
    kind = CatalogKind.FLAVOR
    noun = "flavors"

    def item_columns(self) -> tuple[Column[Entry[Flavor]], ...]:
        return (
            Column("name", "NAME", 20, lambda row: Cell(printable(row.item.name)), grow=2),
            Column("vcpus", "VCPU", 5, lambda row: Cell(str(row.item.vcpus)), lambda row: row.item.vcpus, right=True),
            Column(
                "ram", "RAM", 9, lambda row: Cell(mib(row.item.memory_mib)), lambda row: row.item.memory_mib, right=True
            ),
            Column(
                "disk",
                "DISK",
                9,
                lambda row: Cell(f"{row.item.disk_gib} GiB"),
                lambda row: row.item.disk_gib,
                right=True,
            ),
            Column("public", "PUBLIC", 6, lambda row: _yes(row.item.is_public), priority=3),
            Column("id", "ID", 36, lambda row: Cell(row.item.id, Token.DIM), priority=4, grow=1),
        )

    def detail(self, row: Entry[Flavor]) -> Content:
        item = row.item
        specs = "\n".join(f"{key} = {value}" for key, value in item.extra_specs)
        rows = (
            ("name", printable(item.name)),
            ("id", item.id),
            (
                "disk",
                f"{item.disk_gib} GiB" + (f" and {item.ephemeral_gib} GiB ephemeral" if item.ephemeral_gib else ""),
            ),
            ("swap", mib(item.swap_mib) if item.swap_mib else ""),
            ("about", printable(item.description)),
            ("specs", printable(specs)),
        )
        return facts(rows)


class ImageScreen(CatalogPlace[Image]):
    """What VMs boot from."""

    place: ClassVar[str] = "image"
    BINDINGS = bindings_of("image")
    kind = CatalogKind.IMAGE
    noun = "images"

    def item_columns(self) -> tuple[Column[Entry[Image]], ...]:
        return (
            Column("name", "NAME", 24, lambda row: Cell(printable(row.item.name)), grow=3),
            Column("status", "STATUS", 10, _image_status),
            Column(
                "size",
                "SIZE",
                9,
                lambda row: Cell(size(row.item.size_bytes)),
                lambda row: row.item.size_bytes or 0,
                right=True,
            ),
            Column("disk", "MIN DISK", 8, lambda row: _least(row.item.min_disk_gib, "GiB"), None, 2, right=True),
            Column("ram", "MIN RAM", 8, lambda row: _least(row.item.min_memory_mib, "MiB"), None, 3, right=True),
            Column("seen", "SEEN BY", 9, lambda row: Cell(row.item.visibility or "-", Token.DIM), priority=4),
            Column("id", "ID", 8, lambda row: Cell(row.item.id[:8], Token.DIM), priority=5),
        )

    def detail(self, row: Entry[Image]) -> Content:
        item = row.item
        made = moment(item.created_at, self.options.clock(), utc=self.options.utc) if item.created_at else ""
        rows = (
            ("name", printable(item.name)),
            ("id", item.id),
            ("system", f"{item.os_distro} {item.os_version}".strip()),
            ("format", item.disk_format),
            ("made", f"{made}{'  from a VM' if item.snapshot else ''}"),
            ("protected", "yes" if item.protected else ""),
            ("tags", ", ".join(item.tags)),
        )
        return facts(rows)


class NetworkScreen(CatalogPlace[Network]):
    """Networks and their subnets."""

    place: ClassVar[str] = "network"
    BINDINGS = bindings_of("network")
    kind = CatalogKind.NETWORK
    noun = "networks"

    def item_columns(self) -> tuple[Column[Entry[Network]], ...]:
        return (
            Column("name", "NAME", 20, lambda row: Cell(printable(row.item.name)), grow=2),
            Column("status", "STATUS", 8, _network_status),
            Column("subnets", "SUBNETS", 24, _subnets, grow=3),
            Column("external", "EXTERNAL", 8, lambda row: _yes(row.item.external), priority=2),
            Column("shared", "SHARED", 6, lambda row: _yes(row.item.shared), priority=3),
            Column(
                "mtu", "MTU", 5, lambda row: Cell(count(row.item.mtu) if row.item.mtu else "-"), None, 4, right=True
            ),
            Column("id", "ID", 8, lambda row: Cell(row.item.id[:8], Token.DIM), priority=5),
        )

    def detail(self, row: Entry[Network]) -> Content:
        item = row.item
        subnets = "\n".join(
            f"{each.cidr}  {printable(each.name)}" + (f"  gateway {each.gateway}" if each.gateway else "")
            for each in item.subnets
        )
        rows = (
            ("name", printable(item.name)),
            ("id", item.id),
            ("subnets", subnets or "none"),
            ("project", item.project_id),
            ("up", "yes" if item.admin_state_up else "switched off by its owner"),
        )
        return facts(rows)


class KeyPairScreen(CatalogPlace[KeyPair]):
    """Public keys known to Nova; they belong to the user."""

    place: ClassVar[str] = "keypair"
    BINDINGS = bindings_of("keypair")
    kind = CatalogKind.KEYPAIR
    noun = "key pairs"

    def item_columns(self) -> tuple[Column[Entry[KeyPair]], ...]:
        return (
            Column("name", "NAME", 24, lambda row: Cell(printable(row.item.name)), grow=1),
            Column("type", "TYPE", 6, lambda row: Cell(row.item.type, Token.DIM)),
            Column("fingerprint", "FINGERPRINT", 47, lambda row: Cell(row.item.fingerprint), grow=1),
        )

    def detail(self, row: Entry[KeyPair]) -> Content:
        item = row.item
        rows = (("name", printable(item.name)), ("fingerprint", item.fingerprint), ("key", printable(item.public_key)))
        return facts(rows)


def _least(value: int, unit: str) -> Cell:
    return Cell(f"{value} {unit}") if value else Cell("-", Token.DIM)


def _yes(value: bool) -> Cell:
    return Cell("yes") if value else Cell("-", Token.DIM)


def _image_status(row: Entry[Image]) -> Cell:
    return Cell(row.item.status, Token.RUNNING if row.item.bootable else Token.STALE)


def _network_status(row: Entry[Network]) -> Cell:
    up = row.item.status == "ACTIVE" and row.item.admin_state_up
    return Cell(row.item.status or "unknown", Token.RUNNING if up else Token.STALE)


def _subnets(row: Entry[Network]) -> Cell:
    return Cell(", ".join(subnet.cidr for subnet in row.item.subnets) or "none")
