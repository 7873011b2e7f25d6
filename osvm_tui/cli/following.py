"""Follow a submitted operation to the end that the operator wants to wait for, and print how it ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from osvm_tui.cli.exits import Exit, exit_of_items, worst
from osvm_tui.cli.output import print_json, print_table
from osvm_tui.domain.operations import ItemState, OperationItem, Submission
from osvm_tui.services.console import Console

_ON_THE_WAY = (ItemState.PLANNED, ItemState.SENDING)
_LOOK_S = 0.2
_SEND_S = 120.0
"""How long `--no-wait` waits for the cloud to take the call: longer than any single call may take."""


def waiting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--wait`, `--no-wait` and `--timeout`."""
    wait = click.option("--wait/--no-wait", default=True, help="Wait until it has ended (the default), or only sent.")
    timeout = click.option("--timeout", type=click.FloatRange(min=0), default=None, help="Seconds; default by action.")
    return wait(timeout(command))


async def follow(console: Console, submission: Submission, wait: bool, timeout_s: float, output: str) -> Exit:
    """Wait as asked, print every item, and return the exit code of the worst."""
    items, code = await _followed(console, submission, wait, timeout_s)
    _show(submission, items, output)
    return Exit.REFUSED if code is Exit.DONE and submission.refused else code


async def follow_all(
    console: Console, submissions: Sequence[Submission], wait: bool, timeout_s: float, output: str
) -> Exit:
    """Do so for several operations as if they were one; `timeout_s` holds for each."""
    done = [await _followed(console, one, wait, timeout_s) for one in submissions]
    items = tuple(item for part, _ in done for item in part)
    _show(Submission("", items, tuple(refusal for one in submissions for refusal in one.refused)), items, output)
    return worst(code for _, code in done)


async def _followed(
    console: Console, submission: Submission, wait: bool, timeout_s: float
) -> tuple[tuple[OperationItem, ...], Exit]:
    if wait:
        items = await console.wait(submission.operation_id, timeout_s)
        return items, exit_of_items(items)
    items = await _sent(console, submission.operation_id)
    return items, exit_of_items(item for item in items if item.state is not ItemState.SENT)


async def _sent(console: Console, operation_id: str) -> tuple[OperationItem, ...]:
    items: tuple[OperationItem, ...] = ()
    for _ in range(int(_SEND_S / _LOOK_S)):
        items = await console.wait(operation_id, _LOOK_S)
        if not any(item.state in _ON_THE_WAY for item in items):
            break
    return items


def _show(submission: Submission, items: tuple[OperationItem, ...], output: str) -> None:
    refused = [{"vm": ref, "reason": reason} for ref, reason in submission.refused]
    if output == "json":
        print_json({"operation_id": submission.operation_id, "items": items, "refused": refused})
        return
    print_table(
        ("VM", "ACTION", "STATE", "ID", "MESSAGE"),
        [(item.vm_name, item.action_id, item.state.value, item.ref.id, item.message) for item in items],
    )
    for ref, reason in submission.refused:
        print(f"osvm: {ref.short} refused: {reason}", file=sys.stderr)
