"""What a change of a volume, image or address changes of the bill, to the last digit; unknown is never nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from osvm_tui.domain.burn import Item, change
from osvm_tui.domain.catalog import Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component, Named, Per, Price, PriceList
from osvm_tui.domain.resource import Bill
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.thing_what_if import Step, burns, step_of
from osvm_tui.domain.things import KINDS, paid_item
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import Volume, VolumeSnapshot
from osvm_tui.domain.what_if import copied_volumes, largest_image

PRICES = PriceList(
    datetime(2026, 1, 1, tzinfo=UTC),
    {
        Component.VOLUME: (
            Named("ssd", Price(Decimal("0.12"), Per.MONTH)),
            Named("hdd", Price(Decimal("0.00007"))),
        ),
        Component.SNAPSHOT: (Named("*", Price(Decimal("0.05"), Per.MONTH)),),
        Component.IMAGE: (Named("*", Price(Decimal("0.05"), Per.MONTH)),),
        Component.FLOATING_IP: (Named("*", Price(Decimal("0.007"))),),
    },
)
SSD = Volume(id="v", size_gib=100, type="ssd")
TAPE = Volume(id="t", size_gib=100, type="tape")
SNAPSHOT = VolumeSnapshot(id="s", size_gib=30)
OWN = Image(id="i", name="i", owner="p", visibility="private", size_bytes=2_500_000_000)
PUBLIC = Image(id="i", name="i", owner="p", visibility="public", size_bytes=2_500_000_000)
ADDRESS = FloatingIp(id="f", address="203.0.113.9")


def of(action_id: str, value: object, types: tuple[str, ...] = ("ssd", "hdd"), **params: object) -> Step | None:
    return step_of(RESOURCE_ACTIONS[action_id], paid_item(value), params, types)


@pytest.mark.parametrize(
    ("action_id", "value", "params", "monthly"),
    [
        ("volume.extend", SSD, {"size_gib": 150}, Decimal("6.00")),
        ("volume.snapshot", SSD, {"name": "n"}, Decimal("5.00")),
        ("volume.delete", SSD, {}, Decimal("-12.00")),
        ("volume-snapshot.delete", SNAPSHOT, {}, Decimal("-1.50")),
        ("image.delete", OWN, {}, Decimal("-0.125")),
        ("image.delete", PUBLIC, {}, 0),
        ("floating-ip.allocate", None, {"network_id": "n"}, Decimal("5.110")),
        ("floating-ip.release", ADDRESS, {}, Decimal("-5.110")),
        ("floating-ip.disassociate", ADDRESS, {}, 0),
    ],
)
def test_each_change_is_priced_to_the_last_digit(
    action_id: str, value: object, params: dict[str, object], monthly: Decimal
) -> None:
    step = step_of(RESOURCE_ACTIONS[action_id], paid_item(value), params)
    assert step is not None
    before, after, at_most = burns(step, PRICES, "EUR")
    assert (after.monthly - before.monthly, at_most) == (monthly, False)
    (moved,) = change([before], [after])
    assert (moved.monthly, moved.known) == (monthly, True)


def test_a_volume_of_no_type_costs_at_most_what_the_dearest_does_and_one_of_a_type_what_that_does() -> None:
    for types, at_most in ((("ssd", "hdd"), True), (("ssd",), False), (("ssd", "ssd"), False)):
        step = of("volume.create", None, types, size_gib=10)
        assert step is not None
        _, after, most = burns(step, PRICES, "EUR")
        assert (after.monthly, most) == (Decimal("1.20"), at_most)


def test_what_has_no_price_is_not_known_before_and_after() -> None:
    for step in (of("volume.delete", TAPE), of("volume.create", None, ("ssd", "tape"), size_gib=10)):
        assert step is not None
        before, after, _ = burns(step, PRICES, "EUR")
        (moved,) = change([before], [after])
        assert (moved.known, moved.unpriced) == (False, ("volume tape",))
    copy = of("volume.snapshot", TAPE)
    assert copy is not None
    assert burns(copy, PRICES, "EUR")[1].monthly == 5, "a snapshot has a price of its own"


def test_what_the_cloud_would_refuse_has_no_price() -> None:
    assert of("volume.extend", SSD, size_gib=100) is None
    assert of("volume.extend", SSD, size_gib="") is None
    assert of("volume.create", None, size_gib=0) is None
    assert of("volume.rename", SSD, name="other") is None


def test_every_verb_of_what_is_paid_for_says_what_becomes_of_the_bill_unless_it_only_renames() -> None:
    silent = {spec.id for spec in RESOURCE_ACTIONS.values() if spec.kind in KINDS and spec.bill is None}
    assert silent == {"image.rename", "volume.rename", "volume-snapshot.rename"}
    told = {spec.id: spec for spec in RESOURCE_ACTIONS.values() if spec.bill is not None}
    assert {spec.kind for spec in told.values()} <= set(KINDS)
    assert {spec.creates for spec in told.values() if spec.bill is Bill.BEGINS} == {True}


def test_an_image_of_a_vm_is_no_larger_than_its_disk_and_none_where_it_boots_from_a_volume() -> None:
    vm = Vm(endpoint="e", id="1", name="n", status="", vm_state="active", image_id="i", volume_ids=("v",))
    largest = largest_image(vm, Flavor("small", 2, 4096, 20))
    assert largest == Item(Component.IMAGE, "", Decimal("21.47483648"))
    assert largest_image(vm, Flavor("none", 2, 4096, 0)) is None
    booted = Vm(endpoint="e", id="1", name="n", status="", vm_state="active", volume_ids=("v",))
    assert largest_image(booted, Flavor("small", 2, 4096, 20)) is None
    volumes = [Item(Component.VOLUME, "ssd", Decimal(100))]
    assert copied_volumes(booted, volumes) == (Item(Component.SNAPSHOT, "", Decimal(100)),)
    assert copied_volumes(vm, volumes) == ()
