"""Advice: who is advised what, with which saving, and who is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.advice import Advice, Confidence, VmMetrics, Waste
from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.catalog import Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.sample_rates import SAMPLE
from osvm_tui.domain.thing_advice import image_advice, ip_advice, snapshot_advice, volume_advice
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.vm_advice import Subject, advise
from osvm_tui.domain.volume import Volume, VolumeAttachment, VolumeSnapshot

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SIZES = (("s", 2, 4096, 20), ("m", 4, 8192, 40), ("l", 8, 16384, 40), ("thin", 1, 1024, 10))
FLAVORS = {name: Flavor(name, vcpus, ram, disk, id=f"id-{name}") for name, vcpus, ram, disk in SIZES}


def used(days: float = 20, **readings: float | None) -> VmMetrics:
    fields: dict[str, float | None] = {
        "cpu_avg": 20, "cpu_max": 50, "memory_avg": 40, "memory_max": 60, "network_avg_bps": 1e6, **readings,
    }  # fmt: skip
    return VmMetrics(since=NOW - timedelta(days=days), until=NOW, samples=100, **fields)  # type: ignore[arg-type]


def subject(
    vm_state: str = "active", days: int = 30, policy: str = "stopped-free", flavor: str = "m", **more: object
) -> Subject:
    vm = Vm(
        endpoint="e", id="1", name="web", status="", vm_state=vm_state, launched_at=NOW, image_id="i",
        flavor=FLAVORS[flavor], project_id="p",
    )  # fmt: skip
    fields: dict[str, object] = {
        "vm": vm, "entry": "lab", "flavor": FLAVORS[flavor], "flavors": tuple(FLAVORS.values()),
        "tariff": Tariff(SAMPLE, PRESETS[policy]), "state_since": NOW - timedelta(days=days),
    }  # fmt: skip
    return Subject(**{**fields, **more})  # type: ignore[arg-type]


def of(found: Advice | None) -> tuple[Waste, str, Confidence] | None:
    return None if found is None else (found.waste, found.action_id, found.confidence)


IDLE = used(cpu_avg=1, cpu_max=3, network_avg_bps=10)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (subject(metrics=used()), None),
        (subject(), None),
        (subject(metrics=IDLE), (Waste.IDLE, "stop", Confidence.HIGH)),
        (subject(metrics=IDLE, policy="shelved-free"), (Waste.IDLE, "shelve", Confidence.HIGH)),
        (subject(metrics=IDLE, policy="existing"), (Waste.IDLE, "delete", Confidence.HIGH)),
        (subject(metrics=IDLE, legal=lambda action: action == "delete"), (Waste.IDLE, "delete", Confidence.HIGH)),
        (subject(metrics=used(8, cpu_avg=1, cpu_max=3, network_avg_bps=None)), (Waste.IDLE, "stop", Confidence.MEDIUM)),
        (subject(metrics=used(2, cpu_avg=1, cpu_max=3, network_avg_bps=10)), None),
        (subject(metrics=used(cpu_avg=1, cpu_max=3, network_avg_bps=5000)), None),
        (subject("stopped", policy="shelved-free"), (Waste.STOPPED, "shelve", Confidence.HIGH)),
        (subject("stopped", policy="existing"), (Waste.STOPPED, "delete", Confidence.HIGH)),
        (subject("stopped", days=3, policy="existing"), None),
        (subject("shelved_offloaded", days=40, policy="shelved-free"), None),
        (subject("shelved_offloaded", days=200, policy="shelved-free"), (Waste.FORGOTTEN, "delete", Confidence.HIGH)),
        (subject("error", days=20), (Waste.FORGOTTEN, "delete", Confidence.MEDIUM)),
        (subject("error", days=2), None),
    ],
)  # fmt: skip
def test_who_is_advised_what(one: Subject, expected: tuple[Waste, str, Confidence] | None) -> None:
    assert of(advise(one, NOW)) == expected


def test_a_saving_is_what_the_action_saves_by_this_policy() -> None:
    found = advise(subject(metrics=IDLE), NOW)
    assert found is not None
    # 4 vCPU at 0.0100 and 8 GiB at 0.0040 an hour; the disk stays.
    assert found.saving_monthly == (4 * Decimal("0.0100") + 8 * Decimal("0.0040")) * 730
    assert (found.currency, found.ref, found.id) == ("EUR", subject().vm.ref, "idle:1")
    assert found.evidence == "CPU 1.0 % on average over 20 d, 3.0 % at most, network 10 B/s"
    unknown = advise(subject(metrics=IDLE, tariff=None), NOW)
    assert unknown is not None
    assert (unknown.saving_monthly, unknown.currency, unknown.action_id) == (None, "", "stop")


def test_a_size_is_advised_that_fits_the_peak_and_the_disk() -> None:
    big = advise(subject(flavor="l", metrics=used(cpu_max=20, memory_max=30)), NOW)
    assert big is not None
    # 8 vCPU x 20 % and 16 GiB x 30 % would fit 2 vCPU and 8 GiB, but only m has the disk of 40 GB.
    assert (big.waste, big.detail, big.params) == (
        Waste.OVERSIZED, "resize to m (4 vCPU, 8 GiB)", (("flavor_id", "id-m"),),
    )  # fmt: skip
    assert big.saving_monthly == (4 * Decimal("0.0100") + 8 * Decimal("0.0040")) * 730
    assert advise(subject(flavor="l", metrics=used(cpu_max=20, memory_max=None)), NOW) is None
    full = advise(subject(metrics=used(cpu_avg=95, cpu_max=100)), NOW)
    assert full is not None
    assert (full.waste, full.params) == (Waste.UNDERSIZED, (("flavor_id", "id-l"),))
    assert full.saving_monthly is not None
    assert full.saving_monthly < 0


def test_things_that_hang_on_nothing() -> None:
    old = NOW - timedelta(days=100)
    free = Volume(id="v-1", status="available", size_gib=10, type="standard", created_at=old)
    taken = Volume(id="v-2", status="in-use", size_gib=10, created_at=old, attachments=(VolumeAttachment("vm"),))
    young = Volume(id="v-3", status="available", size_gib=10, created_at=NOW)
    tariff = Tariff(SAMPLE, PRESETS["existing"])
    (volume,) = volume_advice([free, taken, young], "lab", tariff, NOW)
    assert (volume.thing_id, volume.action_id, volume.saving_monthly) == ("v-1", "volume.delete", Decimal("0.80"))
    nowhere, used_ip = FloatingIp(id="f-1", address="203.0.113.1"), FloatingIp(id="f-2", address="a", port_id="p")
    (address,) = ip_advice([nowhere, used_ip], "lab", tariff, NOW)
    assert [address.name, address.action_id, address.saving_monthly] == ["203.0.113.1", "floating-ip.release", 5]
    snapshots = [VolumeSnapshot(id="s", size_gib=20, created_at=old), VolumeSnapshot(id="t", created_at=NOW)]
    (snapshot,) = snapshot_advice(snapshots, "lab", None, NOW)
    assert (snapshot.thing_id, snapshot.saving_monthly) == ("s", None)
    images = [Image("i", "base", created_at=old), Image("j", "snap", created_at=old, snapshot=True, size_bytes=10**9)]
    (image,) = image_advice(images, "lab", tariff, NOW)
    assert (image.thing_id, image.action_id, image.saving_monthly) == ("j", "image.delete", Decimal("0.05"))
