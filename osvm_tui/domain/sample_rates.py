"""The rate card of the simulated cloud: sample list prices near those of public OpenStack clouds, and no real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from osvm_tui.domain.rates import Component, Named, Per, Price, PriceList, RateCard


def _each(amount: str, per: Per = Per.HOUR, name: str = "*") -> Named:
    return Named(name, Price(Decimal(amount), per))


def _list(since: datetime, vcpu: str, ram: str) -> PriceList:
    return PriceList(
        since,
        {
            Component.FLAVOR: (_each("0.72", name="g1.*"),),
            Component.VCPU: (_each(vcpu),),
            Component.RAM: (_each(ram),),
            Component.DISK: (_each("0.08", Per.MONTH),),
            Component.LICENSE: (_each("0.046", name="windows*"),),
            Component.VOLUME: (_each("0.12", Per.MONTH, "*ssd*"), _each("0.08", Per.MONTH)),
            Component.SNAPSHOT: (_each("0.05", Per.MONTH),),
            Component.IMAGE: (_each("0.05", Per.MONTH),),
            Component.FLOATING_IP: (_each("5", Per.MONTH),),
        },
    )


SAMPLE = RateCard(
    name="sample",
    currency="EUR",
    versions=(
        _list(datetime(2020, 1, 1, tzinfo=UTC), "0.0095", "0.0038"),
        _list(datetime(2026, 7, 1, tzinfo=UTC), "0.0100", "0.0040"),
    ),
    policy="shelved-free",
    source="SIMULATED list prices",
    simulated=True,
)
