"""What was accrued: lines from stretches of one state and dated prices; exact, or bounded where nobody looked; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from osvm_tui.domain.billing import VM_STATES, BillingPolicy
from osvm_tui.domain.burn import Item, item_name, vm_items, vm_unknown
from osvm_tui.domain.money import ZERO, accrued, product
from osvm_tui.domain.rates import Component, Price, PriceList, RateCard
from osvm_tui.domain.stretches import UNKNOWN, Stretch
from osvm_tui.domain.vm import Flavor

_UNITS = Decimal("1E-12")


class Certainty(StrEnum):
    """How a stretch of a line is known."""

    KNOWN = "known"
    """A console saw the state."""
    REBUILT = "rebuilt"
    """Nobody looked; the launch time or the cloud's action log tells the state."""
    BOUNDED = "bounded"
    """Nobody looked and nothing tells: the least and the most that it can be."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """What one component came to while state, price and share stayed the same."""

    component: Component
    what: str
    since: datetime
    until: datetime
    quantity: Decimal
    price: Price
    share: Decimal
    """Of a bounded line: the greatest share."""
    currency: str
    amount: Decimal
    """Of a bounded line: the least."""
    amount_max: Decimal
    certainty: Certainty
    vm_state: str = ""
    """Empty for what is no VM, `unknown` for a bounded line."""
    flavor: str = ""


class Unpriced(Struct, frozen=True, kw_only=True, gc=False):
    """What would have been billed from `since` to `until`, had it a price: it is in no amount."""

    component: Component
    name: str
    """`flavor m1.small`, `volume gold`, `disk`."""
    since: datetime
    until: datetime
    vm_state: str = ""
    flavor: str = ""


class Tariff(Struct, frozen=True):
    """By what a cloud is counted: its card and its way of billing."""

    card: RateCard
    policy: BillingPolicy


class Made(Struct, frozen=True):
    """What a VM is made of, as far as prices go: flavors by name, its image's name, and whether its disk is its own."""

    flavor: Callable[[str], Flavor | None]
    image_name: str | None = ""
    """None: not known."""
    root_disk: bool = True


class Held(Struct, frozen=True, kw_only=True, gc=False):
    """A volume, snapshot, image or floating IP that existed with one size from `since` to `until` (None: it does)."""

    component: Component
    id: str
    name: str
    what: str
    """The volume type."""
    quantity: Decimal
    """GB, or 1 for an address."""
    project_id: str
    since: datetime
    until: datetime | None
    seen_at: datetime
    """When it was last seen; what lies behind is not known."""
    after: tuple[str, Decimal] | None = None
    """As what, and how much, it was seen again at `until`: it was there all the time. None: it was gone."""


class _Cost(Struct, frozen=True, gc=False):
    item: Item
    price: Price
    low: Decimal
    """Units paid for at the least: quantity times share."""
    high: Decimal
    share: Decimal


def vm_lines(life: Iterable[Stretch], made: Made, tariff: Tariff, since: datetime, until: datetime) -> tuple[Line, ...]:
    """Return what a VM came to from `since` to `until`, oldest first; nothing for what has no price or no share."""
    return tuple(each for each in vm_parts(life, made, tariff, since, until) if isinstance(each, Line))


def vm_parts(
    life: Iterable[Stretch], made: Made, tariff: Tariff, since: datetime, until: datetime
) -> Iterator[Line | Unpriced]:
    """Yield what a VM came to from `since` to `until`, oldest first, and what of it has a share but no price."""
    for stretch in life:
        start, end = max(since, stretch.since), min(until, stretch.until)
        for one, other, prices in dated(tariff.card, start, end):
            costs, missing = _costs(stretch, made, prices, tariff.policy)
            for cost in costs:
                yield _line(cost, one, other, tariff.card.currency, stretch)
            for item in missing:
                yield _unpriced(item, one, other, stretch)


def dated(card: RateCard, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, PriceList]]:
    """Yield a stretch cut at changes of prices, each part with its prices; what lies before the first is left out."""
    if since >= until:
        return
    cuts = (since, *card.changes(since, until), until)
    for one, other in pairwise(cuts):
        if (prices := card.at(one)) is not None:
            yield one, other, prices


def _costs(
    stretch: Stretch, made: Made, prices: PriceList, policy: BillingPolicy
) -> tuple[list[_Cost], Iterable[Item]]:
    missing: dict[Item, None] = {}
    least: dict[Component, list[Decimal]] = {}
    dearest: dict[Component, _Cost] = {}
    flavors = [made.flavor(name) or Flavor(name) for name in stretch.flavors]
    for flavor in flavors:
        for item in vm_unknown(flavor, prices, made.image_name, root_disk=made.root_disk):
            missing.update({item: None} if _shares(stretch, policy, item.component)[1] else {})
        for item in vm_items(flavor, prices, made.image_name, root_disk=made.root_disk):
            price = prices.price(item.component, item.what)
            low, high = _shares(stretch, policy, item.component)
            if price is None:
                missing.update({item: None} if high else {})
                continue
            cost = _Cost(item, price, product(item.quantity, low), product(item.quantity, high), high)
            least.setdefault(item.component, []).append(product(price.monthly, cost.low))
            held = dearest.get(item.component)
            if held is None or product(price.monthly, cost.high) > product(held.price.monthly, held.high):
                dearest[item.component] = cost
    return [_with_least(cost, least[key], len(flavors)) for key, cost in dearest.items() if cost.high], missing


