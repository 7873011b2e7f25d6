"""Advice: who is advised what, with which saving, and who is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.advice import Advice, Confidence, VmMetrics, Waste
from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.catalog import Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.sample_rates import SAMPLE
from osvm_tui.domain.thing_advice import image_advice, ip_advice, snapshot_advice, volume_advice
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.vm_advice import Subject, advise
from osvm_tui.domain.vm_prices import VmPrices
from osvm_tui.domain.volume import Volume, VolumeAttachment, VolumeSnapshot

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SIZES = (("s", 2, 4096, 20), ("m", 4, 8192, 40), ("l", 8, 16384, 40), ("thin", 1, 1024, 10))
FLAVORS = {name: Flavor(name, vcpus, ram, disk, id=f"id-{name}") for name, vcpus, ram, disk in SIZES}


def used(days: float = 20, **readings: float | datetime | None) -> VmMetrics:
    fields: dict[str, float | datetime | None] = {
        "cpu_avg": 20, "cpu_max": 50, "memory_avg": 40, "memory_max": 60, "network_avg_bps": 1e6, "cpu_days": days,
        "memory_days": days, "network_days": days, **readings,
    }  # fmt: skip
    return VmMetrics(since=NOW - timedelta(days=days), until=NOW, **fields)  # type: ignore[arg-type]


def subject(
    vm_state: str = "active", days: int = 30, policy: str = "stopped-free", flavor: str = "m",
    flavors: Iterable[Flavor] = FLAVORS.values(), made: Mapping[str, object] | None = None, **more: object,
) -> Subject:  # fmt: skip
    fields: dict[str, object] = {
        "endpoint": "e", "id": "1", "name": "web", "status": "", "vm_state": vm_state, "flavor": FLAVORS[flavor],
        "project_id": "p", "image_id": "i", "launched_at": NOW - timedelta(days=80), **(made or {}),
    }  # fmt: skip
    vm = Vm(**fields)  # type: ignore[arg-type]
    tariff = Tariff(SAMPLE, PRESETS[policy]) if policy else None
    fields = {
        "vm": vm, "entry": "lab", "flavor": FLAVORS[flavor], "prices": VmPrices(tariff, NOW, flavors),
        "state_since": NOW - timedelta(days=days),
    }  # fmt: skip
    return Subject(**{**fields, **more})  # type: ignore[arg-type]


def of(found: Advice | None) -> tuple[Waste, str, Confidence] | None:
    return None if found is None else (found.waste, found.action_id, found.confidence)


def idle(days: float = 20, **readings: float | datetime | None) -> VmMetrics:
    return used(days, **{"cpu_avg": 1, "cpu_max": 3, "network_avg_bps": 10, **readings})


HIGH, MEDIUM = Confidence.HIGH, Confidence.MEDIUM
NEVER_RAN = {"launched_at": None}
OLD = {"created_at": NOW - timedelta(days=400)}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (subject(metrics=used()), None),
        (subject(), None),
        (subject(metrics=idle()), (Waste.IDLE, "stop", HIGH)),
        (subject(metrics=idle(), policy="shelved-free"), (Waste.IDLE, "shelve", HIGH)),
        (subject(metrics=idle(), policy="existing"), None),
        (subject(metrics=idle(memory_max=30), policy="existing", flavor="l"), (Waste.OVERSIZED, "resize", HIGH)),
        (subject(metrics=idle(), legal=lambda action: action == "delete"), None),
        (subject(metrics=idle(8)), (Waste.IDLE, "stop", MEDIUM)),
        (subject(metrics=idle(2)), None),
        (subject(metrics=idle(), made=OLD), (Waste.FORGOTTEN, "stop", HIGH)),
        (subject(metrics=idle(10), made=OLD), (Waste.IDLE, "stop", MEDIUM)),
        (subject(metrics=idle(login_at=NOW - timedelta(days=100)), made=OLD), (Waste.FORGOTTEN, "stop", HIGH)),
        (subject(metrics=idle(login_at=NOW - timedelta(days=3)), made=OLD), (Waste.IDLE, "stop", HIGH)),
        (subject(metrics=idle(network_avg_bps=None)), None),
        (subject(metrics=idle(cpu_max=None)), None),
        (subject(metrics=idle(network_avg_bps=5000)), None),
        (subject(metrics=idle(cpu_days=0.01)), None),
        (subject(metrics=idle(network_days=10)), None),
        (subject(metrics=idle(), made={"launched_at": NOW - timedelta(days=19)}), None),
        (subject("stopped", policy="shelved-free"), (Waste.STOPPED, "shelve", HIGH)),
        (subject("stopped", policy="existing"), (Waste.STOPPED, "create-image", MEDIUM)),
        (subject("stopped", days=3, policy="existing"), None),
        (subject("stopped", days=100, policy=""), (Waste.FORGOTTEN, "shelve", HIGH)),
        (subject("shelved_offloaded", days=40, policy="shelved-free"), None),
        (subject("shelved_offloaded", days=200, policy="shelved-free"), None),
        (subject("shelved_offloaded", days=200, policy=""), None),
        (subject("shelved_offloaded", days=200, policy="existing"), (Waste.FORGOTTEN, "unshelve", MEDIUM)),
        (subject("error", days=20, policy="existing", made=NEVER_RAN), (Waste.FORGOTTEN, "delete", MEDIUM)),
        (subject("error", days=40), (Waste.FORGOTTEN, "reboot-hard", MEDIUM)),
        (subject("error", days=20, policy="stopped-free", made=NEVER_RAN), None),
        (subject("error", days=2), None),
    ],
)  # fmt: skip
def test_who_is_advised_what(one: Subject, expected: tuple[Waste, str, Confidence] | None) -> None:
    assert of(advise(one, NOW)) == expected


def test_a_saving_is_what_the_action_saves_by_this_policy() -> None:
    found = advise(subject(metrics=idle(cpu_days=18)), NOW)
    assert found is not None
    # 4 vCPU at 0.0100 and 8 GiB at 0.0040 an hour; the disk stays.
    assert found.saving_monthly == (4 * Decimal("0.0100") + 8 * Decimal("0.0040")) * 730
    assert (found.currency, found.ref, found.id) == ("EUR", subject().vm.ref, "idle:1")
    assert found.evidence == (
        "CPU 1.0 % on average over 20 d, 3.0 % in the busiest 10 min, network 10 B/s; measured 90 % of that time"
    )
    alone = advise(subject(metrics=idle(login_at=NOW - timedelta(days=100)), made=OLD), NOW)
    assert alone is not None
    assert alone.evidence.startswith("made 400 d ago; CPU 1.0 % on average over 20 d")
    assert alone.evidence.endswith("; no login on a terminal since 2026-08-14")
    unknown = advise(subject(metrics=idle(), policy=""), NOW)
    assert unknown is not None
    assert (unknown.saving_monthly, unknown.currency, unknown.action_id) == (None, "", "stop")


def test_what_keeps_the_data_goes_before_deletion_and_is_paid_for() -> None:
    image = 40 * Decimal(1024**3) / 10**9 * Decimal("0.05")
    compute = (4 * Decimal("0.0100") + 8 * Decimal("0.0040")) * 730
    kept = advise(subject("stopped", policy="existing"), NOW)
    assert kept is not None
    assert kept.detail == f"keep an image of it, then delete it; its image costs up to {image:.2f} EUR a month"
    monthly = Decimal(kept.evidence.split()[6])
    assert monthly > compute
    assert kept.saving_monthly is not None
    assert abs(kept.saving_monthly - (monthly - image)) < Decimal("0.01")
    shelved = advise(subject(metrics=idle(), policy="shelved-free"), NOW)
    assert shelved is not None
    assert shelved.detail == f"shelve it; its image costs up to {image:.2f} EUR a month"
    assert shelved.saving_monthly is not None
    assert abs(shelved.saving_monthly - (monthly - image)) < Decimal("0.01")


def test_a_size_is_advised_that_fits_the_peak_and_the_disk() -> None:
    big = advise(subject(flavor="l", metrics=used(cpu_max=20, memory_max=30)), NOW)
    assert big is not None
    # 8 vCPU x 20 % and 16 GiB x 30 % would fit 2 vCPU and 8 GiB, but only m has the disk of 40 GB.
    assert (big.waste, big.detail, big.params) == (
        Waste.OVERSIZED, "resize to m (4 vCPU, 8 GiB)", (("flavor_id", "id-m"),),
    )  # fmt: skip
    assert big.saving_monthly == (4 * Decimal("0.0100") + 8 * Decimal("0.0040")) * 730
    for lacking in (used(cpu_max=20, memory_max=None), used(cpu_max=20, memory_max=30, memory_days=1)):
        assert advise(subject(flavor="l", metrics=lacking), NOW) is None
    full = advise(subject(metrics=used(cpu_avg=95, cpu_max=100)), NOW)
    assert full is not None
    assert (full.waste, full.params) == (Waste.UNDERSIZED, (("flavor_id", "id-l"),))
    assert full.saving_monthly is not None
    assert full.saving_monthly < 0


def test_no_flavor_is_advised_that_is_another_machine_or_has_no_price() -> None:
    gpu = replace(FLAVORS["l"], name="gpu", extra_specs=(("resources:VGPU", "1"),))
    small = replace(FLAVORS["m"], name="gpu-m", extra_specs=gpu.extra_specs)
    low = used(cpu_max=20, memory_max=30)

    def advised(flavors: Iterable[Flavor]) -> str:
        found = advise(subject(flavor="l", flavors=flavors, metrics=low), NOW)
        return "" if found is None else dict(found.params)["flavor_id"]

    assert advised([gpu, FLAVORS["m"]]) == "id-m"
    assert advise(replace_flavor(subject(flavors=[gpu, *FLAVORS.values()], metrics=low), gpu), NOW) is None
    found = advise(replace_flavor(subject(flavors=[gpu, small, FLAVORS["m"]], metrics=low), gpu), NOW)
    assert found is not None
    assert found.detail.startswith("resize to gpu-m ")


def replace_flavor(one: Subject, flavor: Flavor) -> Subject:
    return replace(one, flavor=flavor, vm=replace(one.vm, flavor=flavor))


OLD_AT = NOW - timedelta(days=100)
TARIFF = Tariff(SAMPLE, PRESETS["existing"])


def test_volumes_and_addresses_that_hang_on_nothing() -> None:
    free = Volume(id="v-1", status="available", size_gib=10, type="standard", created_at=OLD_AT)
    taken = Volume(id="v-2", status="in-use", size_gib=10, created_at=OLD_AT, attachments=(VolumeAttachment("vm"),))
    young = Volume(id="v-3", status="available", size_gib=10, created_at=NOW)
    detached = replace(free, id="v-4", updated_at=NOW - timedelta(minutes=1))
    since = replace(free, id="v-5", updated_at=NOW - timedelta(days=40))
    first, second = volume_advice([free, taken, young, detached, since], "lab", TARIFF, NOW)
    assert (first.thing_id, first.action_id, first.saving_monthly) == ("v-1", "volume.delete", Decimal("0.80"))
    assert second.evidence == "10 GB standard attached to nothing for 40 d at least, made 100 d ago"
    assert {first.confidence, second.confidence} == {MEDIUM}
    nowhere, used_ip = FloatingIp(id="f-1", address="203.0.113.1"), FloatingIp(id="f-2", address="a", port_id="p")
    (address,) = ip_advice([nowhere, used_ip], "lab", TARIFF, NOW)
    assert [address.name, address.action_id, address.saving_monthly] == ["203.0.113.1", "floating-ip.release", 5]


def test_no_snapshot_is_advised_against_that_may_be_the_only_copy() -> None:
    old = VolumeSnapshot(id="s", size_gib=20, created_at=OLD_AT, volume_id="v")
    snapshots = [old, replace(old, id="young", created_at=NOW), replace(old, id="alone", volume_id="gone")]
    (snapshot,) = snapshot_advice(snapshots, {"v"}, "lab", None, NOW)
    assert (snapshot.thing_id, snapshot.saving_monthly) == ("s", None)
    plain = Image("j", "snap", created_at=OLD_AT, snapshot=True, size_bytes=10**9, vm_id="vm")
    others = (
        {"snapshot": False}, {"name": "web-01-shelved"}, {"id": "booted"}, {"vm_id": "gone"}, {"vm_id": ""},
        {"protected": True}, {"visibility": "public"}, {"created_at": NOW},
    )  # fmt: skip
    images = [plain, *(replace(plain, **{"id": "other", **other}) for other in others)]
    (image,) = image_advice(images, {"vm"}, {"booted"}, "lab", TARIFF, NOW)
    assert (image.thing_id, image.action_id, image.saving_monthly) == ("j", "image.delete", Decimal("0.05"))
