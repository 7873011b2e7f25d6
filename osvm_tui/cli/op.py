"""`osvm op`: what was asked for by all consoles on this store, and how it ended."""

from __future__ import annotations

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import offline
from osvm_tui.services.console import Console


@click.group()
def op() -> None:
    """Operations: actions asked for and followed."""


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
            return
        rows = [
            (item.planned_at, item.operator, item.action_id, item.vm_name, item.entry, item.state.value, item.message)
            for item in items
        ]
        print_table(("ASKED", "OPERATOR", "ACTION", "VM", "CLOUD", "STATE", "MESSAGE"), rows)

    return offline(launch, work)