def _with_least(cost: _Cost, least: list[Decimal], flavors: int) -> _Cost:
    """Take the cheapest flavor for the lower bound: none at all of a component that another flavor lacks."""
    if flavors == 1:
        return cost
    cheapest = min(least) if len(least) == flavors else ZERO
    if cheapest >= product(cost.price.monthly, cost.low):
        return cost
    units = (cheapest / cost.price.monthly).quantize(_UNITS, ROUND_DOWN)
    return _Cost(cost.item, cost.price, units, cost.high, cost.share)


def _shares(stretch: Stretch, policy: BillingPolicy, component: Component) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest share of a stretch."""
    if policy.from_launch and stretch.launched is False:
        return ZERO, ZERO
    states = VM_STATES if stretch.vm_state == UNKNOWN else (stretch.vm_state,)
    possible = [policy.share(state, component) for state in states]
    if stretch.may_be_gone or (policy.from_launch and stretch.launched is None):
        possible.append(ZERO)
    return min(possible), max(possible)


def _line(cost: _Cost, since: datetime, until: datetime, currency: str, stretch: Stretch) -> Line:
    price, unit_s = cost.price, cost.price.per.seconds
    high = accrued(product(price.amount, cost.high), unit_s, since, until)
    same = cost.low == cost.high
    return Line(
        component=cost.item.component,
        what=cost.item.what,
        since=since,
        until=until,
        quantity=cost.item.quantity,
        price=price,
        share=cost.share,
        currency=currency,
        amount=high if same else accrued(product(price.amount, cost.low), unit_s, since, until),
        amount_max=high,
        certainty=_certainty(stretch),
        vm_state=stretch.vm_state,
        flavor=stretch.flavors[-1],
    )


def _unpriced(item: Item, since: datetime, until: datetime, stretch: Stretch) -> Unpriced:
    return Unpriced(
        component=item.component,
        name=item_name(item),
        since=since,
        until=until,
        vm_state=stretch.vm_state,
        flavor=stretch.flavors[-1],
    )


def _certainty(stretch: Stretch) -> Certainty:
    if not stretch.sure:
        return Certainty.BOUNDED
    return Certainty.KNOWN if stretch.seen else Certainty.REBUILT


def held_lines(
    held: Held, card: RateCard, since: datetime, until: datetime, now: datetime, grace: timedelta
) -> tuple[Line, ...]:
    """Return what a volume, snapshot, image or address came to; where nobody looked from nothing to all of it, or from
    the cheaper to the dearer of what it was before and after."""
    parts = held_parts(held, card, since, until, now, grace)
    return tuple(each for each in parts if isinstance(each, Line))


def held_parts(
    held: Held, card: RateCard, since: datetime, until: datetime, now: datetime, grace: timedelta
) -> Iterator[Line | Unpriced]:
    """Yield what `held_lines` returns, and when it had no price."""
    end = min(held.until or now, now)
    sure = end if end - held.seen_at <= grace else max(held.since, min(end, held.seen_at))
    own = Item(held.component, held.what, held.quantity)
    yield from _held_parts((own,), card, max(since, held.since), min(until, sure), seen=True)
    items = (own, None) if held.after is None else (own, Item(held.component, *held.after))
    yield from _held_parts(items, card, max(since, sure), min(until, end), seen=False)


def _held_parts(
    items: Sequence[Item | None], card: RateCard, since: datetime, until: datetime, *, seen: bool
) -> Iterator[Line | Unpriced]:
    """Yield what one of these came to; None stands for nothing at all."""
    for one, other, prices in dated(card, since, until):
        found: list[tuple[Decimal, Item, Price]] = []
        for item in filter(None, items):
            price = prices.price(item.component, item.what)
            if price is None:
                yield Unpriced(component=item.component, name=item_name(item), since=one, until=other)
                continue
            amount = accrued(product(price.amount, item.quantity), price.per.seconds, one, other)
            found.append((amount, item, price))
        if not found:
            continue
        most, item, price = max(found, key=lambda each: each[0])
        yield Line(
            component=item.component,
            what=item.what,
            since=one,
            until=other,
            quantity=item.quantity,
            price=price,
            share=Decimal(1),
            currency=card.currency,
            amount=min(amount for amount, _, _ in found) if len(found) == len(items) else ZERO,
            amount_max=most,
            certainty=Certainty.KNOWN if seen else Certainty.BOUNDED,
        )
