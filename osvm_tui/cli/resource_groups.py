"""`osvm KIND list` and the verbs on what VMs stand on: all of it is read from CatalogKind and RESOURCE_ACTIONS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from osvm_tui.cli.choosing import chosen
from osvm_tui.cli.confirming import confirm, yes_option
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.param_options import collected, options
from osvm_tui.cli.resource_rows import ROWS
from osvm_tui.cli.session import headless, only_entry
from osvm_tui.domain.action import Risk
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.catalog_item import target_of
from osvm_tui.domain.errors import Ambiguous, CloudError, Unknown
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.resources import actions_on
from osvm_tui.services.api import CatalogView
from osvm_tui.services.console import Console
from osvm_tui.services.resources_api import ResourceOutcome, ResourceRequest


def group(name: str) -> click.Group:
    """Return the group of one kind: its list, and its verbs."""
    kind = CatalogKind(name)
    commands = [_list(kind), *map(_verb, actions_on(kind))]
    verbs = ", ".join(str(command.name) for command in commands)
    return click.Group(name, {str(command.name): command for command in commands}, help=f"{verbs.capitalize()}.")


def _list(kind: CatalogKind) -> click.Command:
    def run(output: str) -> Exit:
        return headless(_launch(), lambda console: _show(console, kind, output), partly=True, vms=False)

    words = f"List every {kind.value.replace('-', ' ')} that the token sees."
    return click.command("list", help=words)(output_option(cloud_options(run)))


async def _show(console: Console, kind: CatalogKind, output: str) -> None:
    views = [await console.load_catalog(view.entry, kind) for view in console.scopes() if view.scope is not None]
    if output == "json":
        print_json([{"entry": view.entry, **msgspec.to_builtins(item)} for view in views for item in view.items])
    else:
        titles, cells = ROWS[kind]
        several = len(views) > 1
        rows = [(*cells(item), *((view.entry,) if several else ())) for view in views for item in view.items]
        if rows or not all(view.error for view in views):
            print_table((*titles, *(("CLOUD",) if several else ())), rows)
    _raise_first(views)


def _raise_first(views: list[CatalogView]) -> None:
    for view in views:
        if view.error:
            raise CloudError(view.error, entry=view.entry)


def _verb(spec: ResourceSpec) -> click.Command:
    named = spec.creates and any(param.name == "name" for param in spec.params)
    params = tuple(param for param in spec.params if not (named and param.name == "name"))

    def run(item: str = "", output: str = "table", yes: bool = False, **values: Any) -> Exit:
        given = collected(params, values) | ({"name": item} if named else {})

        async def work(console: Console) -> Exit | None:
            target = ResourceTarget(only_entry(console), "") if spec.creates else await _find(console, spec.kind, item)
            return await _change(console, spec, target, given, output=output, yes=yes)

        return headless(_launch(), work, vms=False)

    decorated = output_option(cloud_options(run))
    command = click.command(spec.id.partition(".")[2], help=_help(spec), short_help=spec.help)(decorated)
    if named or not spec.creates:
        command.params.append(click.Argument(["item"], metavar="NAME"))
    destructive = spec.risk is Risk.DESTRUCTIVE
    command.params += [*options(params, required=not spec.edits), yes_option(needed=destructive)]
    return command


async def _change(
    console: Console, spec: ResourceSpec, target: ResourceTarget, given: dict[str, object], *, output: str, yes: bool
) -> Exit | None:
    if console.resources.verdict(spec.id, target).allowed:
        given = await chosen(console, spec.params, given, target.entry, resource_id=target.id)
        if spec.risk is Risk.DESTRUCTIVE and not yes:
            confirm(spec.id, [target.name or target.id], [f"{spec.doing} {target.name}  {target.id}  {target.status}"])
    request = ResourceRequest(spec.id, target, given, source="headless")
    _tell(await console.resources.change(request), output)
    return None


def _tell(outcome: ResourceOutcome, output: str) -> None:
    """Print how it ended; a private key stands alone on standard output, so that it can be sent into a file."""
    if output == "json":
        print_json(outcome)
    elif outcome.secret:
        click.echo(outcome.secret, nl=not outcome.secret.endswith("\n"))
        print(f"{outcome.message}; its private key is kept nowhere else", file=sys.stderr)
    else:
        click.echo(f"{outcome.message}  {outcome.resource_id}")


async def _find(console: Console, kind: CatalogKind, name: str) -> ResourceTarget:
    """Return the one item of this id or name in the open clouds; Ambiguous or Unknown otherwise."""
    views = [await console.load_catalog(view.entry, kind) for view in console.scopes()]
    targets = [target for view in views for target in _targets(view)]
    found = [one for one in targets if one.id == name] or [one for one in targets if one.name == name]
    found = found or [one for one in targets if len(name) >= 8 and one.id.startswith(name)]
    words = kind.value.replace("-", " ")
    if len(found) > 1:
        candidates = tuple(f"{one.id}  {one.entry}" for one in found)
        raise Ambiguous(f"{len(found)} of kind {words} are called {name}", candidates)
    if not found:
        _raise_first(views)
        raise Unknown(f"no {words} is called {name}", hint=f"osvm {kind.value} list shows what there is")
    return found[0]


def _targets(view: CatalogView) -> Iterator[ResourceTarget]:
    for item in view.items:
        # Of Nova's daemons only those that run VMs can be disabled to some purpose; a host may have several.
        if view.kind is not CatalogKind.SERVICE or getattr(item, "binary", "") == "nova-compute":
            yield target_of(view.entry, item)


def _launch() -> Launch:
    launch = click.get_current_context().find_object(Launch)
    assert launch is not None
    return launch


def _help(spec: ResourceSpec) -> str:
    return f"{spec.label}: {spec.help}." + (f" {spec.note.capitalize()}." if spec.note else "")
