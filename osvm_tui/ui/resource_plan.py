"""What one key press in a place of resources will change: verb and item frozen at that moment. Pure; sends nothing."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from osvm_tui.domain.action import Param
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.ui.printable import printable
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.resource import Entry, Resource


class ResourcePlan(Struct, frozen=True):
    """One verb on one item; for a creation the target has a cloud and no id."""

    spec: ResourceSpec
    target: ResourceTarget
    name: str = ""
    """What the row is called: of a rule the rule, though the change means its group."""
    given: dict[str, object] = {}
    before: dict[str, str] = {}
    phrase: str = ""
    """How the sentence begins that ends with `name`; empty: as the table says."""
    unique: bool = True
    """Whether the name tells the item from the others in sight."""

    @property
    def verb(self) -> str:
        """The verb inside a sentence: `new volume`, `add rule`."""
        return self.spec.label[0].lower() + self.spec.label[1:]

    @property
    def sentence(self) -> str:
        """The verb and its object: `delete data-1`, `add a rule to web`, `new volume`."""
        phrase = self.phrase or self.spec.phrase or self.verb
        return phrase if self.spec.creates else f"{phrase} {self.name}"

    @property
    def asked(self) -> tuple[Param, ...]:
        """The parameters that the operator is asked for."""
        return tuple(param for param in self.spec.params if param.name not in self.given)

    @property
    def typed(self) -> str:
        """What is typed to confirm that it is deleted: its name, or 8 of its id where the name is not enough."""
        safe = self.unique and self.name.strip() == self.name and self.name == self.target.name
        return self.name if safe and self.name else self.target.id[:8]


def plan_on(
    spec: ResourceSpec, resource: Resource[Any], row: Entry[Any] | None, around: Around, entry: str, *, shared: bool
) -> ResourcePlan:
    """Freeze a verb on a row, or on nothing yet in the cloud `entry`; `shared`: other rows have the same name."""
    if spec.creates or row is None:
        return ResourcePlan(spec, ResourceTarget(entry, ""))
    asked = {param.name for param in spec.params}
    given = {name: value for name, value in resource.given(row).items() if name in asked}
    target, (phrase, name) = resource.target(row, around), resource.said(row, spec)
    unique = not shared and printable(name) == name
    return ResourcePlan(spec, target, printable(name), given, resource.present(row, spec), phrase, unique)
