"""Rows of measurements: numbers for VMs and devices, slots merged into what is there, the newest of each VM.

The caller owns the transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table, and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.errors import StoreCorrupt
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.slots import ALL, KEPT_S, STEPS, Cells, Slot, merged, rolled
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_blob import halves, pack, unpack
from osvm_tui.store.metric_tables import devices, machines, marks, newest, slots

Place = tuple[int, int, int, int]
"""machine, detail, step, at (in slots)."""
_T = TypeVar("_T")
_CHUNK = 400
_FLAT_FROM_S = STEPS[-1]
_MOST_NAMES = 20_000
_KEPT_CHANGES = KEPT_S[STEPS[-1]] // STEPS[0]
"""About as many batches as are written while the coarsest slots are kept."""
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Measured)


class Numbers:
    """The small numbers of VMs and device names, as far as this process has met them."""

    def __init__(self) -> None:
        self.machines: dict[VmRef, int] = {}
        self.refs: dict[int, VmRef] = {}
        self.devices: dict[str, int] = {ALL: 0}
        self.names: dict[int, str] = {0: ALL}

    async def load(self, connection: AsyncConnection) -> None:
        """Read what other consoles have numbered since."""
        for row in await connection.execute(select(machines)):
            ref = VmRef(row.endpoint, row.openstack_id)
            self.machines[ref], self.refs[row.id] = row.id, ref
        for row in await connection.execute(select(devices)):
            self.devices[row.name], self.names[row.id] = row.id, row.name

    async def give(self, connection: AsyncConnection, refs: Iterable[VmRef], names: Iterable[str]) -> None:
        """Number what has no number yet; in the writing transaction, so that nobody else does it at once."""
        refs, names = set(refs), set(names)
        if refs <= self.machines.keys() and names <= self.devices.keys():
            return
        await self.load(connection)
        new = sorted(refs - self.machines.keys())
        last = max(self.refs, default=0)
        rows = [
            {"id": number, "endpoint": ref.endpoint, "openstack_id": ref.id[:64]}
            for number, ref in enumerate(new, last + 1)
        ]
        if rows:
            await connection.execute(insert(machines), rows)
        fresh = sorted(names - self.devices.keys())[: _MOST_NAMES - len(self.names)]
        last = max(self.names)
        if fresh:
            named = [{"id": number, "name": name} for number, name in enumerate(fresh, last + 1)]
            await connection.execute(insert(devices), named)
        await self.load(connection)

    def forget(self, ids: Collection[int]) -> None:
        """Drop the numbers of VMs that were deleted."""
        for number in ids:
            self.machines.pop(self.refs.pop(number), None)


async def next_change(connection: AsyncConnection) -> int:
    """Count this batch and return its number; keeps every other writer of the counter out until the commit."""
    await connection.execute(update(marks).where(marks.c.name == "change").values(value=marks.c.value + 1))
    return await last_change(connection)


async def last_change(connection: AsyncConnection) -> int:
    """Return the number of the last batch."""
    found: int = (await connection.execute(select(marks.c.value).where(marks.c.name == "change"))).scalar_one()
    return found


async def merge_slots(connection: AsyncConnection, batch: Sequence[tuple[VmRef, Slot]], numbers: Numbers) -> int:
    """Merge slots into those that are kept, of every step from their own on; return how many rows were written."""
    fresh = await asyncio.to_thread(_fresh, batch, numbers)
    held: dict[Place, bytes] = {}
    for step in STEPS:
        held |= await _held(connection, [place for place in fresh if place[2] == step])
    rows = await asyncio.to_thread(_rows, fresh, held, numbers)
    if rows:
        await _put(connection, slots, rows, ("machine", "detail", "step", "at"))
    return len(rows)


def _fresh(batch: Sequence[tuple[VmRef, Slot]], numbers: Numbers) -> dict[Place, Cells]:
    by_machine: dict[int, list[Slot]] = {}
    for ref, slot in batch:
        by_machine.setdefault(numbers.machines[ref], []).append(slot)
    return {
        (machine, detail, step, slot.at // step): cells
        for machine, found in by_machine.items()
        for step in STEPS
        for slot in rolled([one for one in found if one.step <= step], step)
        for detail, cells in halves(slot.cells)
    }


def _rows(fresh: Mapping[Place, Cells], held: Mapping[Place, bytes], numbers: Numbers) -> list[dict[str, Any]]:
    rows = []
    for place, cells in fresh.items():
        machine, detail, step, at = place
        if place in held:
            cells = merged(unpack(held[place], numbers.names), cells)
        body = pack(cells, numbers.devices.get, flat=bool(detail) and step >= _FLAT_FROM_S)
        rows.append({"machine": machine, "detail": detail, "step": step, "at": at, "body": body})
    return rows


async def _held(connection: AsyncConnection, places: Sequence[Place]) -> dict[Place, bytes]:
    """Return the rows that are there already; `places` are of one step, and of few moments."""
    if not places:
        return {}
    wanted, moments, step = set(places), sorted({place[3] for place in places}), places[0][2]
    found: dict[Place, bytes] = {}
    for ids in _chunks(sorted({place[0] for place in places})):
        for some in _chunks(moments):
            here = and_(
                slots.c.machine.in_(ids), slots.c.detail.in_((0, 1)), slots.c.step == step, slots.c.at.in_(some)
            )
            for row in await connection.execute(select(slots).where(here)):
                place = (row.machine, row.detail, row.step, row.at)
                if place in wanted:
                    found[place] = row.body
    return found


async def read(
    connection: AsyncConnection, machine: int, detail: int, step: int, since: int, until: int
) -> list[tuple[int, bytes]]:
    """Return (at in slots, body) of a stretch, in the order of time."""
    inside = and_(slots.c.machine == machine, slots.c.detail == detail, slots.c.step == step)
    stretch = slots.c.at.between(-(-since // step), -(-until // step) - 1)
    query = select(slots.c.at, slots.c.body).where(inside, stretch).order_by(slots.c.at)
    return [(row[0], row[1]) for row in await connection.execute(query)]


async def put_newest(connection: AsyncConnection, found: Sequence[Measured], numbers: Numbers, change: int) -> None:
    """Write the newest of VMs in place of what was there."""
    rows = [{"machine": numbers.machines[one.ref], "change": change, "body": _encode(one)} for one in found]
    if rows:
        await _put(connection, newest, rows, ("machine",))


async def newest_since(connection: AsyncConnection, change: int) -> tuple[Measured, ...]:
    """Return the newest of VMs that were written after a change. Raises StoreCorrupt for bytes that are none."""
    rows = (await connection.execute(select(newest.c.body).where(newest.c.change > change))).all()
    try:
        return tuple(_decoder.decode(row.body) for row in rows)
    except msgspec.DecodeError as error:
        raise StoreCorrupt(f"the newest measurement of a VM cannot be read: {error}") from error


async def delete_old(connection: AsyncConnection, ids: Sequence[int], now_s: float) -> int:
    """Delete what these VMs have beyond the time that its step is kept; return how many rows."""
    deleted = 0
    for step, kept_s in KEPT_S.items():
        old = slots.c.at < int(now_s - kept_s) // step
        here = and_(slots.c.machine.in_(ids), slots.c.detail.in_((0, 1)), slots.c.step == step, old)
        deleted += (await connection.execute(delete(slots).where(here))).rowcount
    return deleted


async def delete_empty(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """Delete those of these VMs that nothing is kept of any more; return their numbers."""
    recent = and_(newest.c.machine.in_(ids), newest.c.change > await last_change(connection) - _KEPT_CHANGES)
    alive = {
        *(await connection.execute(select(slots.c.machine).where(slots.c.machine.in_(ids)).distinct())).scalars(),
        *(await connection.execute(select(newest.c.machine).where(recent))).scalars(),
    }
    empty = [number for number in ids if number not in alive]
    for table, column in ((newest, newest.c.machine), (machines, machines.c.id)):
        for some in _chunks(empty):
            await connection.execute(delete(table).where(column.in_(some)))
    return empty


async def count(connection: AsyncConnection, table: Table) -> int:
    """Return how many rows a table has."""
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _put(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows)


def _chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
