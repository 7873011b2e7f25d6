"""From `U` to `OperationsApi.undo`: which item is meant, may it be taken back, ask by the risk of the inverse verb."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.ui.action_plan import plan, verb
from osvm_tui.ui.confirming import confirmed
from osvm_tui.ui.refusals import note_refused
from osvm_tui.ui.submitting import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from osvm_tui.domain.vm import VmRef
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.screens.place import PlaceScreen


def last_own(api: ConsoleApi, ref: VmRef) -> OperationItem | None:
    """Return the newest item of a VM that arrived and was asked for by this operator."""
    return next(
        (
            item
            for item in api.operations()
            if item.ref == ref and item.operator == api.operator and item.state is ItemState.ARRIVED
        ),
        None,
    )


def begin_undo(screen: PlaceScreen, item: OperationItem) -> str:
    """Begin to take an item back; return why it cannot be, empty when it was begun."""
    api = screen.api
    verdict, verbs = api.bulk.undo_verdict(item.id), api.bulk.undo_verbs(item.id)
    if not verdict.allowed or not verbs:
        return verdict.reason or f"{verb(action_of(item.action_id))} cannot be taken back"
    screen.run_worker(_undo(screen, item, verbs), group="action", exit_on_error=False)
    return ""


async def _undo(screen: PlaceScreen, item: OperationItem, verbs: Sequence[str]) -> None:
    for inverse in dict.fromkeys(verbs):
        chosen = plan(screen.api, inverse, (item.ref,))
        if chosen.refusal:
            screen.notify(f"refused: {chosen.refusal}", severity="warning", markup=False)
            note_refused(screen.app, screen.api, chosen)
            return
        if not await confirmed(screen.app, screen.api, chosen):
            return
    try:
        taken = await asyncio.shield(asyncio.ensure_future(screen.api.bulk.undo(item.id)))
    except OsvmError as error:
        screen.notify(told(error), severity="warning", markup=False)
    else:
        if taken.refusal:
            screen.notify(f"{item.vm_name} is not taken back whole: {taken.refusal}", severity="warning", markup=False)
        else:
            screen.notify(f"taking back {verb(action_of(item.action_id))} {item.vm_name}", markup=False)
