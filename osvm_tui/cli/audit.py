"""`osvm audit`: who did what, and whether the chain of rows still holds."""

from __future__ import annotations

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import offline
from osvm_tui.domain.audit import AuditRow
from osvm_tui.services.console import Console
from osvm_tui.store.base import AuditQuery


@click.group()
def audit() -> None:
    """The audit: one row for each thing asked for and each outcome, chained."""


@audit.command("list")
@click.option("--text", default="", help="Only rows that contain this.")
@click.option("--operator", default="")
@click.option("--vm", "vm_id", default="", help="Only rows about the VM with this id.")
@click.option("--action", default="")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@output_option
@click.pass_obj
def list_rows(launch: Launch, text: str, operator: str, vm_id: str, action: str, limit: int, output: str) -> Exit:
    """List audit rows, newest first."""
    query = AuditQuery(text=text, operator=operator, vm_id=vm_id, action=action, limit=limit)

    async def work(console: Console) -> None:
        rows = await console.audit(query)
        if output == "json":
            print_json(rows)
        else:
            titles = ("SEQ", "TIME", "OPERATOR", "PHASE", "ACTION", "VM", "CLOUD", "DETAIL", "REQUEST")
            print_table(titles, [_cells(row) for row in rows])

    return offline(launch, work)


@audit.command()
@output_option
@click.pass_obj
def verify(launch: Launch, output: str) -> Exit:
    """Check every row against the chain; exit code 1 when it is broken."""

    async def work(console: Console) -> Exit:
        report = await console.verify_audit()
        if output == "json":
            print_json(report)
        elif report.holds:
            click.echo(f"the chain holds: {report.rows} rows, head {report.head[:16]}")
        else:
            click.echo(f"the chain is broken at row {report.broken_at}: {report.reason}")
        return Exit.DONE if report.holds else Exit.FAILED

    return offline(launch, work)


def _cells(row: AuditRow) -> tuple[object, ...]:
    entry = row.entry
    what = (entry.operator, entry.phase, entry.action, entry.vm_name, entry.entry, entry.detail, entry.request_id)
    return row.seq, entry.at, *what
