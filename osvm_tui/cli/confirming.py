"""The question before what cannot be undone: the name is typed, off a terminal `--yes` is needed. Knows no verb."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from osvm_tui.domain.errors import Refused


def yes_option(*, needed: bool) -> click.Option:
    """Return `--yes`; hidden where nothing is asked."""
    return click.Option(["--yes"], is_flag=True, help="Do not ask.", hidden=not needed)


def confirm(verb: str, names: Sequence[str], lines: Sequence[str]) -> None:
    """Show `lines` and let the operator type the name (of one thing) or the count; refuse where nobody can type."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{verb} cannot be undone: --yes is needed where there is no terminal")
    for line in lines:
        click.echo(line, err=True)
    wanted = names[0] if len(names) == 1 else str(len(names))
    what = "its name" if len(names) == 1 else "how many they are"
    with _ctrl_c_interrupts():
        typed = click.prompt(f"type {what} to {verb}", err=True)
    if typed != wanted:
        raise Refused(f"that is not {what}: nothing was done")


@contextmanager
def _ctrl_c_interrupts() -> Iterator[None]:
    """Let ctrl-c end a question at once: the running loop's own handler would wait for the answer first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
