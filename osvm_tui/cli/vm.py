"""`osvm vm`: look at VMs, ask the gate, read the console; the verbs that change are generated in vm_verbs.py."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_fields, print_json, print_table
from osvm_tui.cli.session import headless
from osvm_tui.cli.vm_create import create
from osvm_tui.cli.vm_verbs import verb_commands
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.vm import Vm
from osvm_tui.services.console import Console


@click.group()
def vm() -> None:
    """VMs of the chosen clouds. NAME is a name, an id, or the beginning of an id."""


@vm.command("list")
@click.option(
    "--filter", "text", default="", metavar="TEXT", help="As after / in the console: words, status=ERROR, age>30d."
)
@cloud_options
@output_option
@click.pass_obj
def list_vms(launch: Launch, text: str, output: str) -> Exit:
    """List VMs."""
    from osvm_tui.cli.vm_rows import TITLES, filtered, names_of, row

    async def work(console: Console) -> None:
        fleet = filtered(console.vms(), text, names_of(console))
        if output == "json":
            print_json(fleet)
        else:
            print_table(TITLES, [row(one) for one in fleet])

    return headless(launch, work, partly=True)


@vm.command()
@click.argument("name")
@cloud_options
@output_option
@click.pass_obj
def show(launch: Launch, name: str, output: str) -> Exit:
    """Show one VM."""

    async def work(console: Console) -> None:
        found = console.find(name)
        if output == "json":
            print_json(found)
        else:
            print_fields(_fields(found))

    return headless(launch, work)


@vm.command()
@click.argument("name")
@cloud_options
@output_option
@click.pass_obj
def actions(launch: Launch, name: str, output: str) -> Exit:
    """Tell every action with whether it is allowed now, and if not, why."""

    async def work(console: Console) -> None:
        found = console.find(name)
        asked = [(spec, console.verdict(found.ref, spec.id)) for spec in ACTIONS.values() if spec.id != "create-server"]
        if output == "json":
            print_json([_answer(spec.id, spec.offered, verdict.allowed, verdict.reason) for spec, verdict in asked])
        else:
            rows = [(spec.id, verdict.allowed, spec.offered, verdict.reason) for spec, verdict in asked]
            print_table(("ACTION", "ALLOWED", "OFFERED", "REASON"), rows)

    return headless(launch, work)


@vm.command("console-output")
@click.argument("name")
@click.option("--lines", type=click.IntRange(1), default=None, help="Only the last lines; all of it otherwise.")
@cloud_options
@click.pass_obj
def console_output(launch: Launch, name: str, lines: int | None) -> Exit:
    """Print what the guest wrote to its serial console."""

    async def work(console: Console) -> None:
        found = console.find(name)
        text = await console.console_log(found.ref, lines)
        click.echo(text, nl=not text.endswith("\n"))

    return headless(launch, work)


@vm.command("remote-console")
@click.argument("name")
@cloud_options
@output_option
@click.pass_obj
def remote_console(launch: Launch, name: str, output: str) -> Exit:
    """Print a console URL; it carries a token that expires."""

    async def work(console: Console) -> None:
        found = console.find(name)
        remote = await console.console_url(found.ref)
        if output == "json":
            print_json(remote)
        else:
            click.echo(remote.url)

    return headless(launch, work)


@vm.command()
@click.argument("name")
@cloud_options
@click.pass_obj
def diagnostics(launch: Launch, name: str) -> Exit:
    """Print the hypervisor's counters of a VM, as JSON."""

    async def work(console: Console) -> None:
        text = await console.diagnostics(console.find(name).ref)
        click.echo(msgspec.json.format(text, indent=2))

    return headless(launch, work)


def _answer(action: str, offered: bool, allowed: bool, reason: str) -> dict[str, object]:
    return {"action": action, "allowed": allowed, "reason": reason, "offered": offered}


def _fields(found: Vm) -> Iterator[tuple[str, object]]:
    yield from (("name", found.name), ("id", found.id), ("status", found.status), ("task", found.task_state))
    yield from (("vm state", found.vm_state), ("power state", found.power_state), ("locked", found.locked or None))
    yield from (("locked because", found.locked_reason), ("description", found.description))
    if found.flavor:
        size = f"{found.flavor.vcpus} vCPU, {found.flavor.memory_mib} MiB, {found.flavor.disk_gib} GiB"
        yield "flavor", f"{found.flavor.name} ({size})"
    yield from (("image", found.image_id), ("key pair", found.key_name), ("zone", found.availability_zone))
    yield from (("host", found.host), ("project", found.project_id), ("user", found.user_id))
    yield from (("created", found.created_at), ("updated", found.updated_at), ("launched", found.launched_at))
    for address in found.addresses:
        yield ("floating" if address.floating else "address"), f"{address.addr} ({address.network})"
    yield from (("security groups", ", ".join(found.security_groups)), ("tags", ", ".join(found.tags)))
    yield from ((f"metadata {key}", value) for key, value in found.metadata)
    if found.fault:
        yield "fault", f"{found.fault.code}: {found.fault.message}"


vm.add_command(create)
for _command in verb_commands():
    vm.add_command(_command)
