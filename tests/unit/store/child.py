"""Another console in another process: `python -m tests.unit.store.child FOLDER OWNER WHAT`; prints what it has done."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from osvm_tui.domain.operations import ItemState
from osvm_tui.store import engine
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.samples import ADMIN, NOON, a_vm, an_entry, an_item, an_operation


async def chain(store: SqlStore, owner: str, _: Path) -> None:
    """Append 40 rows one by one."""
    for number in range(40):
        await store.append_audit([an_entry(detail=f"{owner}-{number}")])


async def swap(store: SqlStore, owner: str, _: Path) -> None:
    """Try to take 30 items that nobody has taken."""
    won = 0
    for number in range(30):
        item = an_item(number, owner="shared", state=ItemState.SENDING)
        won += await store.move_item(item, frozenset({ItemState.PLANNED}), [an_entry(detail=item.id)], owner="shared")
    print(won, flush=True)


async def lead(store: SqlStore, owner: str, _: Path) -> None:
    """Ask for the same lease many times; say how often it was ours."""
    held = [await store.acquire("scope", owner, 30) for _ in range(20)]
    print(sum(lease is not None for lease in held), {lease.epoch for lease in held if lease}, flush=True)


async def write_until_killed(store: SqlStore, owner: str, _: Path) -> None:
    """Plan, move, save and audit without end; print a line for each acknowledged write."""
    number = 0
    while True:
        number += 1
        item = an_item(1, operation_id=f"op-{number}", owner=owner)
        await store.plan(an_operation([item]), [an_entry(detail=f"plan-{number}")])
        print(f"plan-{number}", flush=True)
        moved = msgspec.structs.replace(item, state=ItemState.SENDING)
        await store.move_item(moved, frozenset({ItemState.PLANNED}), [an_entry(detail=f"move-{number}")], owner=owner)
        print(f"move-{number}", flush=True)
        await store.save_vms(ADMIN, [a_vm(vm, name=f"{vm}-{number}") for vm in range(120)], [], NOON, None)


async def spool_until_killed(store: SqlStore, owner: str, folder: Path) -> None:
    """Append audit while the database is held, without end."""
    with closing(sqlite3.connect(folder / "osvm.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        number = 0
        while True:
            number += 1
            await store.append_audit([an_entry(detail=f"row-{number}")])
            print(f"row-{number}", flush=True)


async def main(folder: Path, owner: str, what: str) -> None:
    """Open the store and do `what`."""
    if what == "spool_until_killed":
        engine.BUSY_S = 0.001
    store = SqlStore(
        default_url(folder / "osvm.db"), spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC)
    )
    await store.open()
    await {f.__name__: f for f in (chain, swap, lead, write_until_killed, spool_until_killed)}[what](
        store, owner, folder
    )
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
