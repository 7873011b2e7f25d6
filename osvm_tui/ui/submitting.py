"""A request handed to the services so that leaving a dialog cannot tear it, and the cloud's first answer to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from osvm_tui.domain.errors import CloudError, OsvmError
from osvm_tui.domain.events import Event, OperationChanged
from osvm_tui.domain.operations import ActionRequest, ItemState, OperationItem, Submission

if TYPE_CHECKING:
    from osvm_tui.services.api import ConsoleApi

_NOT_YET = (ItemState.PLANNED, ItemState.SENDING)


async def submitted(api: ConsoleApi, request: ActionRequest) -> Submission:
    """Submit; goes on when whoever asked is gone. Raises what `ConsoleApi.submit` raises."""
    return await asyncio.shield(asyncio.ensure_future(api.submit(request)))


async def refusal_of(api: ConsoleApi, done: Submission) -> str:
    """Wait until the cloud has answered a request on one VM; return why it was not taken, empty when it was.

    Of several VMs nothing is waited for: their operation has a place of its own.
    """
    if len(done.items) != 1:
        return ""
    item = await _answered(api, done.operation_id)
    if item is None or item.state not in (ItemState.FAILED, ItemState.REFUSED):
        return ""
    request = f" ({item.request_id})" if item.request_id else ""
    return f"{item.state}: {item.message or 'the cloud gave no reason'}{request}"


async def _answered(api: ConsoleApi, operation_id: str) -> OperationItem | None:
    moved = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, OperationChanged):
            moved.set()

    end = api.subscribe(listen)
    try:
        while True:
            item = next((each for each in api.operations() if each.operation_id == operation_id), None)
            if item is None or item.state not in _NOT_YET:
                return item
            await moved.wait()
            moved.clear()
    finally:
        end()


def told(error: OsvmError) -> str:
    """Return an error as one line: what happened, what to do, and the request id."""
    request = f" ({error.request_id})" if isinstance(error, CloudError) and error.request_id else ""
    return f"{error.title}: {error.detail}{f'; {error.hint}' if error.hint else ''}{request}"
