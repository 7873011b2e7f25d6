"""`RateCard`: what a cloud asks for flavors and their parts, volumes, images and addresses, with dates; pure.

A price change is a new version of the card: what was accrued before it stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from osvm_tui.domain.money import HOUR_S, MONTH_S, per_hour, per_month


class Component(StrEnum):
    """What is paid for."""

    FLAVOR = "flavor"
    """A VM by its flavor's name: vCPUs and memory in one price, and the disk unless the card prices it apart."""
    VCPU = "vcpu"
    RAM = "ram"
    """GiB."""
    DISK = "disk"
    """GB of the flavor's own root and ephemeral disk; Nova's GiB are counted as GB, as providers do."""
    LICENSE = "license"
    """Of a VM, by its image's name."""
    VOLUME = "volume"
    """GB, by volume type."""
    SNAPSHOT = "snapshot"
    """GB of a volume's snapshot."""
    IMAGE = "image"
    """GB."""
    FLOATING_IP = "floating-ip"


COMPUTE = (Component.FLAVOR, Component.VCPU, Component.RAM)
VM_COMPONENTS = (*COMPUTE, Component.DISK, Component.LICENSE)
UNITS = {
    Component.FLAVOR: "VM",
    Component.VCPU: "vCPU",
    Component.RAM: "GiB",
    Component.DISK: "GB",
    Component.LICENSE: "VM",
    Component.VOLUME: "GB",
    Component.SNAPSHOT: "GB",
    Component.IMAGE: "GB",
    Component.FLOATING_IP: "address",
}
"""What one of each is."""


class Per(StrEnum):
    """What a price is for."""

    HOUR = "hour"
    MONTH = "month"

    @property
    def seconds(self) -> int:
        """How long it is; a month is 730 hours."""
        return HOUR_S if self is Per.HOUR else MONTH_S


class Price(Struct, frozen=True, gc=False):
    """What one unit costs per hour or per month, as the card says it."""

    amount: Decimal
    per: Per = Per.HOUR

    @property
    def hourly(self) -> Decimal:
        """The price per hour."""
        return per_hour(self.amount, self.per.seconds)

    @property
    def monthly(self) -> Decimal:
        """The price per month of 730 hours."""
        return per_month(self.amount, self.per.seconds)


class Named(Struct, frozen=True, gc=False):
    """A price for what is called so; `name` may hold `*` and `?`."""

    name: str
    price: Price


class PriceList(Struct, frozen=True):
    """The prices that hold from one moment on."""

    since: datetime
    prices: dict[Component, tuple[Named, ...]]

    def price(self, component: Component, name: str = "") -> Price | None:
        """Return what one unit costs, None where the card says nothing; an exact name goes before a pattern."""
        found = self.prices.get(component, ())
        exact = next((each.price for each in found if each.name == name), None)
        return exact or next((each.price for each in found if fnmatchcase(name, each.name)), None)


class RateCard(Struct, frozen=True, kw_only=True):
    """One provider's prices in one currency, for the clouds and regions whose names fit; none named means all."""

    name: str
    currency: str
    versions: tuple[PriceList, ...]
    """Oldest first."""
    clouds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    policy: str = ""
    """How the provider bills; a setting for the cloud goes before it."""
    source: str = ""
    """Where the prices are from, as it is shown."""
    simulated: bool = False
    """The sample card of the simulated cloud: no real price."""

    def fits(self, entry: str, region: str) -> bool:
        """Return whether the card is for this entry of clouds.yaml and this region."""
        return _named(self.clouds, entry) and _named(self.regions, region)

    def at(self, moment: datetime) -> PriceList | None:
        """Return the prices of a moment, None before the first version."""
        return next((one for one in reversed(self.versions) if one.since <= moment), None)

    def changes(self, since: datetime, until: datetime) -> tuple[datetime, ...]:
        """Return when prices changed between two moments."""
        return tuple(one.since for one in self.versions if since < one.since < until)


def card_for(cards: Iterable[RateCard], entry: str, region: str) -> RateCard | None:
    """Return the card of a cloud: the first that fits, one that names the cloud before one for all."""
    fitting = [card for card in cards if card.fits(entry, region)]
    return min(fitting, key=lambda card: (not card.clouds, not card.regions), default=None)


def _named(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
