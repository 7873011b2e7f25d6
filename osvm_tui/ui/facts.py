"""Aligned `label  value` lines as Textual content; values are never parsed as markup. Knows no domain value."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

Value = str | Content


def facts(rows: Iterable[tuple[str, Value]], label_width: int = 0) -> Content:
    """Return one line per (label, value) with the labels dimmed and of equal width; empty values are left out."""
    shown = [(label, value) for label, value in rows if str(value)]
    width = label_width or max((len(label) for label, _ in shown), default=0)
    return Content("\n").join(_line(label, value, width) for label, value in shown)


def _line(label: str, value: Value, width: int) -> Content:
    body = value if isinstance(value, Content) else Content(value)
    indented = Content("\n" + " " * (width + 2)).join(body.split("\n"))
    return Content.assemble((label.ljust(width), "$dim"), "  ", indented)
