"""A console whose costs a test may look at: a cloud with two flavors, a list of prices, and the days before today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from osvm_tui.domain.cost_book import CostBook
from osvm_tui.domain.rates import Component, Named, Price, PriceList, RateCard
from osvm_tui.domain.roles import ReleaseProfile
from osvm_tui.domain.rollup import day_bounds
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.services.console import Console
from osvm_tui.store.base import Store
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
TODAY = day_bounds(NOW.date())[0]
END = TODAY - DAY
SMALL = Flavor("small", 2, 4096, 20, id="1")
LARGE = Flavor("large", 4, 8192, 20, id="2")
EVERYWHERE = msgspec.structs.replace(
    SCOPE, profile=ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"}))
)
"""A cloud with volumes, too."""
COMPUTE = Decimal("0.04")
"""What an active VM with the small flavor costs an hour by `card`."""
Make = Callable[..., Console]


def card(vcpu: str = "0.01", snapshot: str = "", image: str = "", **more: object) -> RateCard:
    prices: dict[Component, tuple[Named, ...]] = {
        Component.VCPU: (Named("*", Price(Decimal(vcpu))),),
        Component.RAM: (Named("*", Price(Decimal("0.005"))),),
        Component.DISK: (Named("*", Price(Decimal(0))),),
        Component.VOLUME: (Named("*", Price(Decimal("0.0001"))),),
        Component.FLOATING_IP: (Named("*", Price(Decimal("0.007"))),),
    }
    for component, price in ((Component.SNAPSHOT, snapshot), (Component.IMAGE, image)):
        if price:
            prices[component] = (Named("*", Price(Decimal(price))),)
    first = PriceList(datetime(2020, 1, 1, tzinfo=UTC), prices)
    return RateCard(name="list", currency="EUR", versions=(first,), policy="stopped-free", **more)  # type: ignore[arg-type]


class Source:
    """A book that a test puts in."""

    def __init__(self, **fields: object) -> None:
        self.book: CostBook | None = CostBook(**{"cards": (card(),), **fields})  # type: ignore[arg-type]

    def changed(self) -> CostBook | None:
        book, self.book = self.book, None
        return book


def vm(vm_id: str, vm_state: str = "active", **more: object) -> Vm:
    fields: dict[str, object] = {
        "flavor": SMALL, "image_id": "i", "created_at": NOW - 5 * DAY, "launched_at": NOW - 5 * DAY,
        "updated_at": NOW - 5 * DAY,
    }  # fmt: skip
    return a_vm(vm_id, vm_state, None, **{**fields, **more})


async def opened(console: Make, cloud: ScriptedCloud, source: Source | None = None) -> Console:
    cloud.lists.setdefault("flavors", (SMALL, LARGE))
    one = console(cloud, rates=source)
    await one.load()
    await one.costs.refresh()
    return one


def store_of(one: Console) -> Store:
    assert one._store is not None
    return one._store
