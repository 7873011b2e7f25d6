"""Find out what became of a call whose answer was lost, by reading; nothing is ever sent again from here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.errors import CloudError, NotFound
from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.undo import shows
from osvm_tui.services.cadence import Cadence

LOG_NAMES: dict[str, str] = {
    "create-server": "create",
    "reboot-soft": "reboot",
    "reboot-hard": "reboot",
    "shelve-offload": "shelveOffload",
    "force-delete": "delete",
    "soft-delete": "delete",
    "confirm-resize": "confirmResize",
    "revert-resize": "revertResize",
    "create-image": "createImage",
    "create-backup": "createBackup",
    "change-password": "changePassword",
    "live-migrate": "live-migration",
    "live-migrate-abort": "live_migration_cancel",
    "live-migrate-force-complete": "live_migration_force_complete",
    "trigger-crash-dump": "trigger_crash_dump",
    "attach-interface": "attach_interface",
    "detach-interface": "detach_interface",
    "attach-volume": "attach_volume",
    "detach-volume": "detach_volume",
    "reset-state": "resetState",
}
"""What Nova's instance action log calls an action, where it is not the action's own id."""
_UNLOGGED = frozenset(
    {"update-server", "set-metadata", "delete-metadata", "set-tags", "delete-tags", "remove-security-group"}
)
"""Stand in no log of Nova's: the VM itself shows whether they were done."""

_SLACK = timedelta(seconds=5)


class Trace(Struct, frozen=True):
    """What the cloud shows of a lost call."""

    found: bool
    request_id: str = ""
    vm_id: str = ""
    gone: bool = False


async def find_trace(
    client: CloudClient,
    item: OperationItem,
    cadence: Cadence,
    cloud_now: Callable[[], datetime],
    *,
    known: frozenset[str] = frozenset(),
    wanted: Mapping[str, object] | None = None,
    patience_s: float | None = None,
) -> Trace:
    """Look for `item` in the cloud until its call could no longer arrive: for up to `resolve_s`, or a while longer
    when the cloud was silent, because a cloud that comes back works off what has waited at its door.

    `known` are request ids of other operations; `wanted` what was asked for, which for names, metadata and tags no log
    of Nova's tells; `patience_s` a shorter time for a call that the cloud has answered, if only with a fault.
    """
    sent_at = item.cloud_sent_at or item.planned_at
    since, end = sent_at - _SLACK, sent_at + timedelta(seconds=cadence.resolve_s)
    if patience_s is not None:
        end = cloud_now() + timedelta(seconds=patience_s)
    was_silent = False
    while True:
        trace = await _look(client, item, since, known, wanted or {})
        if trace is not None and (trace.found or trace.gone):
            return trace
        if trace is not None and cloud_now() >= end and not was_silent:
            return trace
        if trace is not None and was_silent:
            end = max(end, cloud_now() + timedelta(seconds=cadence.door_s))
        was_silent = trace is None
        await asyncio.sleep(cadence.resolve_poll_s)


async def _look(
    client: CloudClient, item: OperationItem, since: datetime, known: frozenset[str], wanted: Mapping[str, object]
) -> Trace | None:
    """Return what one look shows, None when the cloud did not answer: that is no information."""
    try:
        if item.action_id == "create-server":
            vm = await client.find_created(item.vm_uuid, item.vm_name)
            return Trace(vm is not None, vm_id=vm.id if vm else "")
        if item.action_id in _UNLOGGED:
            vm = await client.get_vm(item.ref.id)
            return Trace(bool(wanted) and bool(shows(item.action_id, wanted, vm)))
        return await _logged(client, item, since, known)
    except NotFound:
        return Trace(False, gone=True)
    except CloudError:
        return None


async def _logged(client: CloudClient, item: OperationItem, since: datetime, known: frozenset[str]) -> Trace:
    name, me = LOG_NAMES.get(item.action_id, item.action_id), client.scope.user_id
    for action in await client.instance_actions(item.ref.id):
        mine = action.user_id in ("", me) and action.request_id not in known
        if mine and action.action == name and action.started_at is not None and action.started_at >= since:
            return Trace(True, action.request_id)
    return Trace(False)
