"""A table as a file: CSV or JSON of columns and rows, with the values themselves instead of what is drawn. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.ui.columns import Column

ENDINGS = (".csv", ".json")


def table_text(columns: Sequence[Column[Any]], rows: Sequence[Any], path: Path) -> str:
    """Return the text for a file that ends in .csv or .json; ValueError for another ending."""
    match path.suffix.lower():
        case ".csv":
            return _csv(columns, rows)
        case ".json":
            return _json(columns, rows)
        case _:
            raise ValueError(f"{path.name} ends in neither .csv nor .json")


def value_of(column: Column[Any], row: Any) -> object:
    """Return the value of a cell: what `raw` gives, else a number or moment it is sorted by, else its text."""
    if column.raw is not None:
        return column.raw(row)
    sorted_by = column.sort(row) if column.sort else None
    if isinstance(sorted_by, int | float | datetime):
        return sorted_by
    text = column.cell(row).text
    return None if text == "-" else text


def _csv(columns: Sequence[Column[Any]], rows: Sequence[Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    writer.writerows([[_plain(value_of(column, row)) for column in columns] for row in rows])
    return out.getvalue()


def _json(columns: Sequence[Column[Any]], rows: Sequence[Any]) -> str:
    records = [{column.key: value_of(column, row) for column in columns} for row in rows]
    return msgspec.json.format(msgspec.json.encode(records, enc_hook=str), indent=2).decode() + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list | set | frozenset):
        return " ".join(str(each) for each in value)
    return "" if value is None else value
