"""`Memory`: sort, filter and columns of each place and scope, kept from one start to the next in one file."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct


class PlaceMemory(Struct, frozen=True, kw_only=True):
    """What a place remembers. Marks are not kept: what was chosen yesterday must not be acted upon today."""

    filter: str = ""
    sort: str = ""
    descending: bool = False
    wide: bool = False


class Memory:
    """Reads one JSON file at the start and writes it off the loop. A file that cannot be read is an empty memory."""

    def __init__(self, state_dir: Path | None) -> None:
        self._path = state_dir / "places.json" if state_dir else None
        self._places: dict[str, PlaceMemory] = {}
        if self._path:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                self._places = msgspec.json.decode(self._path.read_bytes(), type=dict[str, PlaceMemory])

    def of(self, place: str, scope: str) -> PlaceMemory:
        """Return what is remembered of a place in a scope."""
        return self._places.get(f"{place} {scope}", PlaceMemory())

    async def keep(self, place: str, scope: str, memory: PlaceMemory) -> None:
        """Remember; a directory that cannot be written costs only the memory."""
        if self._places.get(f"{place} {scope}") == memory:
            return
        self._places[f"{place} {scope}"] = memory
        if self._path:
            body = msgspec.json.format(msgspec.json.encode(self._places), indent=1)
            with contextlib.suppress(OSError):
                await asyncio.to_thread(_write, self._path, body)


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(body)
    fresh.replace(path)
