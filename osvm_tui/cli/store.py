"""`osvm store`: care for the database that operations, audit and the fleet are kept in."""

from __future__ import annotations

import asyncio

import click

from osvm_tui import bootstrap
from osvm_tui.cli.launch import Launch


@click.group()
def store() -> None:
    """The database of operations, audit and fleet."""


@store.command()
@click.pass_obj
def upgrade(launch: Launch) -> None:
    """Bring it to this console's schema. SQLite does so by itself at a start; PostgreSQL only here."""
    launch.start_logging()
    url = asyncio.run(bootstrap.upgrade_store(launch.settings, launch.paths))
    click.echo(f"up to date: {url}")
