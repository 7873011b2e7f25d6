"""`osvm doctor`: what `:health` shows, in the terminal, and a bundle of it for whoever helps; without secrets."""

from __future__ import annotations

import asyncio
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from osvm_tui import bootstrap
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.output import output_option, print_json, print_table
from osvm_tui.cli.session import options_for, settled, started
from osvm_tui.cli.starting import Start
from osvm_tui.domain.errors import OsvmError
from osvm_tui.logs import hide_secrets, without_secrets
from osvm_tui.services.api import Check, HealthView

_LOG_BYTES = 200_000
_PLAIN_VARIABLES = ("TERM", "COLORTERM", "LANG", "LC_ALL", "NO_COLOR", "TMUX", "SSH_TTY", "XDG_STATE_HOME")


@click.command()
@click.option("--bundle", type=click.Path(path_type=Path, dir_okay=False), help="Also write all of it into a zip file.")
@cloud_options
@output_option
@click.pass_obj
def doctor(launch: Launch, bundle: Path | None, output: str) -> Exit:
    """Check settings, clouds, store and versions; exit code 1 when something is not well."""
    launch.start_logging()
    start, found = _start(launch)
    health = asyncio.run(_health(launch, start))
    checks = (*found, *health.checks)
    if output == "json":
        print_json(without_secrets(msgspec.to_builtins({"checks": checks, "health": health})))
    else:
        print_table(("", "WHAT", "DETAIL", "HINT"), [(_mark(one), one.name, one.detail, one.hint) for one in checks])
    if bundle is not None:
        write_bundle(bundle, launch, health, checks)
        click.echo(f"wrote {bundle}", err=True)
    return Exit.DONE if all(one.ok for one in checks) else Exit.FAILED


def _start(launch: Launch) -> tuple[Start, list[Check]]:
    """Apply the starting rule; a broken clouds.yaml is a finding here, and several entries are all looked at."""
    where = f"{launch.config_file}" + ("" if launch.config_file.exists() else " (not there: defaults)")
    checks = [Check("settings", True, where)]
    try:
        start = started(launch)
        options_for(launch, start.entries or start.choices)
    except OsvmError as error:
        return Start(), [*checks, Check("clouds.yaml", False, error.detail, error.hint)]
    return Start(start.entries or start.choices), checks


async def _health(launch: Launch, start: Start) -> HealthView:
    console = bootstrap.build(options_for(launch, start.entries))
    try:
        await console.start()
        await settled(console)
        return await console.health()
    finally:
        await console.close()


def _mark(check: Check) -> str:
    if not check.ok:
        return "FAIL"
    return "warn" if check.warning else "ok"


def write_bundle(file: Path, launch: Launch, health: HealthView, checks: tuple[Check, ...]) -> None:
    """Write a zip, 0600, with health, settings, variables' names and the end of the log; every text without secrets."""
    parts = dict(_parts(launch, health, checks))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def _parts(launch: Launch, health: HealthView, checks: tuple[Check, ...]) -> Iterator[tuple[str, str]]:
    yield "checks.json", _json(checks)
    yield "health.json", _json(health)
    yield "settings.json", _json(launch.settings)
    yield "environment.txt", "\n".join(_variables(launch))
    yield "osvm.log", hide_secrets(_end_of(launch.paths.log_file))


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(without_secrets(msgspec.to_builtins(value))), indent=2).decode()


def _variables(launch: Launch) -> Iterator[str]:
    """Yield names of the variables that matter; values only of those that can hold no secret."""
    for name in sorted(launch.environ):
        if name in _PLAIN_VARIABLES:
            yield f"{name}={launch.environ[name]}"
        elif name.startswith(("OS_", "OSVM_")):
            yield f"{name} is set"


def _end_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _LOG_BYTES))
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
