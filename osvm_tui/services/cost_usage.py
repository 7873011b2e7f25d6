"""`compare`: Nova's usage record beside our own histories, each difference with its reason; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from osvm_tui.domain.rollup import hours
from osvm_tui.domain.stretches import UNKNOWN, Stretch
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.vm import Vm
from osvm_tui.services.costs_api import HoursHeld

_SAME_H = Decimal(1) / 60


def compare(
    told: Iterable[VmUsage],
    lives: Mapping[str, tuple[Vm, tuple[Stretch, ...]]],
    since: datetime,
    until: datetime,
) -> tuple[HoursHeld, ...]:
    """Return one row per VM that either side knows in the window, the greatest difference first."""
    usage = {one.vm_id: one for one in told}
    rows = []
    for vm_id in usage.keys() | lives.keys():
        nova, ours = usage.get(vm_id), lives.get(vm_id)
        held = _held(ours[1], since, until) if ours is not None else None
        if nova is None and not held:
            continue
        rows.append(_row(vm_id, nova, ours, held, since, until))
    return tuple(sorted(rows, key=lambda row: (-_apart(row), row.name)))


def _apart(row: HoursHeld) -> Decimal:
    return abs((row.nova_hours or Decimal(0)) - (row.our_hours or Decimal(0)))


def _row(
    vm_id: str,
    nova: VmUsage | None,
    ours: tuple[Vm, tuple[Stretch, ...]] | None,
    held: Decimal | None,
    since: datetime,
    until: datetime,
) -> HoursHeld:
    vm = ours[0] if ours is not None else None
    nova_hours = nova.hours.quantize(Decimal("0.0001")) if nova is not None else None
    return HoursHeld(
        vm_id=vm_id,
        name=vm.name if vm is not None else nova.name if nova is not None else "",
        project_id=vm.project_id if vm is not None else nova.project_id if nova is not None else "",
        nova_hours=nova_hours,
        our_hours=held,
        explained=_why(nova, nova_hours, ours, held, since, until),
    )


def _held(life: Iterable[Stretch], since: datetime, until: datetime) -> Decimal:
    """Return how long a VM was there after its launch, whatever its state: what Nova counts, too."""
    held = (min(until, one.until) - max(since, one.since) for one in life if one.launched is not False)
    return hours(sum(max(0, stretch // timedelta(microseconds=1)) for stretch in held))


def _why(
    nova: VmUsage | None,
    nova_hours: Decimal | None,
    ours: tuple[Vm, tuple[Stretch, ...]] | None,
    held: Decimal | None,
    since: datetime,
    until: datetime,
) -> str:
    if nova is None or nova_hours is None:
        return "Nova counts only what was launched, and keeps no deleted VM for ever"
    if ours is None or held is None:
        return "no console of this store ever saw it"
    if abs(nova_hours - held) <= _SAME_H:
        return ""
    life = [one for one in ours[1] if one.until > since and one.since < until]
    first = next((one.since for one in life if one.launched is not False), None)
    if nova_hours < held and nova.started_at is not None and first is not None and nova.started_at > first:
        return (
            f"Nova counts from {nova.started_at:%Y-%m-%d %H:%M} UTC alone: resize, rebuild, rescue and unshelve "
            "begin its record anew"
        )
    if any(one.vm_state == UNKNOWN and one.may_be_gone for one in life):
        return "no console saw when it was deleted"
    if nova.ended_at is not None:
        return "its end was seen later than it happened"
    return "the record was read at another moment, or a clock is off"
