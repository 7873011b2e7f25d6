"""What a change of a volume, snapshot, image or floating IP would change of what it costs; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.burn import Burn, Item, thing_burn
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.rates import Component, PriceList
from osvm_tui.domain.resource import Bill, ResourceSpec
from osvm_tui.domain.things import ip_item


class Step(Struct, frozen=True):
    """One thing before and after a change; None is paid for by nobody."""

    before: Item | None = None
    after: tuple[Item, ...] = ()
    """What it may be then, one of these: the cloud chooses the volume type where none is given."""


def step_of(
    spec: ResourceSpec, held: Item | None, params: Mapping[str, object], types: Sequence[str] = ()
) -> Step | None:
    """Return what a change does to one item that is paid for as `held`, None where that is not known.

    `types` are the volume types that a new volume may have. A size that would make a volume no larger gives None: the
    cloud refuses it.
    """
    match spec.bill:
        case Bill.BEGINS:
            after = _begun(spec.kind, params, types)
            return Step(None, after) if after else None
        case Bill.GROWS if held is not None:
            size = _size(params)
            return Step(held, (replace(held, quantity=size),)) if size > held.quantity else None
        case Bill.COPIED if held is not None:
            return Step(None, (Item(Component.SNAPSHOT, "", held.quantity),))
        case Bill.ENDS:
            return Step(held)
        case Bill.STAYS:
            return Step(held, (held,) if held is not None else ())
    return None


def _begun(kind: CatalogKind, params: Mapping[str, object], types: Sequence[str]) -> tuple[Item, ...]:
    if kind is CatalogKind.FLOATING_IP:
        return (ip_item(),)
    size = _size(params)
    return tuple(Item(Component.VOLUME, each, size) for each in types) if size else ()


def _size(params: Mapping[str, object]) -> Decimal:
    given = str(params.get("size_gib", "")).strip()
    return Decimal(given) if given.isdecimal() else ZERO


def burns(step: Step, prices: PriceList, currency: str) -> tuple[Burn, Burn, bool]:
    """Return what a thing costs before and after, and whether the latter is the most that it may be.

    Of several that it may be the dearest counts; where one of these has no price, what it will cost is not known.
    """
    nothing = Burn(currency, ZERO, ZERO)
    before = thing_burn(step.before, prices, currency) if step.before is not None else nothing
    found = [thing_burn(each, prices, currency) for each in step.after]
    unknown = next((burn for burn in found if not burn.complete), None)
    if unknown is not None or not found:
        return before, unknown or nothing, False
    dearest = max(found, key=lambda burn: burn.hourly)
    return before, dearest, any(burn.hourly != dearest.hourly for burn in found)
