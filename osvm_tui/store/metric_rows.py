"""Rows of measurements: slots merged into what is there, the newest of each VM. A row that cannot be read counts as
absent: it is told in the log and written over, and holds up nothing else.

The caller owns the transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Table, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.errors import StoreCorrupt
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.slots import KEPT_S, STEPS, Cells, Slot, merged, rolled
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_blob import halves, pack, unpack
from osvm_tui.store.metric_numbers import Numbers, chunks, forget, marks_of
from osvm_tui.store.metric_tables import machines, marks, newest, slots

Place = tuple[int, int, int, int]
"""machine, detail, step, at (in slots)."""
_FLAT_FROM_S = STEPS[-1]
_KEPT_CHANGES = KEPT_S[STEPS[-1]] // STEPS[0]
"""About as many batches as are written while the coarsest slots are kept."""
_encode = msgspec.msgpack.Encoder().encode
_log = logging.getLogger("osvm.store")
_decoder = msgspec.msgpack.Decoder(Measured)


async def next_change(connection: AsyncConnection) -> int:
    """Count this batch and return its number; keeps every other writer of the counter out until the commit."""
    await connection.execute(update(marks).where(marks.c.name == "change").values(value=marks.c.value + 1))
    return await last_change(connection)


async def last_change(connection: AsyncConnection) -> int:
    """Return the number of the last batch."""
    return (await marks_of(connection))["change"]


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
            cells = merged(_cells(place, held[place], numbers), cells)
        body = pack(cells, numbers.devices.get, flat=bool(detail) and step >= _FLAT_FROM_S)
        rows.append({"machine": machine, "detail": detail, "step": step, "at": at, "body": body})
    return rows


def _cells(place: Place, body: bytes, numbers: Numbers) -> Cells:
    try:
        return unpack(body, numbers.names)
    except StoreCorrupt as error:
        _log.warning("written over", extra={"detail": f"slot {place}: {error.detail}"})
        return {}


async def _held(connection: AsyncConnection, places: Sequence[Place]) -> dict[Place, bytes]:
    """Return the rows that are there already; `places` are of one step, and of few moments."""
    if not places:
        return {}
    wanted, moments, step = set(places), sorted({place[3] for place in places}), places[0][2]
    found: dict[Place, bytes] = {}
    for ids in chunks(sorted({place[0] for place in places})):
        for some in chunks(moments):
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


async def put_newest(
    connection: AsyncConnection, found: Sequence[Measured], numbers: Numbers, change: int, now_s: float
) -> None:
    """Write the newest of VMs in place of what was there; what has a newer sample stays."""
    rows = [
        # A console whose clock is ahead would have the last word for ever.
        {"machine": numbers.machines[one.ref], "change": change, "at": int(1000 * min(_at(one), now_s)),
         "body": _encode(one)}
        for one in found
    ]  # fmt: skip
    if rows:
        await _put(connection, newest, rows, ("machine",), never_older="at")


def _at(found: Measured) -> float:
    return found.sample.at.timestamp() if found.sample else 0.0


async def newest_since(connection: AsyncConnection, change: int, own: Collection[int]) -> list[bytes]:
    """Return the newest of VMs that were written after a change and not by one of our `own`, as `decoded` reads it."""
    written = select(newest.c.body).where(newest.c.change > change, newest.c.change.not_in(own))
    return [row.body for row in await connection.execute(written)]


def decoded(bodies: Sequence[bytes]) -> tuple[Measured, ...]:
    """Return what `newest_since` found; what cannot be read is left out until it is written anew."""
    found: list[Measured] = []
    for body in bodies:
        try:
            found.append(_decoder.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.warning("left out", extra={"detail": f"the newest of a VM: {error}"})
    return tuple(found)


async def delete_old(connection: AsyncConnection, ids: Sequence[int], now_s: float) -> int:
    """Delete what these VMs have beyond the time that its step is kept; return how many rows."""
    deleted = 0
    for step, kept_s in KEPT_S.items():
        old = slots.c.at < int(now_s - kept_s) // step
        here = and_(slots.c.machine.in_(ids), slots.c.detail.in_((0, 1)), slots.c.step == step, old)
        deleted += (await connection.execute(delete(slots).where(here))).rowcount
    return deleted


async def vms_after(connection: AsyncConnection, number: int, count: int) -> list[int]:
    """Return the numbers of the next VMs."""
    query = select(machines.c.id).where(machines.c.id > number).order_by(machines.c.id).limit(count)
    return list((await connection.execute(query)).scalars())


async def delete_empty(connection: AsyncConnection, ids: Sequence[int], day: int) -> None:
    """Delete those of these VMs that nothing is kept of any more."""
    recent = and_(newest.c.machine.in_(ids), newest.c.change > await last_change(connection) - _KEPT_CHANGES)
    alive = {
        *(await connection.execute(select(slots.c.machine).where(slots.c.machine.in_(ids)).distinct())).scalars(),
        *(await connection.execute(select(newest.c.machine).where(recent))).scalars(),
    }
    empty = [number for number in ids if number not in alive]
    for some in chunks(empty):
        await connection.execute(delete(newest).where(newest.c.machine.in_(some)))
    await forget(connection, empty, day)


async def count(connection: AsyncConnection, table: Table) -> int:
    """Return how many rows a table has."""
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _put(
    connection: AsyncConnection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...], never_older: str = ""
) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    where = table.c[never_older] <= statement.excluded[never_older] if never_older else None
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=where), rows)
