"""What `:filter`, `:columns`, `:sort` mean in a place with a table: their parts, and sentences for nonsense. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

FILTER_WORDS = ("save", "drop", "list")
"""What may follow `:filter` beside the name of a saved one."""


class WordError(ValueError):
    """A line given to `:` that means nothing; its text is the sentence to tell."""


def sort_of(rest: str, known: Sequence[str]) -> tuple[str, bool]:
    """Return (column, descending) of `:sort COLUMN` or `:sort -COLUMN`. Raises WordError."""
    column = rest.strip().lower()
    descending = column.startswith("-")
    return _known(column.removeprefix("-"), known), descending


def columns_of(rest: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of `:columns a,b c`, the first of the table before them. Raises WordError."""
    asked = [_known(word, known) for word in rest.lower().replace(",", " ").split()]
    return tuple(dict.fromkeys([known[0], *asked]))


def name_for(rest: str) -> str:
    """Return the name in `:filter save NAME`. Raises WordError for none, several, or one that means something."""
    name = rest.strip()
    if not name or len(name.split()) > 1:
        raise WordError("a saved filter has a name of one word: :filter save NAME")
    if name in FILTER_WORDS:
        raise WordError(f"{name} means something else behind :filter; take another name")
    return name


def saved(name: str, filters: Mapping[str, str]) -> str:
    """Return the text of a saved filter. Raises WordError for an unknown one."""
    if name not in filters:
        near = get_close_matches(name, filters, n=1, cutoff=0.5)
        there = f"there are {', '.join(filters)}" if filters else ":filter save NAME saves the present one"
        raise WordError(f"no filter is called {name}; {f'did you mean {near[0]}?' if near else there}")
    return filters[name]


def _known(column: str, known: Sequence[str]) -> str:
    if column in known:
        return column
    near = get_close_matches(column, known, n=1, cutoff=0.6) if column else []
    there = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise WordError(f"no column {column or '(none given)'}; {there}")
