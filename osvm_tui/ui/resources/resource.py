"""`Resource`: what the one generic place asks of a kind: its columns, facts, target and relations. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.catalog_item import target_of
from osvm_tui.domain.filter import Field
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.resources import actions_on
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import CatalogItem
from osvm_tui.ui.columns import Column
from osvm_tui.ui.facts import Value
from osvm_tui.ui.resources.around import Around

I = TypeVar("I")  # noqa: E741
Facts = tuple[tuple[str, Value], ...]


class Entry(Struct, Generic[I], frozen=True):
    """One item with the cloud that it is of."""

    cloud: str
    item: I


class Jump(Struct, frozen=True):
    """Where a key leads: a place with a filter, or the screen of one VM; `told` names it in a pick."""

    told: str
    place: str = "vm"
    text: str = ""
    ref: VmRef | None = None


class Resource(Generic[I]):
    """One kind of thing. A subclass says what is its own; what it leaves out is what most kinds have."""

    place: ClassVar[str]
    kind: ClassVar[CatalogKind]
    noun: ClassVar[str]
    """What the rows are called, in the plural."""
    one: ClassVar[str]
    """What a row is called."""
    service: ClassVar[str] = "compute"
    """The service that a cloud must have for it."""
    admin: ClassVar[bool] = False
    """Whether clouds show it to their admins only, unless their policy was changed."""
    beside: ClassVar[tuple[CatalogKind, ...]] = ()
    """Catalogs read after its own, for names and relations."""
    use_column: ClassVar[str] = ""
    """The fleet's filter column by which the VMs of an item are found."""
    new: ClassVar[str] = ""
    """The change that makes a new one, empty where none does."""
    delete: ClassVar[str] = ""
    """The change that takes one away."""
    owned: ClassVar[bool] = False
    """Whether items are of a project: told when a token sees those of several."""

    def rows(self, items: Iterable[Any]) -> Iterable[I]:
        """Return the place's rows of what a catalog holds."""
        return items

    def id_of(self, item: I) -> str:
        """Return what makes an item the same one in the next reading, and is sent to the cloud."""
        return str(getattr(item, "id", "")) or str(getattr(item, "name", ""))

    def name(self, item: I) -> str:
        """Return what an item is called on screen: its name, else the first 8 of its id."""
        name, item_id = str(getattr(item, "name", "")), str(getattr(item, "id", ""))
        return name if name and name != item_id else item_id[:8]

    def order(self, item: I) -> Any:
        """Return what the rows of one cloud are sorted by until a column is chosen."""
        return self.name(item).casefold()

    def columns(self, around: Around) -> tuple[Column[Entry[I]], ...]:
        """Return the table's columns, the name first."""
        raise NotImplementedError

    def fields(self, around: Around) -> Mapping[str, Field[Entry[I]]]:
        """Return filter columns beside those of the table."""
        return {}

    def detail(self, row: Entry[I], around: Around) -> Facts:
        """Return what the pane says about an item; empty values are left out."""
        raise NotImplementedError

    # relations
    def carried(self, vm: Vm) -> Iterable[str]:
        """Return what of this kind a VM carries, named as `use_key` names it."""
        return ()

    def use_key(self, item: I) -> str:
        """Return the name under which VMs carry an item."""
        return self.name(item)

    def uses(self, row: Entry[I], around: Around) -> int:
        """Return how many VMs in sight use an item."""
        return around.uses(row.cloud, self.kind, self.carried)[self.use_key(row.item)]

    def used_by(self, row: Entry[I], around: Around) -> Jump | None:
        """Return where the VMs are that use an item, None when it knows of none."""
        if not self.use_column or not self.uses(row, around):
            return None
        return Jump(f"the VMs of {self.name(row.item)}", "vm", condition(self.use_column, self.use_key(row.item)))

    def owners(self, row: Entry[I], around: Around) -> Sequence[Jump]:
        """Return what an item belongs to."""
        return ()

    def opens(self, row: Entry[I], around: Around) -> Jump | None:
        """Return where enter leads; None shows all that is known of the item."""
        return None

    # changes
    def verbs(self) -> tuple[ResourceSpec, ...]:
        """Return the changes that are offered in the place."""
        return actions_on(self.kind)

    def target(self, row: Entry[I], around: Around) -> ResourceTarget:
        """Return the item as a change means it."""
        return replace(
            target_of(row.cloud, cast(CatalogItem, row.item)),
            name=self.name(row.item),
            used=self.uses(row, around) > 0,
        )

    def said(self, row: Entry[I], spec: ResourceSpec) -> tuple[str, str]:
        """Return how the question of a change begins, empty for the table's words, and the name that it ends with."""
        return "", self.name(row.item)

    def given(self, row: Entry[I]) -> dict[str, object]:
        """Return parameters that the row itself answers, so that nobody is asked for them."""
        return {}

    def present(self, row: Entry[I], spec: ResourceSpec) -> dict[str, str]:
        """Return what the form of a change starts from: of one that edits the item's own values."""
        names = ("name", "description") if spec.edits else ()
        asked = {param.name for param in spec.params}
        return {name: str(getattr(row.item, name)) for name in names if name in asked}

    def caution(self, spec: ResourceSpec, params: Mapping[str, object]) -> str:
        """Return what should be pointed out before this is done, empty when nothing is unusual."""
        return ""


def condition(column: str, value: str, sign: str = "=") -> str:
    """Return a term of the filter that says `column = value`, quoted where it must be."""
    if '"' in value:  # a quote cannot be quoted: any character may stand for it
        return f'{column}:"{max(value.split(chr(34)), key=len)}"'
    plain = value and not any(each.isspace() for each in value)
    return f"{column}{sign}{value}" if plain else f'{column}{sign}"{value}"'
