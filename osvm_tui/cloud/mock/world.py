"""The simulated cloud's state: one SQLite file, seen by any number of processes, with this process's memory of it.

A read compares `PRAGMA data_version`, fetches the rows whose revision it has not seen, and never writes.
A change runs inside one BEGIN IMMEDIATE transaction, so of two processes only one is accepted.
Knows rows, revisions, cloud time and chance; no request, no rule, no JSON shape.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.cloud.mock import database
from osvm_tui.cloud.mock.clock import CloudClock
from osvm_tui.cloud.mock.durations import Durations
from osvm_tui.cloud.mock.fleet import Fleet
from osvm_tui.cloud.mock.knobs import Knobs
from osvm_tui.cloud.mock.releases import Release, release_named
from osvm_tui.cloud.mock.server import SERVER_DECODER, SERVER_ENCODER, Server

Thing = dict[str, Any]


class World:
    """The state of one simulated cloud. Not thread-safe by itself: the simulator holds a lock around it."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        """Open the cloud at `path`; raise database.NotACloud if there is none."""
        self._path = path
        self._now = now
        self.fleet = Fleet()
        self._seen = 0
        self._things: dict[str, dict[str, Thing]] = {}
        self._thing_revs: dict[str, int] = {}
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def now(self) -> float:
        """Return cloud time in seconds since 1970."""
        return self._clock.at(self._now())

    def refresh(self) -> None:
        """Take in what other processes have written since the last look."""
        if self._inode() != self._opened:
            self.close()
            self._open()
        elif self._version() != self._seen_version:
            self._take()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the file's write lock over the block: all of it is written, or nothing on an exception."""
        self.refresh()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._take()
            self._rev = self._drawn = 0
            yield
            if self._rev:
                database.set_setting(self._connection, "counter", self._rev)
            self._connection.execute("COMMIT")
            self._seen = max(self._seen, self._rev)
        except BaseException:
            self._connection.execute("ROLLBACK")
            self._generation = -1
            self._take()
            raise

    def chance(self, purpose: str) -> random.Random:
        """Return a generator fixed by the cloud's seed, the count of changes so far, and `purpose`."""
        return random.Random(f"{self.seed}:{self._seen}:{self._drawn}:{purpose}")

    def durations(self, purpose: str) -> Durations:
        """Return the transition times of one accepted action."""
        return Durations(self.chance("durations:" + purpose), self.knobs.time_scale, self.knobs.scales)

    def new_id(self, purpose: str) -> str:
        """Return a fresh uuid, the same for the same seed and the same sequence of changes."""
        self._drawn += 1
        return str(uuid.UUID(int=self.chance(purpose).getrandbits(128), version=4))

    # servers

    def checkout(self, server_id: str) -> Server:
        """Return a copy of a server's record to be changed and saved."""
        entry = self.fleet.get(server_id, self.now())
        if entry is None:
            raise KeyError(server_id)
        return SERVER_DECODER.decode(SERVER_ENCODER.encode(entry.server))

    def save(self, server: Server) -> None:
        """Write a server's record (inside a transaction)."""
        self._write("INSERT OR REPLACE INTO servers VALUES (?, ?, ?)", server.id, SERVER_ENCODER.encode(server))
        self.fleet.put(server)

    def forget(self, server_id: str) -> None:
        """Remove every trace of a server (inside a transaction)."""
        self._write("INSERT OR REPLACE INTO servers VALUES (?, ?, ?)", server_id, None)
        self.fleet.drop(server_id)

    def next_number(self) -> int:
        """Return the next instance number."""
        number = int(database.setting(self._connection, "number", 0)) + 1
        database.set_setting(self._connection, "number", number)
        return number

    # things

    def things(self, kind: str) -> dict[str, Thing]:
        """Return all things of a kind (port, flavor, ...) by id, in the order of their making. Do not change them."""
        if kind not in self._things:
            rows = self._connection.execute(
                "SELECT id, record FROM things WHERE kind = ? AND record IS NOT NULL ORDER BY rowid", (kind,)
            )
            self._things[kind] = {key: msgspec.json.decode(record) for key, record in rows}
        return self._things[kind]

    def thing_rev(self, kind: str) -> int:
        """Return a number that grows whenever a thing of this kind changes."""
        return self._thing_revs.get(kind, 0)

    def put(self, kind: str, key: str, thing: Thing) -> None:
        """Write a thing (inside a transaction)."""
        self._write_thing(kind, key, msgspec.json.encode(thing))
        self.things(kind)[key] = thing

    def drop(self, kind: str, key: str) -> None:
        """Remove a thing (inside a transaction)."""
        self._write_thing(kind, key, None)
        self.things(kind).pop(key, None)

    def images(self) -> dict[str, Thing]:
        """Return Glance's images by id as they are now: a snapshot goes queued, saving, active by itself."""
        now = self.now()
        images = {}
        for key, thing in self.things("image").items():
            shown = {name: value for name, value in thing.items() if name != "_line"}
            for at, changes in thing.get("_line", ()):
                if now >= at:
                    shown |= changes
            if shown.get("status") != "deleted":
                images[key] = shown
        return images

    # history

    def record(self, server_id: str, started: float, request_id: str, record: Thing) -> None:
        """Write one instance action (inside a transaction)."""
        self._connection.execute(
            "INSERT INTO actions VALUES (?, ?, ?, ?)",
            (server_id, started, request_id, msgspec.json.encode(record)),
        )

    def interrupt(self, server_id: str, now: float) -> None:
        """End the instance actions of a server that are still under way (inside a transaction)."""
        for row, record in self._newest(server_id):
            if record["end"] is None or record["end"] > now:
                failure = record["failure"] or "interrupted by another action"
                self._rewrite(row, record | {"end": now, "failure": failure})

    def finish(self, server_id: str, action: str, at: float) -> None:
        """Let the newest instance action of this name end well at cloud time `at` (inside a transaction)."""
        for row, record in self._newest(server_id):
            if record["action"] == action:
                self._rewrite(row, record | {"end": at, "failure": ""})
                return

    def _newest(self, server_id: str) -> list[tuple[int, Thing]]:
        rows = self._connection.execute(
            "SELECT rowid, record FROM actions WHERE server = ? ORDER BY started DESC LIMIT 8", (server_id,)
        ).fetchall()
        return [(row, msgspec.json.decode(text)) for row, text in rows]

    def _rewrite(self, row: int, record: Thing) -> None:
        self._connection.execute("UPDATE actions SET record = ? WHERE rowid = ?", (msgspec.json.encode(record), row))

    def history(self, server_id: str) -> list[Thing]:
        """Return the instance actions of a server, newest first."""
        rows = self._connection.execute(
            "SELECT record FROM actions WHERE server = ? ORDER BY started DESC, rowid DESC", (server_id,)
        )
        return [msgspec.json.decode(row[0]) for row in rows]

    def take_scripted(self, matches: Callable[[Thing], bool]) -> Thing | None:
        """Consume the first scripted fault that `matches`; of several processes one gets it."""
        if not self.scripted:
            return None
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for key, record in self._connection.execute("SELECT id, record FROM script ORDER BY id").fetchall():
                fault: Thing = msgspec.json.decode(record)
                if matches(fault):
                    self._use_up(key, fault)
                    return fault
            return None
        finally:
            self._connection.execute("COMMIT")
            self._count_script()

    # inside

    def _use_up(self, key: int, fault: Thing) -> None:
        left = fault.get("times", 1) - 1
        if left > 0:
            record = msgspec.json.encode(fault | {"times": left})
            self._connection.execute("UPDATE script SET record = ? WHERE id = ?", (record, key))
        else:
            self._connection.execute("DELETE FROM script WHERE id = ?", (key,))

    def _count_script(self) -> None:
        self.scripted: int = self._connection.execute("SELECT count(*) FROM script").fetchone()[0]

    def _write(self, statement: str, key: str, record: bytes | None) -> None:
        self._connection.execute(statement, (key, self._next_rev(), record))

    def _write_thing(self, kind: str, key: str, record: bytes | None) -> None:
        self._connection.execute(
            "INSERT INTO things VALUES (?, ?, ?, ?) ON CONFLICT (kind, id)"
            " DO UPDATE SET rev = excluded.rev, record = excluded.record",
            (kind, key, self._next_rev(), record),
        )
        self._thing_revs[kind] = self._rev

    def _next_rev(self) -> int:
        if not self._connection.in_transaction:
            raise RuntimeError("a change of the simulated cloud needs a transaction")
        self._rev = self._seen + 1
        return self._rev

    def _inode(self) -> int:
        try:
            return self._path.stat().st_ino
        except FileNotFoundError:
            raise database.NotACloud(f"there is no simulated cloud at {self._path}") from None

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _open(self) -> None:
        self._connection = database.connect(self._path)
        self._opened = self._inode()
        self._generation = -1
        self._drawn = 0
        self._rev = 0
        self._take()

    def _take(self) -> None:
        self._seen_version = self._version()
        settings = database.settings(self._connection)
        self._take_settings(settings)
        if settings["generation"] != self._generation:
            self._generation = settings["generation"]
            self.dice = random.Random(f"{self.seed}:dice")
            rows = self._connection.execute("SELECT record FROM servers WHERE record IS NOT NULL")
            self.fleet.load([SERVER_DECODER.decode(row[0]) for row in rows])
            self._things.clear()
            self._thing_revs.clear()
        elif settings["counter"] != self._seen:
            self._take_changes(self._seen)
        self._seen = settings["counter"]
        self._count_script()

    def _take_settings(self, settings: dict[str, Any]) -> None:
        self.secret = bytes.fromhex(settings["secret"])
        self.seed: int = settings["seed"]
        self.knobs = msgspec.convert(settings["knobs"], Knobs)
        self.release: Release = release_named(settings["release"])
        clock = msgspec.convert(settings["clock"], CloudClock)
        if clock != getattr(self, "_clock", clock):
            self.fleet.unsettle()
        self._clock = clock

    def _take_changes(self, since: int) -> None:
        for key, record in self._connection.execute("SELECT id, record FROM servers WHERE rev > ?", (since,)):
            if record is None:
                self.fleet.drop(key)
            else:
                self.fleet.put(SERVER_DECODER.decode(record))
        changed = "SELECT kind, id, rev, record FROM things WHERE rev > ?"
        for kind, key, rev, record in self._connection.execute(changed, (since,)):
            self._thing_revs[kind] = max(rev, self._thing_revs.get(kind, 0))
            if kind not in self._things:
                continue
            if record is None:
                self._things[kind].pop(key, None)
            else:
                self._things[kind][key] = msgspec.json.decode(record)
