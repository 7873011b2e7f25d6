"""What headless verbs print: aligned text, in which nothing steers the terminal, or JSON. Knows no verb.

JSON is `msgspec.to_builtins` of the services' values: field names as in the code, times in ISO 8601 with zone,
enums by value, a VM's identity as `{"endpoint": ..., "id": ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click
import msgspec

from osvm_tui.ui.printable import printable

output_option = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How results are printed.",
)


def print_json(value: Any) -> None:
    """Print any value of the services as indented JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their titles, columns aligned by their widest cell."""
    cells = [list(titles), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Print names and values of one thing, one a line; empty values are left out."""
    shown = [(name, _text(value)) for name, value in fields if value not in (None, "", ())]
    width = max((len(name) for name, _ in shown), default=0)
    for name, text in shown:
        click.echo(f"{name.ljust(width)}  {text}")


def _text(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(" ".join(str(value).splitlines())).replace("\t", " ")
