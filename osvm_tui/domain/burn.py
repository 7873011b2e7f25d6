"""What things cost now: the burn rate of a VM, volume, image or address, and what an action would change; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from osvm_tui.domain.billing import BillingPolicy
from osvm_tui.domain.money import ZERO, Money, product, totals
from osvm_tui.domain.rates import COMPUTE, Component, Price, PriceList
from osvm_tui.domain.vm import Flavor, Vm

MIB_PER_GIB = Decimal(1024)
BYTES_PER_GB = Decimal(1_000_000_000)
NOT_KNOWN = "not known)"
"""Ends the name of what has a price but cannot be counted, for want of a size or an image's name."""


class Item(Struct, frozen=True, gc=False):
    """So many units of one component; `what` is the flavor, image or volume type by which it is priced."""

    component: Component
    what: str
    quantity: Decimal


class BurnLine(Struct, frozen=True, gc=False):
    """One component of a burn rate. `share` is the part that the billing policy charges in this state."""

    component: Component
    what: str
    quantity: Decimal
    price: Price
    share: Decimal
    hourly: Decimal


class Burn(Struct, frozen=True):
    """What one thing costs per hour and per month of 730 hours, and what the card has no price for."""

    currency: str
    hourly: Decimal
    monthly: Decimal
    lines: tuple[BurnLine, ...] = ()
    unpriced: tuple[str, ...] = ()
    """Components that are not included, for want of a price: never to be shown as zero."""

    @property
    def complete(self) -> bool:
        """Whether everything of it has a price."""
        return not self.unpriced


class Total(Struct, frozen=True):
    """The burn rate of many things in one currency."""

    currency: str
    hourly: Decimal
    monthly: Decimal


class Change(Struct, frozen=True, kw_only=True):
    """What an action would change in one currency: before, after, and the difference per hour and month."""

    currency: str
    before_hourly: Decimal
    after_hourly: Decimal
    hourly: Decimal
    monthly: Decimal
    unpriced: tuple[str, ...] = ()
    note: str = ""
    at_most: bool = False
    """A size is not known before: it may become less."""

    @property
    def known(self) -> bool:
        """Whether anything of it has a price; without one its zeros say nothing."""
        return not self.unpriced or bool(self.before_hourly or self.after_hourly)


def vm_items(flavor: Flavor, prices: PriceList, image_name: str | None, *, root_disk: bool = True) -> tuple[Item, ...]:
    """Return what a VM consists of as this list prices it: its flavor in one, else its parts. Without `root_disk` it
    boots from a volume, which is paid as one."""
    found = list(_compute(flavor, prices))
    disk = flavor.ephemeral_gib + (flavor.disk_gib if root_disk else 0)
    in_flavor = Component.DISK not in prices.prices and any(one.component is Component.FLAVOR for one in found)
    if disk and not in_flavor:
        found.append(Item(Component.DISK, "", Decimal(disk)))
    if image_name and prices.price(Component.LICENSE, image_name):
        found.append(Item(Component.LICENSE, image_name, Decimal(1)))
    return tuple(found)


def vm_unknown(
    flavor: Flavor, prices: PriceList, image_name: str | None, *, root_disk: bool = True
) -> tuple[Item, ...]:
    """Return what a VM is paid for that nobody can count: the licence of an image that is not known (None), and what a
    flavor without sizes is priced by; their names end with `NOT_KNOWN`."""
    found = []
    if image_name is None and Component.LICENSE in prices.prices:
        found.append(Item(Component.LICENSE, f"(image {NOT_KNOWN}", ZERO))
    if not flavor.vcpus and not prices.price(Component.FLAVOR, flavor.name):
        found.append(Item(Component.FLAVOR, f"{flavor.name} (size {NOT_KNOWN}".strip(), ZERO))
    elif not flavor.vcpus and root_disk and Component.DISK in prices.prices:
        found.append(Item(Component.DISK, f"(size {NOT_KNOWN}", ZERO))
    return tuple(found)


def _compute(flavor: Flavor, prices: PriceList) -> tuple[Item, ...]:
    """Return a flavor in one where the list names it or no parts either, else its parts; nothing without sizes."""
    in_parts = prices.price(Component.VCPU) or prices.price(Component.RAM)
    in_one = prices.price(Component.FLAVOR, flavor.name)
    if not in_one and not flavor.vcpus:
        return ()
    if in_one or not in_parts:
        return (Item(Component.FLAVOR, flavor.name, Decimal(1)),)
    return (
        Item(Component.VCPU, "", Decimal(flavor.vcpus)),
        Item(Component.RAM, "", Decimal(flavor.memory_mib) / MIB_PER_GIB),
    )


