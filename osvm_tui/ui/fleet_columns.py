"""The fleet's columns: what each shows of a VM, what it sorts by, and the value it saves. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Cell, Column, Look, expected
from osvm_tui.ui.format import SIGNS, Token, mib, state_mark


def fleet_columns(
    look: Look,
    cloud: Column[Vm] | None = None,
    cost: Column[Vm] | None = None,
    metrics: tuple[Column[Vm], ...] = (),
) -> tuple[Column[Vm], ...]:
    """Return the fleet's columns, drawn as `look` says; `cloud` is the column of the clouds where there are several,
    `cost` that of what VMs cost, `metrics` those of what they do."""

    def status(vm: Vm) -> Cell:
        mark = state_mark(vm, look.glyphs)
        text = f"{look.glyph(vm)} {mark.word}"
        if not look.task_shown and (vm.task_state or vm.locked):
            text += f" {vm.task_state or 'locked'}"
        coming = expected(look.pending(vm.ref))
        return Cell(f"{text} {SIGNS[look.glyphs]['to']} {coming}" if coming else text, mark.token)

    def task(vm: Vm) -> Cell:
        if look.stuck(vm.ref):
            return Cell(stuck_task(vm), Token.WRONG)
        if vm.task_state:
            return Cell(vm.task_state, Token.CHANGING)
        return Cell("locked", Token.STALE) if vm.locked else _NONE

    names, dim = look.names, Token.DIM
    return (
        Column("name", "NAME", 18, lambda vm: Cell(vm.name), _name_key, grow=3, raw=lambda vm: vm.name),
        Column("status", "STATUS", 19, status, status_key, grow=2, raw=lambda vm: vm.status),
        Column("task", "TASK", 16, task, _task_key, 3, grow=1, raw=lambda vm: vm.task_state),
        *((cloud,) if cloud else ()),
        _text("ip", "IP", 15, lambda vm: vm.fixed_ip, 1)._replace(sort=lambda vm: ip_key(vm.fixed_ip)),
        _text("floating", "FLOATING", 15, lambda vm: vm.floating_ip, 5)._replace(sort=_floating_key),
        _text("flavor", "FLAVOR", 10, _flavor_key, 5, grow=1),
        Column("vcpu", "VCPU", 4, _vcpu, _vcpu_key, 7, right=True, raw=_vcpu_key),
        Column("ram", "RAM", 7, _ram, _ram_key, 6, right=True, raw=_ram_key),
        *metrics,
        *((cost,) if cost else ()),
        _text("image", "IMAGE", 14, names.image, 9, grow=1, token=dim),
        _text("key", "KEY", 10, lambda vm: vm.key_name, 13, token=dim),
        _text("az", "AZ", 8, lambda vm: vm.availability_zone, 12, token=dim),
        _text("host", "HOST", 12, lambda vm: vm.host, 8, grow=1, token=dim),
        _text("project", "PROJECT", 10, names.project, 10, grow=1, token=dim),
        _text("user", "USER", 10, names.user, 15, token=dim),
        _text("tags", "TAGS", 12, lambda vm: ",".join(vm.tags), 11, grow=1, token=dim),
        Column("id", "ID", 8, lambda vm: Cell(vm.id[:8], dim), lambda vm: vm.id, 14, raw=lambda vm: vm.id),
        Column(
            "age", "AGE", 5, lambda vm: Cell(look.age(vm.created_at), dim), _born_key, 2, True, flash=False,
            raw=lambda vm: vm.created_at,
        ),
    )  # fmt: skip


def _text(
    key: str, title: str, width: int, read: Callable[[Vm], str], priority: int, *, grow: int = 0,
    token: Token = Token.PLAIN,
) -> Column[Vm]:  # fmt: skip
    def cell(vm: Vm) -> Cell:
        text = read(vm)
        return Cell(text, token) if text else _NONE

    return Column(key, title, width, cell, read, priority, grow=grow, raw=read)


MAY_BE_EMPTY: dict[str, Callable[[Vm], Any]] = {
    "task": lambda vm: vm.task_state or vm.locked,
    "floating": lambda vm: any(address.floating for address in vm.addresses),
    "key": lambda vm: vm.key_name,
    "host": lambda vm: vm.host,
    "tags": lambda vm: vm.tags,
}
"""Columns that hold nothing in many a fleet, and whether a VM has something for them."""


_NONE = Cell("-", Token.DIM)
_TROUBLE = {"ERROR": 0, "UNKNOWN": 1, "BUILD": 3, "ACTIVE": 5}


def stuck_task(vm: Vm) -> str:
    """Return what the TASK column says of a VM that is stuck."""
    return f"stuck {vm.task_state or vm.vm_state}"


def status_key(vm: Vm) -> tuple[int, str]:
    """Return the order of statuses: trouble first, then what is busy, what is unusual, what runs, what is off."""
    rank = _TROUBLE.get(vm.status, 2 if vm.busy else 4)
    return (6 if vm.status == "SHUTOFF" and not vm.busy else rank, vm.status)


def _name_key(vm: Vm) -> str:
    return vm.name.casefold()


def _born_key(vm: Vm) -> float:
    return vm.created_at.timestamp() if vm.created_at else 0.0


def _task_key(vm: Vm) -> str:
    return vm.task_state or "~"


def _floating_key(vm: Vm) -> tuple[int, str]:
    return ip_key(vm.floating_ip)


def ip_key(addr: str) -> tuple[int, str]:
    """Return the order of addresses: by number, version 4 first, none last."""
    if not addr:
        return (2, "")
    if "." in addr:
        return (0, "".join(part.zfill(3) for part in addr.split(".")))
    return (1, addr)


def _vcpu(vm: Vm) -> Cell:
    return Cell(str(vm.flavor.vcpus)) if vm.flavor else _NONE


def _ram(vm: Vm) -> Cell:
    return Cell(mib(vm.flavor.memory_mib)) if vm.flavor else _NONE


def _vcpu_key(vm: Vm) -> int:
    return vm.flavor.vcpus if vm.flavor else 0


def _ram_key(vm: Vm) -> int:
    return vm.flavor.memory_mib if vm.flavor else 0


def _flavor_key(vm: Vm) -> str:
    return vm.flavor.name if vm.flavor else ""
