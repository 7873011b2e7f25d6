"""Finds where a VM comes from that is seen for the first time: our own creations keep the id they were planned under.

A metadata value alone is not believed: it may have been copied from another VM.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.vm import Vm
from osvm_tui.store.tables import operation_items, operations, vms

_OUR_ID = "osvm_uuid"


class Origin(Struct, frozen=True):
    """Our id of a VM, and the masked user data it was created with."""

    uuid: str
    user_data: str | None = None


async def origins(connection: AsyncConnection, fresh: Sequence[Vm]) -> list[Origin]:
    """Return an origin for each VM: that of its planned creation if there is one and nobody else has it."""
    told = [dict(vm.metadata).get(_OUR_ID, "") for vm in fresh]
    planned = await _planned(connection, {(vm.endpoint, uuid) for vm, uuid in zip(fresh, told, strict=True) if uuid})
    found: list[Origin] = []
    for vm, uuid in zip(fresh, told, strict=True):
        ours = (vm.endpoint, uuid) in planned
        found.append(planned.pop((vm.endpoint, uuid)) if ours else Origin(str(uuid4())))
    return found


async def _planned(connection: AsyncConnection, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Origin]:
    if not wanted:
        return {}
    uuids = sorted(uuid for _, uuid in wanted)
    taken = set((await connection.execute(select(vms.c.uuid).where(vms.c.uuid.in_(uuids)))).scalars())
    query = (
        select(operation_items.c.vm_uuid, operation_items.c.endpoint, operations.c.params)
        .join(operations, operations.c.id == operation_items.c.operation_id)
        .where(operation_items.c.vm_uuid.in_(uuids))
        .order_by(operation_items.c.planned_at.desc())
    )
    rows = await connection.execute(query)
    return {
        (row.endpoint, row.vm_uuid): Origin(row.vm_uuid, _user_data(row.params, row.vm_uuid))
        for row in rows
        if row.vm_uuid not in taken
    }


def _user_data(params: str, vm_uuid: str) -> str | None:
    """Return the user data of one order of a creation, as masked as it was kept."""
    orders = msgspec.json.decode(params).get("orders") or []
    texts = (order.get("user_data") for order in orders if order.get("vm_uuid") == vm_uuid)
    text = next(texts, None)
    return text if isinstance(text, str) and text else None
