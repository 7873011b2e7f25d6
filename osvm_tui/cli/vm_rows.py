"""How `osvm vm list` shows a VM in a line, and which VMs a filter leaves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from osvm_tui.domain.filter import FilterError, compile_filter
from osvm_tui.domain.vm import Vm
from osvm_tui.domain.vm_fields import Names, any_text, vm_fields
from osvm_tui.services.api import ConsoleApi

TITLES = ("NAME", "STATUS", "TASK", "IP", "FLOATING", "FLAVOR", "CREATED", "ID")


def row(vm: Vm) -> tuple[object, ...]:
    """Return the cells below TITLES."""
    flavor = vm.flavor.name if vm.flavor else ""
    return vm.name, vm.status, vm.task_state, vm.fixed_ip, vm.floating_ip, flavor, vm.created_at, vm.id


def filtered(vms: Iterable[Vm], text: str, names: Names) -> tuple[Vm, ...]:
    """Return the VMs that `text` leaves, by name and id; a wrong filter is a usage error that shows where."""
    fields = vm_fields(lambda: datetime.now(UTC), names)
    try:
        wanted = compile_filter(text, fields, lambda vm: any_text(vm, names))
    except FilterError as error:
        raise click.UsageError(f"{error.sentence}\n  {text}\n  {' ' * error.position}^") from None
    found = vms if wanted is None else filter(wanted.passes, vms)
    return tuple(sorted(found, key=lambda vm: (vm.name, vm.id)))


def names_of(console: ConsoleApi) -> Names:
    """Return the names of projects and users as far as the open clouds have told them."""
    projects: dict[str, str] = {}
    users: dict[str, str] = {}
    for view in console.scopes():
        if view.scope is not None:
            projects[view.scope.project_id] = view.scope.project_name
            users[view.scope.user_id] = view.scope.user_name
        known = console.names(view.entry)
        projects.update(known[0])
        users.update(known[1])
    return Names(projects, users)
