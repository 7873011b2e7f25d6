"""`SqlMetricStore`: the `MetricStore` over a SQLite file or a schema of PostgreSQL of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import text

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.slots import Slot, Track
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import metric_rows as rows
from osvm_tui.store.database import whole
from osvm_tui.store.metric_base import MetricInfo, MetricStore
from osvm_tui.store.metric_blob import unpack_tracks
from osvm_tui.store.metric_database import MetricDatabase, metric_url, open_metrics
from osvm_tui.store.metric_numbers import DAY_S, Numbers, give, known, moment_s
from osvm_tui.store.metric_tables import SCHEMA, machines, slots

_TIDY_VMS = 300
"""How many VMs one call of `tidy` looks at."""


class SqlMetricStore(MetricStore):
    """Measurements in a database of their own. `url` is the store's: see `metric_url` for where they lie."""

    def __init__(self, url: str, *, now: Callable[[], datetime]) -> None:
        self.notices: list[str] = []
        self._url = metric_url(url)
        self._now = now
        self._opened: MetricDatabase | None = None
        self._numbers = Numbers()
        self._own: set[int] = set()
        """Changes of ours that `newest` has not passed yet."""
        self._tidied = 0

    @property
    def _database(self) -> MetricDatabase:
        if self._opened is None:
            raise StoreError("the measurements are not open")
        return self._opened

    async def open(self) -> None:
        """Open or make the database."""
        await self.close()
        self._opened = await open_metrics(self._url, self._now, self.notices)
        self._numbers, self._own = Numbers(), set()

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened.close()

    @whole
    async def append(self, slots: Sequence[tuple[VmRef, Slot]], newest: Sequence[Measured] = ()) -> int:
        """Merge slots and write the newest of VMs, in one transaction."""
        refs = {ref for ref, _ in slots} | {one.ref for one in newest}
        names = {device for _, slot in slots for device, _ in slot.cells}
        async with self._database.write() as connection:
            change = await rows.next_change(connection)
            now_s = await moment_s(connection, self._now().timestamp())
            numbers = await give(connection, self._numbers, refs, names, int(now_s // DAY_S))
            await rows.merge_slots(connection, slots, numbers)
            await rows.put_newest(connection, newest, numbers, change, now_s)
        # Only now: what was given in a transaction that did not hold is given to others.
        self._numbers = numbers
        self._own.add(change)
        return change

    async def read(
        self,
        ref: VmRef,
        step: int,
        since: int,
        until: int,
        *,
        metrics: Collection[Metric] = (),
        devices: bool = False,
    ) -> tuple[Track, ...]:
        """Return a stretch of a VM's slots, as tracks."""
        async with self._database.read() as connection:
            numbers = self._numbers = await known(connection, self._numbers, [ref])
            machine = numbers.machines.get(ref)
            if machine is None:
                return ()
            found = await rows.read(connection, machine, int(devices), step, since, until)
        return await asyncio.to_thread(unpack_tracks, found, step, numbers.names, frozenset(metrics))

    async def newest(self, change: int = 0) -> tuple[int, tuple[Measured, ...]]:
        """Return what was written after `change` by others."""
        own = sorted(self._own)
        async with self._database.read() as connection:
            last = await rows.last_change(connection)
            change = change if change <= last else 0  # it began anew meanwhile
            bodies = await rows.newest_since(connection, change, own) if last != change else []
        self._own = {one for one in self._own if one > last}
        return last, await asyncio.to_thread(rows.decoded, bodies) if bodies else ()

    @whole
    async def tidy(self, now_s: float) -> int:
        """Delete what is too old, of some VMs at each call."""
        async with self._database.write() as connection:
            now_s = await moment_s(connection, now_s)
            ids = await rows.vms_after(connection, self._tidied, _TIDY_VMS)
            ids = ids or await rows.vms_after(connection, 0, _TIDY_VMS)
            self._tidied = ids[-1] if ids else 0
            deleted = await rows.delete_old(connection, ids, now_s)
            await rows.delete_empty(connection, ids, int(now_s // DAY_S))
            return deleted

    async def info(self) -> MetricInfo:
        """Tell how much is kept."""
        path = self._database.path
        async with self._database.read() as connection:
            if path is None:
                query = text(
                    "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n"
                    f" ON n.oid = c.relnamespace WHERE n.nspname = '{SCHEMA}' AND c.relkind = 'r'"
                )
                size = int((await connection.execute(query)).scalar_one())
            else:
                files = [path, path.with_name(path.name + "-wal")]
                size = sum(file.stat().st_size for file in files if file.exists())
            return MetricInfo(
                url=self._url.render_as_string(hide_password=True),
                vms=await rows.count(connection, machines),
                slots=await rows.count(connection, slots),
                size_bytes=size,
            )
