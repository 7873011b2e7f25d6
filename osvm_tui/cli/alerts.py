"""`osvm alerts`: what is wrong with VMs as consoles on this store have judged, and who knows. Asks no cloud."""

from __future__ import annotations

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import offline
from osvm_tui.domain.alerts import AlertView
from osvm_tui.services.console import Console

_SHORT = 8


@click.group(invoke_without_command=True)
@click.option("--all", "ended", is_flag=True, help="Those that have ended too.")
@output_option
@click.pass_context
def alerts(context: click.Context, ended: bool, output: str) -> Exit | None:
    """Alerts: what is wrong, the worst first. ID may be the beginning of an id."""
    if context.invoked_subcommand is not None:
        return None
    launch = context.find_object(Launch)
    assert launch is not None

    async def work(console: Console) -> None:
        await console.monitor.recall_alerts()
        found = console.monitor.alerts(ended=ended)
        if output == "json":
            print_json(found)
        else:
            print_table(("ID", "SINCE", "SEVERITY", "RULE", "VM", "CLOUD", "STATE", "WHAT", "WHO"), map(_cells, found))

    return offline(launch, work)


@alerts.command()
@click.argument("alert", metavar="ID")
@click.option("--note", default="", help="For whoever looks next.")
@click.pass_obj
def ack(launch: Launch, alert: str, note: str) -> Exit:
    """Say that somebody knows of an alert."""

    async def work(console: Console) -> None:
        await console.monitor.recall_alerts()
        await console.monitor.acknowledge(alert, note)
        click.echo("acknowledged")

    return offline(launch, work)


@alerts.command()
@click.argument("alert", metavar="ID")
@click.option("--minutes", type=click.IntRange(1, 60 * 24 * 30), default=60, show_default=True)
@click.option("--note", default="", help="For whoever looks next.")
@click.pass_obj
def silence(launch: Launch, alert: str, minutes: int, note: str) -> Exit:
    """Keep an alert quiet for a while."""

    async def work(console: Console) -> None:
        await console.monitor.recall_alerts()
        await console.monitor.silence(alert, minutes, note)
        click.echo(f"silenced for {minutes} min")

    return offline(launch, work)


def _cells(alert: AlertView) -> tuple[object, ...]:
    who = ": ".join(filter(None, (alert.who, alert.note)))
    what = (alert.severity.value, alert.rule, alert.vm_name, alert.entry, alert.state.value, alert.words, who)
    return alert.id[:_SHORT], alert.since, *what
