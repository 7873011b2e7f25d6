"""How `osvm vm list` shows a VM in a line, and which lines a filter leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import click

from osvm_tui.domain.filter import Field, FilterError, Kind, compile_filter
from osvm_tui.domain.vm import Vm

TITLES = ("NAME", "STATUS", "TASK", "IP", "FLOATING", "FLAVOR", "CREATED", "ID")


def row(vm: Vm) -> tuple[object, ...]:
    """Return the cells below TITLES."""
    return vm.name, vm.status, vm.task_state, vm.fixed_ip, vm.floating_ip, _flavor(vm), vm.created_at, vm.id


def filtered(vms: Iterable[Vm], text: str) -> tuple[Vm, ...]:
    """Return the VMs that `text` leaves, by name and id; a wrong filter is a usage error that shows where."""
    try:
        wanted = compile_filter(text, _fields(datetime.now(UTC)), _any_text)
    except FilterError as error:
        raise click.UsageError(f"{error.sentence}\n  {text}\n  {' ' * error.position}^") from None
    found = vms if wanted is None else filter(wanted.passes, vms)
    return tuple(sorted(found, key=lambda vm: (vm.name, vm.id)))


def _fields(now: datetime) -> dict[str, Field[Vm]]:
    def text(read: Callable[[Vm], object]) -> Field[Vm]:
        return Field(Kind.TEXT, read)

    return {
        "name": text(lambda vm: vm.name),
        "status": text(lambda vm: vm.status),
        "task": text(lambda vm: vm.task_state),
        "ip": text(lambda vm: vm.fixed_ip),
        "floating": text(lambda vm: vm.floating_ip),
        "flavor": text(_flavor),
        "vcpus": Field(Kind.NUMBER, lambda vm: vm.flavor.vcpus if vm.flavor else None),
        "ram": Field(Kind.SIZE, lambda vm: vm.flavor.memory_mib if vm.flavor else None),
        "age": Field(Kind.AGE, lambda vm: (now - vm.created_at).total_seconds() if vm.created_at else None),
        "image": text(lambda vm: vm.image_id),
        "key": text(lambda vm: vm.key_name),
        "az": text(lambda vm: vm.availability_zone),
        "host": text(lambda vm: vm.host),
        "project": text(lambda vm: vm.project_id),
        "tags": text(lambda vm: ",".join(vm.tags)),
        "id": text(lambda vm: vm.id),
        "locked": Field(Kind.FLAG, lambda vm: vm.locked),
    }


def _any_text(vm: Vm) -> str:
    parts = [vm.name, vm.id, vm.status, vm.task_state or "", _flavor(vm), vm.host, vm.key_name, vm.availability_zone]
    parts += [address.addr for address in vm.addresses]
    return "\n".join([*parts, *vm.tags]).lower()


def _flavor(vm: Vm) -> str:
    return vm.flavor.name if vm.flavor else ""
