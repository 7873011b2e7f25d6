"""One headless command for every offered verb that changes a VM: all of it is read from ACTIONS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from osvm_tui.cli.choosing import chosen
from osvm_tui.cli.confirming import confirm, yes_option
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.following import follow, waiting_options
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option
from osvm_tui.cli.param_options import collected, flag_of, options
from osvm_tui.cli.session import headless
from osvm_tui.domain.action import ActionSpec, Risk
from osvm_tui.domain.actions import offered
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.domain.vm import Vm
from osvm_tui.services.console import Console


def verb_commands() -> Iterator[click.Command]:
    """Yield the command of every offered verb that changes something."""
    for spec in offered():
        if spec.changes:
            yield _command(spec)


def _command(spec: ActionSpec) -> click.Command:
    def run(names: tuple[str, ...], wait: bool, timeout: float | None, output: str, yes: bool, **params: Any) -> Exit:
        launch = click.get_current_context().find_object(Launch)
        assert launch is not None
        if len(names) > 1 and not spec.bulk:
            raise click.UsageError(f"{spec.id} takes one VM")
        given = collected(spec.params, params)
        if spec.edits and not given:
            raise click.UsageError(f"nothing to change: give {' or '.join(map(flag_of, spec.params))}")

        async def work(console: Console) -> Exit:
            vms = tuple({vm.ref: vm for vm in map(console.find, names)}.values())
            values = await _values(console, spec, vms, given)
            if spec.risk is Risk.DESTRUCTIVE and not yes:
                confirm(spec.id, [vm.name for vm in vms], [_line(spec, vm) for vm in vms])
            targets = tuple(vm.ref for vm in vms)
            submission = await console.submit(ActionRequest(spec.id, targets, values, source="headless"))
            return await follow(console, submission, wait, spec.deadline_s if timeout is None else timeout, output)

        return headless(launch, work)

    decorated = output_option(waiting_options(cloud_options(run)))
    command = click.command(spec.id, help=_help(spec), short_help=spec.help)(decorated)
    command.params += [click.Argument(["names"], nargs=-1, required=True, metavar="NAME..." if spec.bulk else "NAME")]
    command.params += [*options(spec.params, required=not spec.edits), yes_option(needed=spec.risk is Risk.DESTRUCTIVE)]
    return command


async def _values(console: Console, spec: ActionSpec, vms: Sequence[Vm], given: dict[str, object]) -> dict[str, object]:
    """Return the parameters as they are sent; what is chosen from a list must mean one thing for all VMs.

    VMs that the gate refuses anyway are not asked for their lists.
    """
    allowed = [vm for vm in vms if console.verdict(vm.ref, spec.id).allowed]
    found = [await chosen(console, spec.params, given, console.entry_of(vm.ref), vm.ref) for vm in allowed]
    if any(values != found[0] for values in found):
        raise click.UsageError("what was given means different things for these VMs; ask for them one by one")
    return found[0] if found else given


def _line(spec: ActionSpec, vm: Vm) -> str:
    return f"{spec.doing} {vm.name}  {vm.id}  {vm.status}  {vm.fixed_ip or '-'}"


def _help(spec: ActionSpec) -> str:
    return f"{spec.label}: {spec.help}." + (f" {spec.note.capitalize()}." if spec.note else "")
