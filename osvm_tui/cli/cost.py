"""`osvm cost`: what everything costs now and has cost, where money is wasted, and whether a rate file is right."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import headless
from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.forecast import month_of
from osvm_tui.services.console import Console
from osvm_tui.services.costs_api import By, CostReport, Sum

_KEYS = tuple(by.value for by in By)


class _Moment(click.ParamType):  # type: ignore[type-arg]
    """A day or a time, UTC unless it says otherwise."""

    name = "DATE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read ISO 8601."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-11-01 and no time like 2026-11-01T12:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Groups(click.ParamType):  # type: ignore[type-arg]
    """What amounts are grouped by, separated by commas."""

    name = "KEYS"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[By, ...]:
        """Read names of `By`."""
        names = [name.strip() for name in str(value).split(",") if name.strip()]
        wrong = [name for name in names if name not in _KEYS]
        if wrong or not names:
            self.fail(f"{', '.join(wrong) or 'nothing'} is none of {', '.join(_KEYS)}", param, ctx)
        return tuple(dict.fromkeys(By(name) for name in names))


@click.group()
def cost() -> None:
    """What everything costs now and has cost, by rate cards that you write."""


@cost.command()
@click.option(
    "--from", "since", type=_Moment(), default=None, help="From when on, UTC; the month's beginning if not said."
)
@click.option("--to", "until", type=_Moment(), default=None, help="Until when, not included; now if not said.")
@click.option("--by", type=_Groups(), default="project", show_default=True, help=f"Of {', '.join(_KEYS)}, by commas.")
@click.option("--tag", default="", help="Only VMs that carry this tag.")
@click.option("--output", "-o", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@cloud_options
@click.pass_obj
def report(
    launch: Launch, since: datetime | None, until: datetime | None, by: tuple[By, ...], tag: str, output: str
) -> Exit:
    """Tell what was accrued. Where no console looked, amounts are the least and the most that it can be."""
    start, end = _window(since, until)

    async def work(console: Console) -> Exit:
        await console.costs.refresh()
        found = await console.costs.report(start, end, by, tag)
        for note in (*console.costs.problems(), *found.notes):
            click.echo(f"osvm: {note}", err=True)
        _print_report(found, output)
        return Exit.DONE if found.totals or not found.notes else Exit.FAILED

    return headless(launch, work, partly=True)


def _window(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    start, end = since or month_of(now)[0], until or now
    if start >= end:
        raise click.UsageError("--from must be earlier than --to")
    return start, end


def _print_report(found: CostReport, output: str) -> None:
    titles = (*(by.value for by in found.by), "currency", "amount", "amount_max", "hours", "unpriced")
    rows = [(*group.keys, *_cells(group.sum, group.unpriced)) for group in found.groups]
    if output == "json":
        print_json(found)
    elif output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(titles)
        writer.writerows(rows)
    else:
        blank = ("",) * (len(found.by) - 1)
        sums = [("total", *blank, *_cells(each)) for each in found.totals]
        wide = len(titles) - (not any(group.unpriced for group in found.groups))
        shown = [row[:wide] for row in (*rows, *sums)]
        print_table([title.upper().replace("_", " ") for title in titles[:wide]], shown)
        if found.simulated:
            click.echo("SIMULATED list prices")


def _cells(one: Sum, unpriced: Sequence[str] = ()) -> tuple[str, str, str, str, str]:
    nothing = unpriced and not one.amount_max
    least, most = ("", "") if nothing else (f"{one.amount:.10f}", f"{one.amount_max:.10f}")
    hours = "" if one.hours is None else f"{one.hours:.4f}"
    return one.currency, least, most, hours, ", ".join(unpriced)


@cost.command("now")
@output_option
@cloud_options
@click.pass_obj
def burn(launch: Launch, output: str) -> Exit:
    """Tell what everything costs at present, per hour and per month of 730 hours."""

    async def work(console: Console) -> Exit:
        costs = console.costs
        await costs.refresh()
        totals, rates = costs.burn_totals(), [costs.rates(view.entry) for view in console.scopes()]
        for note in (*costs.problems(), *(each.note for each in rates if each.note)):
            click.echo(f"osvm: {note}", err=True)
        if output == "json":
            print_json({"burn": totals, "rates": rates})
        else:
            rows = [(each.currency, _short(each.hourly), _short(each.monthly)) for each in totals.totals]
            print_table(("CURRENCY", "PER HOUR", "PER MONTH"), rows)
            click.echo(f"{totals.vms - totals.unpriced_vms} of {totals.vms} VMs have a price")
            for one in totals.uncounted:
                click.echo(f"not counted: {one.kind.value}s of {one.entry}: {one.why or 'not read'}")
            if totals.unpriced:
                click.echo(f"no price, not in it: {', '.join(totals.unpriced)}")
            for each in rates:
                if each.card:
                    told = ", ".join(filter(None, (each.card, each.source, each.policy_title)))
                    click.echo(f"{each.entry}: {told}")
        return Exit.DONE if totals.totals or not totals.vms else Exit.FAILED

    return headless(launch, work, partly=True)


@cost.command()
@output_option
@cloud_options
@click.pass_obj
def advice(launch: Launch, output: str) -> Exit:
    """List where money is wasted, the greatest saving first. It changes nothing."""

    async def work(console: Console) -> None:
        await console.costs.refresh()
        found = await console.costs.waste()
        for note in found.notes:
            click.echo(f"osvm: {note}", err=True)
        if output == "json":
            print_json(found)
            return
        titles = ("SAVING/MONTH", "WASTE", "NAME", "CLOUD", "EVIDENCE", "CONFIDENCE", "ACTION")
        print_table(
            titles,
            [
                (_saving(each.saving_monthly, each.currency), each.waste.value, each.name, each.entry, each.evidence,
                 each.confidence.value, each.action_id)
                for each in found.advice
            ],
        )  # fmt: skip
        for total in found.savings:
            click.echo(f"together {_short(total.monthly)} {total.currency} a month")

    return headless(launch, work, partly=True)


@cost.command("hours")
@click.option("--from", "since", type=_Moment(), default=None, help="From when on, UTC; the month's beginning else.")
@click.option("--to", "until", type=_Moment(), default=None, help="Until when, not included; now if not said.")
@output_option
@cloud_options
@click.pass_obj
def held(launch: Launch, since: datetime | None, until: datetime | None, output: str) -> Exit:
    """Compare how long VMs were held by Nova's usage record and by what consoles saw; whatever their state."""
    start, end = _window(since, until)

    async def work(console: Console) -> None:
        found = [await console.costs.check_usage(view.entry, start, end) for view in console.scopes()]
        if output == "json":
            print_json(found)
            return
        rows = [
            (check.entry, row.name, row.vm_id, row.nova_hours, row.our_hours, row.explained)
            for check in found
            for row in check.rows
        ]
        print_table(("CLOUD", "NAME", "ID", "NOVA HOURS", "OUR HOURS", "WHY THEY DIFFER"), rows)
        for check in found:
            click.echo(f"{check.entry}: {check.nova_hours:.4f} h by Nova, {check.our_hours:.4f} h by ours")

    return headless(launch, work)


