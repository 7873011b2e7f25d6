"""One headless run over the same services as the console: choose clouds, ask for what is missing, read, work.

Knows no verb. Results of `work` are exit codes; errors leave as `OsvmError`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import click

from osvm_tui import bootstrap
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.prompts import answers_for
from osvm_tui.cli.starting import Start, choose, members
from osvm_tui.domain.errors import ConfigError
from osvm_tui.services.api import ScopeState
from osvm_tui.services.console import Console

_OPENING = (ScopeState.CONNECTING, ScopeState.CACHED)

Work = Callable[[Console], Awaitable[Exit | None]]


def started(launch: Launch) -> Start:
    """Apply the starting rule to this run."""
    groups = launch.settings.groups
    return choose(
        (*launch.clouds, *members(launch.groups, groups)),
        launch.mock,
        launch.environ.get("OS_CLOUD", ""),
        launch.settings.clouds,
        lambda: launch.memory.names(bootstrap.cloud_names),
        groups,
    )


def options_for(launch: Launch, entries: tuple[str, ...], source: str = "headless") -> bootstrap.Options:
    """Return what the composition root needs, after asking for credentials that clouds.yaml leaves out."""
    return bootstrap.Options(
        entries=entries,
        settings=launch.settings,
        paths=launch.paths,
        config_file=launch.config_file,
        operator=launch.operator,
        answers=answers_for(entries, launch.memory),
        source=source,
        read_only=launch.read_only or launch.settings.read_only,
    )


def headless(launch: Launch, work: Work, *, partly: bool = False, vms: bool = True) -> Exit:
    """Run `work` after every chosen cloud has been read once, with operations followed; return its exit code.

    Without `vms` the clouds are only connected to. `partly` lets a verb that only looks show what the living clouds
    have before it fails for a dead one. A change never goes on without one: the name might mean a VM there.
    """
    launch.start_logging()
    start = started(launch)
    if start.choices:
        raise ConfigError(
            f"clouds.yaml has several entries: {', '.join(start.choices)}", hint="name one or more with --cloud"
        )
    return asyncio.run(_run(bootstrap.build(options_for(launch, start.entries)), work, partly=partly, vms=vms))


def offline(launch: Launch, work: Work) -> Exit:
    """Run `work` over the store alone: no cloud is asked for anything."""
    launch.start_logging()
    return asyncio.run(_run(bootstrap.build(options_for(launch, ())), work))


def only_entry(console: Console) -> str:
    """Return the one cloud in which something new is made; a usage error when several are open."""
    names = [view.entry for view in console.scopes()]
    if len(names) > 1:
        raise click.UsageError(f"name the one cloud for this with --cloud (open are {', '.join(names)})")
    return names[0]


async def settled(console: Console) -> None:
    """Wait until the store is open or lost and every cloud of a started console has answered or failed."""
    await console.store_ready()
    moved = asyncio.Event()
    unsubscribe = console.subscribe(lambda _event: moved.set())
    try:
        while any(view.state in _OPENING for view in console.scopes()):
            moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), timeout=1.0)
    finally:
        unsubscribe()


async def _run(console: Console, work: Work, *, partly: bool = False, vms: bool = True) -> Exit:
    try:
        failed = await console.load(vms=vms)
        if failed and not (partly and len(failed) < len(console.scopes())):
            raise failed[0]
        await console.follow_operations()
        code = await work(console) or Exit.DONE
        if failed:
            raise failed[0]
        return code
    finally:
        await console.close()
