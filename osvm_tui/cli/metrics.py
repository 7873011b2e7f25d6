"""`osvm metrics`: what consoles on this store have measured of VMs. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import headless
from osvm_tui.domain.alerts import told
from osvm_tui.domain.errors import Unknown
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.vm import Vm
from osvm_tui.services.console import Console
from osvm_tui.services.monitor_api import Range, Series

_MOST = 1000


@click.group()
def metrics() -> None:
    """Measurements: what consoles on this store have seen VMs do."""


@metrics.command()
@click.argument("vm")
@click.option("--over", type=click.Choice([one.value for one in Range]), default=Range.HOUR_1.value, show_default=True)
@click.option("--metric", "wanted", type=click.Choice([one.value for one in Metric]), multiple=True, help="Only these.")
@click.option("--devices", is_flag=True, help="Each disk, interface, mount and core by itself.")
@output_option
@cloud_options
@click.pass_obj
def show(launch: Launch, vm: str, over: str, wanted: tuple[str, ...], devices: bool, output: str) -> Exit:
    """Show what is kept of a VM (name or id): low, mean, high and last value of each metric; as JSON every slot."""

    async def work(console: Console) -> None:
        found = console.find(vm)
        await console.monitor.recall()
        asked = [Metric(one) for one in wanted] or list(Metric)
        series = await console.monitor.charts(found.ref, asked, Range(over), devices=devices)
        if output == "json":
            newest = console.monitor.measured(found.ref)
            print_json({"vm": found.name, "ref": found.ref, "newest": newest, "series": series})
            return
        told_of = [one for one in series if one.points]
        if not told_of:
            raise Unknown(f"nothing is kept of {found.name} over {over}", hint="a running console measures it")
        titles = ("METRIC", "DEVICE", "LOW", "MEAN", "HIGH", "LAST", "AT", "SAMPLES")
        print_table(titles, [_summary(one) for one in told_of])

    return headless(launch, work)


def _summary(series: Series) -> Sequence[object]:
    points, metric = series.points, series.metric
    count = sum(point.samples for point in points)
    mean = sum(point.mean * point.samples for point in points) / count
    values = (min(one.low for one in points), mean, max(one.high for one in points), points[-1].mean)
    return metric.value, series.device, *(told(metric, value) for value in values), points[-1].at, count


@metrics.command()
@click.argument("metric", type=click.Choice([one.value for one in Metric]))
@click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True)
@output_option
@cloud_options
@click.pass_obj
def top(launch: Launch, metric: str, limit: int, output: str) -> Exit:
    """List the VMs with the highest present values of a METRIC, as running consoles measure them."""

    async def work(console: Console) -> None:
        await console.monitor.recall()
        rows: list[tuple[Vm, float, Sample]] = []
        for ref, value in console.monitor.top(Metric(metric), _MOST):
            vm, newest = console.vm(ref), console.monitor.measured(ref)
            if vm is not None and newest is not None and newest.sample is not None and len(rows) < limit:
                rows.append((vm, value, newest.sample))
        if output == "json":
            print_json([_told(*row) for row in rows])
            return
        print_table(
            ("VM", metric.upper(), "CLOUD", "SOURCE", "AT"),
            [(vm.name, told(Metric(metric), value), console.entry_of(vm.ref), one.source.value, one.at)
             for vm, value, one in rows],
        )  # fmt: skip

    return headless(launch, work)


def _told(vm: Vm, value: float, sample: Sample) -> dict[str, object]:
    return {"vm": vm.name, "ref": vm.ref, "value": value, "at": sample.at, "source": sample.source}
