"""Rows of `leases`: rights held for a while, with an epoch that fences old holders out.

The caller owns the transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.errors import StoreError
from osvm_tui.store.base import Lease
from osvm_tui.store.tables import leases

_SLACK_S = 1.0
"""How far a clock may be behind the one that wrote a lease before the lease counts as made in the future."""


def in_force(now: datetime, expires_at: datetime, ttl_s: float) -> bool:
    """Return whether a lease holds at `now`.

    One that ends later than any renewal made until now could reach was written before the clock was set back: it
    would hold for as long as the clock was wrong, so it does not count.
    """
    return now < expires_at <= now + timedelta(seconds=ttl_s + _SLACK_S)


async def acquire(connection: AsyncConnection, name: str, owner: str, ttl_s: float, now: datetime) -> Lease | None:
    """Take, renew or be refused a lease (None)."""
    row = await _row(connection, name, lock=True)
    expires_at = now + timedelta(seconds=ttl_s)
    if row is None:
        await connection.execute(
            insert(leases).values(name=name, owner=owner, epoch=1, ttl_s=ttl_s, expires_at=expires_at)
        )
        return Lease(name, owner, 1, expires_at)
    held = bool(row.owner) and in_force(now, row.expires_at, row.ttl_s)
    if held and row.owner != owner:
        return None
    epoch = row.epoch if row.owner == owner else row.epoch + 1
    values = {"owner": owner, "epoch": epoch, "ttl_s": ttl_s, "expires_at": expires_at}
    await connection.execute(update(leases).where(leases.c.name == name).values(values))
    return Lease(name, owner, epoch, expires_at)


async def release(connection: AsyncConnection, lease: Lease) -> None:
    """Free a lease if it is still this one."""
    mine = (leases.c.name == lease.name) & (leases.c.owner == lease.owner) & (leases.c.epoch == lease.epoch)
    await connection.execute(update(leases).where(mine).values(owner=""))


async def find(connection: AsyncConnection, name: str) -> Lease | None:
    """Return the last holder of a lease, None when it was never taken or was released."""
    row = await _row(connection, name, lock=False)
    return Lease(row.name, row.owner, row.epoch, row.expires_at) if row is not None and row.owner else None


async def require(connection: AsyncConnection, lease: Lease) -> None:
    """Raise StoreError when `lease` has passed to another holder or was released."""
    row = await _row(connection, lease.name, lock=True)
    if row is None or row.owner != lease.owner or row.epoch != lease.epoch:
        holder = f"{row.owner} (epoch {row.epoch})" if row is not None and row.owner else "nobody"
        raise StoreError(f"lease {lease.name} of epoch {lease.epoch} has passed to {holder}: nothing was written")


async def _row(connection: AsyncConnection, name: str, *, lock: bool) -> Row[tuple[object, ...]] | None:
    query = select(leases).where(leases.c.name == name)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
