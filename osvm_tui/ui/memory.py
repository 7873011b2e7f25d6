"""`Memory`: what the console remembers from one start to the next, in one file readable by its owner only.

Of each place and scope: sort, filter, columns. Beside that the lines given to `:` and the filters saved by name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

_COMMANDS = 200


class PlaceMemory(Struct, frozen=True, kw_only=True):
    """What a place remembers. Marks are not kept: what was chosen yesterday must not be acted upon today."""

    filter: str = ""
    sort: str = ""
    descending: bool = False
    wide: bool = False
    columns: tuple[str, ...] = ()
    """The columns shown, in their order; empty for the usual ones."""


class Kept(Struct, forbid_unknown_fields=True):
    """The file."""

    places: dict[str, PlaceMemory] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    """Lines given to `:`, oldest first."""
    filters: dict[str, dict[str, str]] = field(default_factory=dict)
    """Filters by place and name."""


class Memory:
    """Reads the file at the start and answers from memory; `save` writes it off the loop.

    A file that cannot be read is an empty memory. What other consoles have written meanwhile stays, where this one
    has changed nothing.
    """

    def __init__(self, state_dir: Path | None) -> None:
        self._path = state_dir / "places.json" if state_dir else None
        self._kept = _read(self._path) if self._path else Kept()
        self._moved: set[str] = set()
        self._given: list[str] = []
        self._named: set[str] = set()
        self._saving = asyncio.Lock()

    def of(self, place: str, scope: str) -> PlaceMemory:
        """Return what is remembered of a place in a scope."""
        return self._kept.places.get(f"{place} {scope}", PlaceMemory())

    def put(self, place: str, scope: str, memory: PlaceMemory) -> None:
        """Remember until the end; the next `save` keeps it."""
        key = f"{place} {scope}"
        if self.of(place, scope) != memory:
            self._kept.places[key] = memory
            self._moved.add(key)

    @property
    def commands(self) -> tuple[str, ...]:
        """The lines given to `:`, oldest first."""
        return tuple(self._kept.commands)

    def add_command(self, line: str) -> None:
        """Remember a line given to `:`; a line given again moves to the end."""
        self._kept.commands = _with(self._kept.commands, [line])
        self._given.append(line)

    def filters(self, place: str) -> Mapping[str, str]:
        """Return the filters saved in a place, by name."""
        return self._kept.filters.get(place, {})

    def save_filter(self, place: str, name: str, text: str) -> None:
        """Save a filter under a name; an empty text takes the name away."""
        named = self._kept.filters.setdefault(place, {})
        named.pop(name, None)
        if text:
            named[name] = text
        self._named.add(place)

    async def save(self) -> None:
        """Write what has changed; a directory that cannot be written costs only the memory."""
        async with self._saving:
            if self._path is None or not (self._moved or self._given or self._named):
                return
            change = Kept(
                {key: self._kept.places[key] for key in self._moved},
                self._given,
                {place: dict(self._kept.filters.get(place, {})) for place in self._named},
            )
            self._moved, self._given, self._named = set(), [], set()
            with contextlib.suppress(OSError):
                await asyncio.to_thread(_merge, self._path, change)


def _read(path: Path) -> Kept:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    return Kept()


def _merge(path: Path, change: Kept) -> None:
    kept = _read(path)
    kept.places.update(change.places)
    kept.commands = _with(kept.commands, change.commands)
    kept.filters.update(change.filters)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    body = msgspec.json.format(msgspec.json.encode(kept), indent=1)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(body)
    fresh.replace(path)


def _with(lines: list[str], more: list[str]) -> list[str]:
    for line in more:
        lines = [*(each for each in lines if each != line), line]
    return lines[-_COMMANDS:]
