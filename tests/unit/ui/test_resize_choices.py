"""Flavors beside a VM's size: differences, what is left of the quota, and why one does not fit."""

from __future__ import annotations

from msgspec.structs import replace

from osvm_tui.domain.catalog import Image, QuotaItem
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.ui.resize_choices import present_size, resize_choices
from tests.pilot.fake_fleet import seeded_fleet

SMALL, LARGE = Flavor("small", 1, 2048, 20, id="s"), Flavor("large", 4, 8192, 80, id="l")
FLAT, HUGE = Flavor("flat", 4, 8192, 0, id="f"), Flavor("huge", 64, 262_144, 800, id="h")
VM = replace(seeded_fleet(1, 7)[0], name="web-1", image_id="img", flavor=SMALL)
QUOTA = {"cores": QuotaItem("cores", 10, 20), "ram": QuotaItem("ram", 0, -1)}
IMAGES = {"img": Image("img", "debian-12", min_disk_gib=5, min_memory_mib=1024)}


def why(new: Flavor, *vms: Vm, quota: dict[str, QuotaItem] = QUOTA) -> str:
    return resize_choices(vms, [new], IMAGES, quota)[0].refused


def test_each_size_stands_with_its_difference_and_what_is_left_of_the_quota() -> None:
    small, large = resize_choices([VM], [LARGE, SMALL], IMAGES, QUOTA)
    assert (small.label, large.label) == ("small", "large")
    assert " ".join(large.told.split()) == "4 vCPU +3 8 GiB +6 80 GiB +60 left 7 vCPU"
    assert large.refused == ""
    short = {"cores": QUOTA["cores"], "ram": QuotaItem("ram", 2048, 16_384)}
    assert resize_choices([VM], [LARGE], IMAGES, short)[0].told.endswith("left 7, 8 GiB")
    tiny = resize_choices([VM], [replace(SMALL, name="tiny", memory_mib=512)], IMAGES, QUOTA)[0]
    assert "0.5 GiB -1.5" in tiny.told


def test_a_size_that_does_not_fit_tells_why() -> None:
    assert why(SMALL, VM) == "web-1 has this size already"
    assert "a disk cannot shrink" in why(SMALL, replace(VM, flavor=LARGE))
    assert why(replace(LARGE, disk_gib=4, memory_mib=512), replace(VM, flavor=replace(SMALL, disk_gib=1))) == (
        "image debian-12 needs 5 GiB of disk"
    )
    assert why(replace(LARGE, memory_mib=512), VM) == "image debian-12 needs 1 GiB of memory"
    assert why(HUGE, VM) == "quota: 63 vCPU more needed, 10 vCPU left"


def test_a_vm_on_a_volume_has_no_disk_to_shrink() -> None:
    assert why(FLAT, replace(VM, image_id=None, volume_ids=("v-1",))) == ""
    assert "a disk cannot shrink" in why(FLAT, VM)


def test_of_many_a_size_is_refused_only_where_it_fits_none_and_the_quota_counts_them_all() -> None:
    other = replace(VM, id="2", name="web-2", flavor=LARGE)
    assert why(LARGE, VM, other) == ""
    assert why(LARGE, other, replace(other, id="3", name="web-3")) == "web-2 has this size already"
    assert why(LARGE, *(replace(VM, id=str(n)) for n in range(4))) == "quota: 12 vCPU more needed, 10 vCPU left"


def test_without_a_quota_nothing_is_promised_or_refused() -> None:
    large = resize_choices([VM], [HUGE], {}, {})[0]
    assert large.refused == ""
    assert "left" not in large.told


def test_the_present_size_is_told_when_there_is_one() -> None:
    assert present_size([VM]) == "small: 1 vCPU, 2 GiB, 20 GiB disk"
    assert present_size([VM, replace(VM, flavor=LARGE)]) == ""
