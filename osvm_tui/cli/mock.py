"""`osvm mock`: make, change, serve and disturb the simulated cloud. The rules are the simulator's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from osvm_tui.bootstrap import SimulatedCloud
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.output import output_option, print_json, print_table


@click.group()
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="Its file; the default is in the state directory."
)
@click.pass_context
def mock(context: click.Context, file: Path | None) -> None:
    """The simulated cloud: same rules as a real one, no machines."""
    launch = context.find_object(Launch)
    assert launch is not None
    launch.start_logging()
    context.obj = SimulatedCloud(file or launch.paths.mock_cloud)


@mock.command()
@click.option("--vms", type=click.IntRange(0, 200_000), default=60, show_default=True, help="How many VMs.")
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same cloud.")
@click.option("--release", default="2025.2", show_default=True, help="The OpenStack release whose rules it follows.")
@output_option
@click.pass_obj
def reset(cloud: SimulatedCloud, vms: int, seed: int, release: str, output: str) -> None:
    """Make a fresh cloud in place of the present one."""
    report = cloud.reset(vms=vms, seed=seed, release=release)
    if output == "json":
        print_json(report)
    else:
        click.echo(f"a fresh simulated cloud of release {release}: {vms} VMs, seed {seed}, in {cloud.path}")


@mock.command()
@click.option("--rate", type=click.FloatRange(0.01, 10_000), default=1.0, show_default=True, help="Changes a second.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=None, help="Stop after this long; else at ctrl-c.")
@click.pass_obj
def churn(cloud: SimulatedCloud, rate: float, seed: int, seconds: float | None) -> None:
    """Change VMs at a steady rate, as their users would."""
    changes = cloud.churn(rate=rate, seed=seed, seconds=seconds)
    click.echo(f"{changes} changes")


@mock.command()
@click.option("--speed", type=click.FloatRange(min=0), default=None, help="Let its time run this many times as fast.")
@click.option("--offset", type=float, default=None, help="Set its clock this many seconds from ours.")
@click.pass_obj
def clock(cloud: SimulatedCloud, speed: float | None, offset: float | None) -> None:
    """Show or set the cloud's clock."""
    told = cloud.clock(speed=speed, offset=offset)
    click.echo(f"cloud time {told}")


@mock.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free port.")
@click.option(
    "--clouds-yaml", type=click.Path(path_type=Path, dir_okay=False), help="Write a clouds.yaml that reaches it."
)
@click.pass_obj
def serve(cloud: SimulatedCloud, host: str, port: int, clouds_yaml: Path | None) -> None:
    """Serve the cloud over HTTP until ctrl-c, for openstackclient and other tools."""
    cloud.serve(host=host, port=port, clouds_yaml=clouds_yaml, tell=click.echo)


@mock.command()
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...")
@output_option
@click.pass_obj
def knobs(cloud: SimulatedCloud, settings: tuple[str, ...], output: str) -> None:
    """Show the knobs that make the cloud slow, odd or wrong, or set some of them (values are JSON)."""
    if settings:
        cloud.set_knobs(dict(_knob(text) for text in settings))
    values = cloud.knobs()
    if output == "json":
        print_json(values)
    else:
        print_table(("KNOB", "VALUE"), sorted((name, json.dumps(value)) for name, value in values.items()))


def _knob(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text}: expected NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