def vm_burn(
    vm: Vm, flavor: Flavor, prices: PriceList, policy: BillingPolicy, currency: str, image_name: str | None = ""
) -> Burn:
    """Return what a VM costs in its present state; `flavor` is its own, or the one that it would get. `image_name` is
    None where it is not known, empty for a disk that was made of none."""
    return kind_burn(
        vm.vm_state, flavor, prices, policy, currency, image_name, launched=vm.launched, root_disk=vm.root_disk
    )


def kind_burn(
    vm_state: str, flavor: Flavor, prices: PriceList, policy: BillingPolicy, currency: str, image_name: str | None,
    *, launched: bool, root_disk: bool,
) -> Burn:  # fmt: skip
    """Return what every VM costs that has this in common; see `vm_burn`."""
    items = vm_items(flavor, prices, image_name, root_disk=root_disk)
    unknown = vm_unknown(flavor, prices, image_name, root_disk=root_disk)
    return burn_of(items, prices, currency, _shares(vm_state, policy, launched=launched), unknown)


def _shares(vm_state: str, policy: BillingPolicy, *, launched: bool) -> dict[Component, Decimal]:
    """Return which part of each component's price is paid in a state."""
    idle = policy.from_launch and not launched
    return {component: ZERO if idle else policy.share(vm_state, component) for component in Component}


def thing_burn(item: Item, prices: PriceList, currency: str) -> Burn:
    """Return what a volume, snapshot, image or address costs: all of it, for as long as it exists."""
    return burn_of((item,), prices, currency, {item.component: Decimal(1)})


def burn_of(
    items: Iterable[Item],
    prices: PriceList,
    currency: str,
    share: dict[Component, Decimal],
    unknown: Iterable[Item] = (),
) -> Burn:
    """Return what these components cost at the given shares; the unknown ones are named only."""
    lines, unpriced = [], [item_name(item) for item in unknown if share[item.component]]
    for item in items:
        price = prices.price(item.component, item.what)
        if price is None:
            unpriced.append(item_name(item))
            continue
        part = share[item.component]
        hourly = product(price.hourly, item.quantity, part)
        lines.append(BurnLine(item.component, item.what, item.quantity, price, part, hourly))
    monthly = sum((product(one.price.monthly, one.quantity, one.share) for one in lines), ZERO)
    return Burn(currency, sum((one.hourly for one in lines), ZERO), monthly, tuple(lines), tuple(unpriced))


def times(burn: Burn, count: int) -> Burn:
    """Return what so many of the same cost; its lines are left out."""
    many = Decimal(count)
    return Burn(burn.currency, burn.hourly * many, burn.monthly * many, unpriced=burn.unpriced)


def item_name(item: Item) -> str:
    """Return what an item is called where it has no price: `flavor m1.small`, `volume gold`."""
    return f"{item.component.value} {item.what}".strip()


def burn_totals(burns: Iterable[Burn]) -> tuple[Total, ...]:
    """Return the sum of many burn rates per currency."""
    burns = tuple(burns)
    hourly = totals(Money(burn.currency, burn.hourly) for burn in burns)
    monthly = totals(Money(burn.currency, burn.monthly) for burn in burns)
    return tuple(Total(h.currency, h.amount, m.amount) for h, m in zip(hourly, monthly, strict=True))


def change(
    before: Sequence[Burn], after: Sequence[Burn], note: str = "", *, at_most: bool = False
) -> tuple[Change, ...]:
    """Return the difference that turns `before` into `after`, one per currency."""
    missing = {(burn.currency, name) for burn in (*before, *after) for name in burn.unpriced}
    old = {total.currency: total for total in burn_totals(before)}
    new = {total.currency: total for total in burn_totals(after)}
    return tuple(
        _change(
            old.get(name, Total(name, ZERO, ZERO)),
            new.get(name, Total(name, ZERO, ZERO)),
            tuple(sorted(what for currency, what in missing if currency == name)),
            note,
            at_most,
        )
        for name in sorted(old.keys() | new.keys())
    )


def _change(old: Total, new: Total, unpriced: tuple[str, ...], note: str, at_most: bool) -> Change:
    return Change(
        currency=new.currency,
        before_hourly=old.hourly,
        after_hourly=new.hourly,
        hourly=new.hourly - old.hourly,
        monthly=new.monthly - old.monthly,
        unpriced=unpriced,
        note=note,
        at_most=at_most,
    )


def priced(burn: Burn) -> bool:
    """Return whether a VM's compute has a price at all; without one its rate is not to be shown."""
    return any(line.component in COMPUTE for line in burn.lines)
