"""`osvm op`: what was asked for by all consoles on this store, how it ended, and operations as a whole: steered,
asked for again, taken back. ID is an operation's id or the beginning of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click
import msgspec

from osvm_tui.cli.exits import Exit, worst
from osvm_tui.cli.following import follow, follow_all, waiting_options
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_fields, print_json, print_table
from osvm_tui.cli.session import headless, offline
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import Ambiguous, OsvmError, Refused, Unknown
from osvm_tui.domain.operations import Control, ItemState, OperationItem, OperationView, Submission
from osvm_tui.services.console import Console

_SHORT = 8

T = TypeVar("T")


@click.group()
def op() -> None:
    """Operations: actions asked for and followed. ID may be the beginning of an id."""


@op.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--open", "only_open", is_flag=True, help="Only those that have not ended.")
@output_option
@click.pass_obj
def list_operations(launch: Launch, limit: int, only_open: bool, output: str) -> Exit:
    """List operation items, newest first."""

    async def work(console: Console) -> None:
        items = [item for item in console.operations() if item.state.open or not only_open][:limit]
        if output == "json":
            print_json(items)
        else:
            titles = ("OPERATION", "ASKED", "OPERATOR", "ACTION", "VM", "CLOUD", "STATE", "MESSAGE")
            print_table(titles, map(_cells, items))

    return offline(launch, work)


@op.command()
@click.argument("operation", metavar="ID")
@output_option
@click.pass_obj
def show(launch: Launch, operation: str, output: str) -> Exit:
    """Show an operation with its items."""

    async def work(console: Console) -> None:
        view = _found(console, operation)
        items = console.bulk.items(view.id)
        if output == "json":
            print_json({"operation": msgspec.to_builtins(view), "items": items})
            return
        counts = ", ".join(f"{count} {state.value}" for state, count in view.counts)
        print_fields(
            [("id", view.id), ("action", view.action_id), ("operator", view.operator), ("asked", view.requested_at),
             ("control", view.control.value), ("items", counts), *view.params]
        )  # fmt: skip
        print_table(
            ("ITEM", "VM", "CLOUD", "STATE", "MESSAGE"),
            [(item.id[:_SHORT], item.vm_name, item.entry, item.state.value, item.message) for item in items],
        )

    return offline(launch, work)


def _steering(name: str, control: Control, help: str) -> click.Command:
    def run(operation: str) -> Exit:
        launch = click.get_current_context().find_object(Launch)
        assert launch is not None

        async def work(console: Console) -> None:
            if launch.read_only or launch.settings.read_only:
                raise Refused("this console is read-only")
            view = _found(console, operation)
            entries = {item.entry for item in console.bulk.items(view.id)}
            closed = sorted(entry for entry in entries if (own := launch.settings.cloud.get(entry)) and own.read_only)
            if closed:
                raise Refused(f"{closed[0]} is read-only here")
            await console.bulk.steer(view.id, control)
            click.echo(f"{view.action_id} {view.id[:_SHORT]}: {control.value}")

        return offline(launch, work)

    return click.command(name, help=help)(click.argument("operation", metavar="ID")(run))


op.add_command(_steering("pause", Control.PAUSE, "Send nothing more of it for now; what was sent goes on."))
op.add_command(_steering("resume", Control.RUN, "Go on with what was not sent yet."))
op.add_command(_steering("cancel", Control.CANCEL, "Never send what was not sent yet; this is final."))


@op.command()
@click.argument("operation", metavar="ID")
@waiting_options
@cloud_options
@output_option
@click.pass_obj
def retry(launch: Launch, operation: str, wait: bool, timeout: float | None, output: str) -> Exit:
    """Ask again for the items that failed or were cancelled; the gate is asked anew."""

    async def work(console: Console) -> Exit:
        view = _found(console, operation)
        submission = await console.bulk.retry(view.id)
        return await follow(console, submission, wait, _patience([submission], timeout), output)

    return headless(launch, work)


@op.command()
@click.argument("operation", metavar="ID")
@waiting_options
@cloud_options
@output_option
@click.pass_obj
def undo(launch: Launch, operation: str, wait: bool, timeout: float | None, output: str) -> Exit:
    """Take back what has arrived of it, or one item of it (by the item's id); refused if the VM was changed since."""

    async def work(console: Console) -> Exit:
        items = _arrived(console, operation)
        verdicts = [(item, console.bulk.undo_verdict(item.id)) for item in items]
        allowed = [item for item, verdict in verdicts if verdict.allowed]
        for item, verdict in verdicts:
            if not verdict.allowed:
                click.echo(f"osvm: {item.vm_name} refused: {verdict.reason}", err=True)
        if not allowed:
            raise Refused("nothing of it can be taken back")
        submissions, codes = await taken_back(console, allowed)
        if submissions:
            codes.append(await follow_all(console, submissions, wait, _patience(submissions, timeout), output))
        return worst((*codes, Exit.REFUSED if len(allowed) < len(items) else Exit.DONE))

    return headless(launch, work)


async def taken_back(console: Console, items: Sequence[OperationItem]) -> tuple[list[Submission], list[Exit]]:
    """Take items back, telling at once of each that is not; what one says does not stop the others."""
    submissions, codes = list[Submission](), list[Exit]()
    for item in items:
        try:
            taken = await console.bulk.undo(item.id)
        except OsvmError as error:
            if len(items) == 1:
                raise
            refusal, code = error.detail, Exit.REFUSED if isinstance(error, Refused) else Exit.FAILED
        else:
            submissions += taken.submissions
            refusal, code = taken.refusal, Exit.REFUSED
        if refusal:
            click.echo(f"osvm: {item.vm_name} refused: {refusal}", err=True)
            codes.append(code)
    return submissions, codes


def _patience(submissions: Sequence[Submission], timeout: float | None) -> float:
    usual = max((ACTIONS[item.action_id].deadline_s for one in submissions for item in one.items), default=0.0)
    return usual if timeout is None else timeout


def _found(console: Console, text: str) -> OperationView:
    """Return the one operation that `text` begins; Ambiguous or Unknown otherwise."""
    views = _beginning(console.bulk.views(), text, lambda view: view.id)
    if not views:
        raise Unknown(f"no operation is called {text}", hint="osvm op list shows the recent ones")
    return views[0]


def _arrived(console: Console, text: str) -> tuple[OperationItem, ...]:
    """Return the arrived items of an operation, or the one item of this id."""
    items = _beginning(console.operations(), text, lambda item: item.id)
    if not items:
        items = list(console.bulk.items(_found(console, text).id))
    arrived = tuple(item for item in items if item.state is ItemState.ARRIVED)
    if not arrived:
        raise Refused("nothing of it has arrived")
    return arrived


def _beginning(things: Sequence[T], text: str, id_of: Callable[[T], str]) -> list[T]:
    found = [thing for thing in things if text and id_of(thing).startswith(text)]
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} begin with {text}", tuple(map(id_of, found)))
    return found


def _cells(item: OperationItem) -> tuple[object, ...]:
    what = (item.planned_at, item.operator, item.action_id, item.vm_name, item.entry, item.state.value, item.message)
    return item.operation_id[:_SHORT], *what