@cost.group()
def rates() -> None:
    """Rate cards, billing policies and budgets."""


@rates.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def check(launch: Launch, file: Path) -> Exit:
    """Read a rate file and explain every mistake with its line; exit code 1 when there is one.

    Its cards may name the policies of the files that the settings name.
    """
    from osvm_tui.settings.cost_files import CostFiles, check_file

    book = None
    with suppress(ConfigError):
        book = CostFiles(launch.config_file, launch.settings.cost.rates, {}).changed()
    found, mistakes = check_file(file, book.policies if book is not None else ())
    for mistake in mistakes:
        click.echo(f"{file}, {mistake}", err=True)
    if mistakes:
        click.echo(f"{len(mistakes)} mistake{'s' * (len(mistakes) != 1)} in {file}", err=True)
        return Exit.FAILED
    for card in found.cards:
        last = card.versions[-1].since
        click.echo(f"card {card.name}: {card.currency}, {len(card.versions)} versions, the last from {last:%Y-%m-%d}")
    for policy in found.policies:
        click.echo(f"policy {policy.name}: {policy.title}")
    currencies = {card.currency for card in found.cards}
    for budget in found.budgets:
        strange = currencies and budget.currency not in currencies
        but = f", but no card of this file is in {budget.currency}" if strange else ""
        click.echo(f"budget {budget.name}: {budget.amount} {budget.currency} a month{but}")
    click.echo(f"{file} is right")
    return Exit.DONE


def _short(amount: Decimal) -> str:
    return f"{amount:.4f}"


def _saving(amount: Decimal | None, currency: str) -> str:
    return "no rates" if amount is None else f"{amount:.2f} {currency}"
