"""`line_of`: on which line of a TOML text a key stands, for error messages; knows nothing of settings.

`tomllib` keeps no positions. The text has been parsed by it before, so only valid TOML comes here.
"""

from __future__ import annotations

import re

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[(\[?)\s*({_DOTTED})\s*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")

Path = tuple[str | int, ...]
"""Keys from the outside in; a number is the place, from 0, in an array of tables."""


def line_of(text: str, path: Path) -> int:
    """Return the line (from 1) of the key `path`, or of the nearest table or key that holds it; 1 when none does."""
    best, best_length = 1, 0
    table: Path = ()
    last: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = here = _table(_parts(found[2]), bool(found[1]), last)
        elif found := _KEY.match(line):
            here = table + _parts(found[1])
        else:
            continue
        if len(here) > best_length and path[: len(here)] == here:
            best, best_length = number, len(here)
    return best


def _table(parts: tuple[str, ...], is_array: bool, last: dict[Path, int]) -> Path:
    """Return the path of a table's head, with the numbers of the arrays that it stands in; counts them in `last`."""
    path: Path = ()
    for depth, part in enumerate(parts, 1):
        path = (*path, part)
        if is_array and depth == len(parts):
            last[path] = last.get(path, -1) + 1
        if path in last:
            path = (*path, last[path])
    return path


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
