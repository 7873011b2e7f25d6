"""Flavors beside the size that VMs have: each with its difference, what is left of the quota, or why it fits not.

Pure reading of VMs and catalogs. Rules: Nova refuses the same flavor; its compute hosts refuse to shrink a local disk;
an image asks for a least disk and memory; only what grows needs quota.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from osvm_tui.domain.catalog import Image, QuotaItem
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.ui.dialogs.pick import Choice
from osvm_tui.ui.format import mib


def resize_choices(
    vms: Sequence[Vm],
    flavors: Iterable[Flavor],
    images: Mapping[str, Image],
    quota: Mapping[str, QuotaItem],
    prices: Mapping[str, str] | None = None,
) -> list[Choice]:
    """Return every flavor, smallest first; refused where it fits none of `vms`. `prices` tells by id what each
    changes of the bill."""
    told = prices or {}
    ordered = sorted(flavors, key=lambda each: (each.vcpus, each.memory_mib, each.disk_gib, each.name))
    bill = max((len(told.get(each.id, "")) for each in ordered), default=0)
    parts = [(*_parts(each, vms), told.get(each.id, "").rjust(bill), _left(each, vms, quota)) for each in ordered]
    widths = [max(len(row[n]) for row in parts) for n in range(5)] if parts else []
    return [
        Choice(each.id, each.name, _line(row, widths), refused=_refusal(each, vms, images, quota))
        for each, row in zip(ordered, parts, strict=True)
    ]


def _line(parts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()


def present_size(vms: Sequence[Vm]) -> str:
    """Return the size that VMs have, in words; empty when they differ or it is unknown."""
    sizes = {vm.flavor for vm in vms}
    have = sizes.pop() if len(sizes) == 1 else None
    return f"{have.name}: {have.vcpus} vCPU, {mib(have.memory_mib)}, {have.disk_gib} GiB disk" if have else ""


def _parts(new: Flavor, vms: Sequence[Vm]) -> tuple[str, str, str]:
    sizes = {vm.flavor for vm in vms}
    have = sizes.pop() if len(sizes) == 1 else None
    old = have or new
    return (
        f"{new.vcpus} vCPU{_change(new.vcpus - old.vcpus, str)}",
        f"{_gib(new.memory_mib)} GiB{_change(new.memory_mib - old.memory_mib, _gib)}",
        f"{new.disk_gib} GiB{_change(new.disk_gib - old.disk_gib, str)}",
    )


def _change(by: int, shown: Callable[[int], str]) -> str:
    """Return a difference; its unit is that of the value beside it."""
    return f" {'+' if by > 0 else '-'}{shown(abs(by))}" if by else ""


def _gib(memory_mib: int) -> str:
    # One unit for all sizes, so that differences can do without: 0.5 for a tiny one.
    return f"{round(memory_mib / 1024, 2):g}"


def _needs(new: Flavor, vms: Sequence[Vm]) -> dict[str, int]:
    old = [vm.flavor for vm in vms if vm.flavor]
    return {
        "cores": sum(new.vcpus - each.vcpus for each in old),
        "ram": sum(new.memory_mib - each.memory_mib for each in old),
    }


def _left(new: Flavor, vms: Sequence[Vm], quota: Mapping[str, QuotaItem]) -> str:
    left = {
        resource: max(0, item.left - by)
        for resource, by in _needs(new, vms).items()
        if (item := quota.get(resource)) is not None and item.left is not None
    }
    # vCPU stand before memory in the whole line: beside the other they need no unit.
    cores = f"{left['cores']}{'' if 'ram' in left else ' vCPU'}" if "cores" in left else ""
    shown = filter(None, (cores, mib(left["ram"]) if "ram" in left else ""))
    return f"left {', '.join(shown)}" if left else ""


def _refusal(new: Flavor, vms: Sequence[Vm], images: Mapping[str, Image], quota: Mapping[str, QuotaItem]) -> str:
    reasons = [_misfit(new, vm, images.get(vm.image_id or "")) for vm in vms]
    if reasons and all(reasons):
        return reasons[0]
    for resource, by in _needs(new, vms).items():
        left = quota[resource].left if resource in quota else None
        if left is not None and by > left:
            needed, have = (mib(by), mib(left)) if resource == "ram" else (f"{by} vCPU", f"{left} vCPU")
            return f"quota: {needed} more needed, {have} left"
    return ""


def _misfit(new: Flavor, vm: Vm, image: Image | None) -> str:
    have = vm.flavor
    if have is not None and new.name == have.name:
        return f"{vm.name} has this size already"
    if have is not None and vm.image_id and new.disk_gib < have.disk_gib:
        return (
            f"its disk of {new.disk_gib} GiB is smaller than the {have.disk_gib} GiB of {vm.name}; a disk cannot shrink"
        )
    if image is not None and vm.image_id and 0 < new.disk_gib < image.min_disk_gib:
        return f"image {image.name} needs {image.min_disk_gib} GiB of disk"
    if image is not None and new.memory_mib < image.min_memory_mib:
        return f"image {image.name} needs {mib(image.min_memory_mib)} of memory"
    return ""
