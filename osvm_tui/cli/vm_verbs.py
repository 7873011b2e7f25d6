"""One headless command for every offered verb that changes a VM: all of it is read from ACTIONS."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.following import follow, waiting_options
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option
from osvm_tui.cli.session import headless
from osvm_tui.domain.action import ActionSpec, Param, Risk
from osvm_tui.domain.actions import offered
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.domain.vm import Vm
from osvm_tui.services.console import Console

_KINDS: dict[str, click.ParamType[Any]] = {"int": click.INT, "flag": click.BOOL}


def verb_commands() -> Iterator[click.Command]:
    """Yield the command of every offered verb that changes something."""
    for spec in offered():
        if spec.changes:
            yield _command(spec)


def _command(spec: ActionSpec) -> click.Command:
    def run(names: tuple[str, ...], wait: bool, timeout: float | None, output: str, yes: bool, **params: Any) -> Exit:
        launch = click.get_current_context().find_object(Launch)
        assert launch is not None
        given = {name: value for name, value in params.items() if value is not None}
        if spec.edits and not given:
            raise click.UsageError(f"nothing to change: give {' or '.join(_flag(param) for param in spec.params)}")
        if len(names) > 1 and not spec.bulk:
            raise click.UsageError(f"{spec.id} takes one VM")

        async def work(console: Console) -> Exit:
            vms = tuple({vm.ref: vm for vm in map(console.find, names)}.values())
            if spec.risk is Risk.DESTRUCTIVE and not yes:
                with _ctrl_c_interrupts():
                    _confirm(spec, vms)
            targets = tuple(vm.ref for vm in vms)
            submission = await console.submit(ActionRequest(spec.id, targets, given, source="headless"))
            return await follow(console, submission, wait, spec.deadline_s if timeout is None else timeout, output)

        return headless(launch, work)

    decorated = output_option(waiting_options(cloud_options(run)))
    command = click.command(spec.id, help=_help(spec), short_help=spec.help)(decorated)
    command.params += [click.Argument(["names"], nargs=-1, required=True, metavar="NAME..." if spec.bulk else "NAME")]
    command.params += [_option(param) for param in spec.params]
    command.params += [
        click.Option(["--yes"], is_flag=True, help="Do not ask.", hidden=spec.risk is not Risk.DESTRUCTIVE)
    ]
    return command


def _help(spec: ActionSpec) -> str:
    return f"{spec.label}: {spec.help}." + (f" {spec.note.capitalize()}." if spec.note else "")


def _option(param: Param) -> click.Option:
    kind = click.Choice(param.choices) if param.choices else _KINDS.get(param.kind, click.STRING)
    default = param.default or None
    return click.Option(
        [_flag(param), param.name], type=kind, required=param.required, default=default, help=param.help
    )


def _flag(param: Param) -> str:
    return f"--{param.name.replace('_', '-')}"


@contextmanager
def _ctrl_c_interrupts() -> Iterator[None]:
    """Let ctrl-c end a question at once: the running loop's own handler would wait for the answer first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _confirm(spec: ActionSpec, vms: Sequence[Vm]) -> None:
    """Let the operator type the name (of one VM) or the count (of several); refuse where nobody can type."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{spec.id} cannot be undone: --yes is needed where there is no terminal")
    for vm in vms:
        click.echo(f"{spec.doing} {vm.name}  {vm.id}  {vm.status}  {vm.fixed_ip or '-'}", err=True)
    wanted = vms[0].name if len(vms) == 1 else str(len(vms))
    what = "its name" if len(vms) == 1 else "how many they are"
    if click.prompt(f"type {what} to {spec.id}", err=True) != wanted:
        raise Refused(f"that is not {what}: nothing was done")
