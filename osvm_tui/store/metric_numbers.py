"""Small numbers for VMs and for names of devices, as they stand in every row of measurements.

A number is given once and never again, so a console that has not yet heard that a VM was forgotten finds nothing under
its number, and never another VM's. Names that nobody has used for longer than slots are kept are deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.slots import ALL, KEPT_S, STEPS
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_tables import devices, machines, marks

_log = logging.getLogger("osvm.store")
_T = TypeVar("_T")
_CHUNK = 400
_MOST_NAMES = 20_000
_LONGEST_NAME = 256
DAY_S = 86_400
_NAMES_KEPT_DAYS = KEPT_S[STEPS[-1]] // DAY_S + 2
"""The last slot with a name is as old as slots become, and a day is counted as begun."""


class Numbers(Struct, frozen=True):
    """What this process knows of them. Never changed, only replaced: a thread may be reading it."""

    machines: Mapping[VmRef, int] = field(default_factory=dict)
    devices: Mapping[str, int] = field(default_factory=lambda: {ALL: 0})
    names: Mapping[int, str] = field(default_factory=lambda: {0: ALL})
    used: Mapping[str, int] = field(default_factory=dict)
    """The day (since 1970) that a name was last used, as noted in the database."""
    forgotten: int = -1
    """How often anything was forgotten up to now; -1: nothing was read yet."""
    last_device: int = -1


async def marks_of(connection: AsyncConnection) -> dict[str, int]:
    """Return the counters of the database."""
    return {row.name: row.value for row in await connection.execute(select(marks))}


async def set_mark(connection: AsyncConnection, name: str, value: int) -> None:
    """Write one counter."""
    await connection.execute(update(marks).where(marks.c.name == name).values(value=value))


async def moment_s(connection: AsyncConnection, now_s: float) -> float:
    """Return the time that all consoles on a store share (seconds since 1970): the server's, or this machine's."""
    if connection.dialect.name == "sqlite":
        return now_s
    return float((await connection.execute(select(func.extract("epoch", func.clock_timestamp())))).scalar_one())


async def known(connection: AsyncConnection, held: Numbers, refs: Iterable[VmRef] = ()) -> Numbers:
    """Return `held` with what others have numbered or forgotten since: these VMs, and all names."""
    counters = await marks_of(connection)
    if counters["forgotten"] != held.forgotten:
        held = Numbers(forgotten=counters["forgotten"])
    if counters["device"] != held.last_device:
        rows = (await connection.execute(select(devices))).all()
        held = replace(
            held, devices={ALL: 0} | {row.name: row.id for row in rows}, names={0: ALL} | {r.id: r.name for r in rows},
            used={row.name: row.used for row in rows}, last_device=counters["device"],
        )  # fmt: skip
    missing = {ref for ref in refs if ref not in held.machines}
    if not missing:
        return held
    found: dict[VmRef, int] = {}
    for ids in chunks(sorted({ref.id for ref in missing})):
        for row in await connection.execute(select(machines).where(machines.c.openstack_id.in_(ids))):
            found[VmRef(row.endpoint, row.openstack_id)] = row.id
    return replace(held, machines={**held.machines, **found}) if found else held


async def give(
    connection: AsyncConnection, held: Numbers, refs: Iterable[VmRef], names: Iterable[str], day: int
) -> Numbers:
    """Return `held` with all of these VMs and as many of these names as there is room for.

    In the writing transaction, so that nobody else numbers at once; what it returns holds once that is committed.
    """
    refs = set(refs)
    held = await known(connection, held, refs)
    new = sorted(refs - held.machines.keys())
    if new:
        numbered = dict(zip(new, await _next(connection, "machine", len(new)), strict=True))
        rows = [{"id": number, "endpoint": ref.endpoint, "openstack_id": ref.id} for ref, number in numbered.items()]
        await connection.execute(insert(machines), rows)
        held = replace(held, machines={**held.machines, **numbered})
    return await _named(connection, held, {name for name in names if name != ALL and _is_plain(name)}, day)


async def _named(connection: AsyncConnection, held: Numbers, names: Collection[str], day: int) -> Numbers:
    fresh = sorted(set(names) - held.devices.keys())
    room = max(0, _MOST_NAMES - len(held.names))
    if len(fresh) > room:
        _log.warning("too many names of devices", extra={"detail": f"{len(fresh) - room} are not kept"})
    if fresh := fresh[:room]:
        given = dict(zip(fresh, await _next(connection, "device", len(fresh)), strict=True))
        await connection.execute(
            insert(devices), [{"id": number, "name": name, "used": day} for name, number in given.items()]
        )
        held = replace(
            held, devices={**held.devices, **given}, names={**held.names, **{n: name for name, n in given.items()}},
            used={**held.used, **dict.fromkeys(fresh, day)}, last_device=max(given.values()),
        )  # fmt: skip
    again = sorted(name for name in names if held.used.get(name, day) < day)
    for some in chunks(again):
        older = and_(devices.c.name.in_(some), devices.c.used < day)
        await connection.execute(update(devices).where(older).values(used=day))
    return replace(held, used={**held.used, **dict.fromkeys(again, day)}) if again else held


async def _next(connection: AsyncConnection, mark: str, count: int) -> range:
    last = (await marks_of(connection))[mark]
    await set_mark(connection, mark, last + count)
    return range(last + 1, last + count + 1)


async def forget(connection: AsyncConnection, ids: Sequence[int], day: int) -> None:
    """Delete the numbers of these VMs, and names that nobody uses any more; tell other consoles."""
    gone = 0
    for some in chunks(ids):
        gone += (await connection.execute(delete(machines).where(machines.c.id.in_(some)))).rowcount
    gone += (await connection.execute(delete(devices).where(devices.c.used < day - _NAMES_KEPT_DAYS))).rowcount
    if gone:
        await set_mark(connection, "forgotten", (await marks_of(connection))["forgotten"] + 1)


def _is_plain(name: str) -> bool:
    # A cloud or a guest tells them; PostgreSQL takes no NUL, and a whole batch would fail for it.
    return name.isprintable() and len(name) <= _LONGEST_NAME


def chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    """Yield parts that are small enough for one statement."""
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
