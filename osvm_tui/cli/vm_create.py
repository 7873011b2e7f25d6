"""`osvm vm create`: one VM, or several by a pattern, from names or ids of flavor, image and networks."""

from __future__ import annotations

from pathlib import Path

import click

from osvm_tui.cli.choosing import meant
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.following import follow, waiting_options
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option
from osvm_tui.cli.param_options import pair
from osvm_tui.cli.session import headless, only_entry
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.operations import CreateVm
from osvm_tui.services.console import Console


@click.command()
@click.argument("name")
@click.option("--flavor", required=True, help="Name or id.")
@click.option("--image", required=True, help="Name or id.")
@click.option("--network", "networks", multiple=True, help="Name or id, may be repeated; `none` for no network.")
@click.option("--key", default="", help="Key pair.")
@click.option("--security-group", "groups", multiple=True, help="Name; may be repeated.")
@click.option("--user-data", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A cloud-init file.")
@click.option("--metadata", multiple=True, metavar="KEY=VALUE", help="May be repeated.")
@click.option("--description", default="")
@click.option("--zone", default="", help="Availability zone.")
@click.option("--server-group", default="", help="Name or id: the scheduler follows its policy.")
@click.option("--hint", "hints", multiple=True, metavar="KEY=VALUE", help="For the scheduler; may be repeated.")
@click.option("--count", type=click.IntRange(1, 100), default=1, help="How many; {n} in NAME becomes the number.")
@waiting_options
@cloud_options
@output_option
@click.pass_obj
def create(
    launch: Launch,
    name: str,
    flavor: str,
    image: str,
    networks: tuple[str, ...],
    key: str,
    groups: tuple[str, ...],
    user_data: Path | None,
    metadata: tuple[str, ...],
    description: str,
    zone: str,
    server_group: str,
    hints: tuple[str, ...],
    count: int,
    wait: bool,
    timeout: float | None,
    output: str,
) -> Exit:
    """Create a VM."""
    pairs = tuple(pair(text, "--metadata") for text in metadata)
    hinted = tuple(pair(text, "--hint") for text in hints)
    text = user_data.read_text(encoding="utf-8") if user_data else ""

    async def work(console: Console) -> Exit:
        entry = only_entry(console)
        order = CreateVm(
            name=name,
            flavor_id=await _one(console, entry, "flavor", flavor),
            image_id=await _one(console, entry, "image", image),
            network_ids=tuple([await _network(console, entry, network) for network in networks]),
            security_groups=groups,
            key_name=await _one(console, entry, "keypair", key),
            user_data=text,
            metadata=pairs,
            description=description,
            availability_zone=zone,
            server_group_id=await _one(console, entry, "server-group", server_group),
            hints=hinted,
        )
        submission = await console.create(entry, order, count, source="headless")
        seconds = ACTIONS["create-server"].deadline_s if timeout is None else timeout
        return await follow(console, submission, wait, seconds, output)

    return headless(launch, work)


async def _one(console: Console, entry: str, kind: str, text: str) -> str:
    """Return what a name or id of this kind means; nothing stays nothing."""
    return meant(await console.resources.choices(kind, entry), text, f"--{kind}", kind) if text else ""


async def _network(console: Console, entry: str, text: str) -> str:
    return text if text == "none" else await _one(console, entry, "network", text)
