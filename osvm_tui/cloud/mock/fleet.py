"""The servers of the simulated cloud in one process's memory: kept in list order, evaluated lazily.

An entry is evaluated again only when one of its steps has become due, so that a page of settled servers
costs no more than joining bytes. Knows no database, no request and no JSON shape.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from osvm_tui.cloud.mock import timeline
from osvm_tui.cloud.mock.server import Moment, Server

ALWAYS = float("-inf")
Place = tuple[float, int]


class Entry:
    """One server with what holds now: `moment`, `updated`, the time `due` of its next change, encoded views."""

    __slots__ = ("due", "moment", "place", "server", "updated", "views")

    def __init__(self, server: Server) -> None:
        self.place: Place = (-server.created, -server.number)
        self.replace(server)

    def replace(self, server: Server) -> None:
        """Take a newer record of the same server and forget what was evaluated."""
        self.server = server
        self.moment: Moment = server.line[0]
        self.updated = 0.0
        self.due = ALWAYS
        self.views: dict[object, bytes] = {}

    def settle(self, now: float) -> None:
        """Evaluate the time line at cloud time `now` if a step has become due since the last time."""
        if now < self.due:
            return
        line = self.server.line
        waits = any(nic.next_at or nic.until for nic in self.server.nics)
        waits = waits or any(disk.until for disk in self.server.disks)
        if len(line) == 1 and line[0].at <= now and not waits:
            self.moment, self.due = line[0], timeline.NEVER
            self.updated = max(line[0].at, self.server.touched)
            self.views = {}
            return
        self.moment = timeline.present(self.server, now)
        self.updated = timeline.updated(self.server, now)
        self.due = timeline.next_change(self.server, now)
        self.views = {}


def _place(entry: Entry) -> Place:
    return entry.place


class Fleet:
    """All servers, newest first (created_at descending, row number as tie-break), also by project."""

    def __init__(self) -> None:
        self._by_id: dict[str, Entry] = {}
        self._all: list[Entry] = []
        self._by_project: dict[str, list[Entry]] = {}
        self._moving: set[str] = set()

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, server_id: str) -> bool:
        return server_id in self._by_id

    def put(self, server: Server) -> None:
        """Add a server, or replace the record of one that is there."""
        entry = self._by_id.get(server.id)
        if entry is None:
            entry = self._by_id[server.id] = Entry(server)
            insort(self._all, entry, key=_place)
            insort(self._by_project.setdefault(server.project, []), entry, key=_place)
        else:
            entry.replace(server)
        self._moving.add(server.id)

    def load(self, servers: list[Server]) -> None:
        """Take the whole fleet at once, faster than one by one."""
        self.__init__()  # type: ignore[misc]
        self._by_id = {server.id: Entry(server) for server in servers}
        self._all = sorted(self._by_id.values(), key=_place)
        for entry in self._all:
            self._by_project.setdefault(entry.server.project, []).append(entry)
        self._moving = set(self._by_id)

    def drop(self, server_id: str) -> None:
        """Forget a server of which no trace remains."""
        entry = self._by_id.pop(server_id, None)
        if entry is not None:
            self._all.remove(entry)
            self._by_project[entry.server.project].remove(entry)
            self._moving.discard(server_id)

    def unsettle(self) -> None:
        """Evaluate everything anew at the next look (the cloud's clock was set)."""
        for entry in self._all:
            entry.due = ALWAYS
        self._moving = set(self._by_id)

    def get(self, server_id: str, now: float) -> Entry | None:
        """Return the evaluated entry of a server, or None."""
        entry = self._by_id.get(server_id)
        if entry is not None:
            entry.settle(now)
        return entry

    def of(self, project: str | None, now: float) -> list[Entry]:
        """Return the entries of one project (None: all), newest first, evaluated at `now`."""
        self._advance(now)
        return self._all if project is None else self._by_project.get(project, [])

    def after(self, entries: list[Entry], marker: Entry) -> Iterator[Entry]:
        """Iterate `entries` (a list that `of` returned) from behind `marker`."""
        for index in range(bisect_right(entries, marker.place, key=_place), len(entries)):
            yield entries[index]

    def moving(self, project: str | None, now: float) -> list[Entry]:
        """Return the entries that will still change by themselves, newest first."""
        self._advance(now)
        entries = [self._by_id[server_id] for server_id in self._moving]
        return sorted((e for e in entries if project in (None, e.server.project)), key=_place)

    def _advance(self, now: float) -> None:
        settled = []
        for server_id in self._moving:
            entry = self._by_id[server_id]
            entry.settle(now)
            if entry.due == timeline.NEVER:
                settled.append(server_id)
        self._moving.difference_update(settled)


def position(entries: list[Entry], place: Place) -> int:
    """Return the index at which `place` stands or would stand in `entries`."""
    return bisect_left(entries, place, key=_place)
