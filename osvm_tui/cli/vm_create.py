"""`osvm vm create`: one VM, or several by a pattern, from names or ids of flavor, image and networks."""

from __future__ import annotations

from pathlib import Path

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.following import follow, waiting_options
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option
from osvm_tui.cli.session import headless
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import Ambiguous, Unknown
from osvm_tui.domain.operations import CreateVm
from osvm_tui.services.api import CatalogKind
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
    count: int,
    wait: bool,
    timeout: float | None,
    output: str,
) -> Exit:
    """Create a VM."""
    pairs = tuple(_pair(text) for text in metadata)
    text = user_data.read_text(encoding="utf-8") if user_data else ""

    async def work(console: Console) -> Exit:
        entry = _entry(console)
        order = CreateVm(
            name=name,
            flavor_id=await _found(console, entry, CatalogKind.FLAVOR, flavor),
            image_id=await _found(console, entry, CatalogKind.IMAGE, image),
            network_ids=tuple([await _network(console, entry, network) for network in networks]),
            security_groups=groups,
            key_name=key,
            user_data=text,
            metadata=pairs,
            description=description,
            availability_zone=zone,
        )
        submission = await console.create(entry, order, count, source="headless")
        seconds = ACTIONS["create-server"].deadline_s if timeout is None else timeout
        return await follow(console, submission, wait, seconds, output)

    return headless(launch, work)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"--metadata {text}: expected KEY=VALUE")
    return key, value


def _entry(console: Console) -> str:
    names = [view.entry for view in console.scopes()]
    if len(names) > 1:
        raise click.UsageError(f"a VM is created in one cloud; name it with --cloud (open are {', '.join(names)})")
    return names[0]


async def _network(console: Console, entry: str, text: str) -> str:
    return text if text == "none" else await _found(console, entry, CatalogKind.NETWORK, text)


async def _found(console: Console, entry: str, kind: CatalogKind, text: str) -> str:
    """Return the id that a name or id means in a catalog."""
    view = await console.load_catalog(entry, kind)
    things = [(str(getattr(item, "id", "")), str(getattr(item, "name", ""))) for item in view.items]
    ids = [one_id for one_id, name in things if text == one_id] or [one_id for one_id, name in things if text == name]
    if len(ids) > 1:
        raise Ambiguous(f"{kind.value} {text} means {len(ids)} of them", tuple(ids))
    if not ids:
        known = ", ".join(sorted(name for _, name in things)[:12])
        raise Unknown(f"{entry} has no {kind.value} {text}", hint=view.error or f"it has: {known}")
    return ids[0]
