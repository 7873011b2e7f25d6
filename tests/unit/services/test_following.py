"""What was accepted is followed to a true end, also by verbs that leave no state behind or end where they began."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.host import Migration
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Fault
from osvm_tui.services.console import utc_now
from tests.unit.services.requests import Make, becomes, run
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

ADMIN = msgspec.structs.replace(
    SCOPE,
    roles=frozenset({"admin", "member", "reader"}),
    profile=msgspec.structs.replace(SCOPE.profile, services=frozenset({"compute", "network", "image", "volume"})),
)


def entry(action: str, result: str | None, message: str = "") -> InstanceAction:
    """Return what the log says of the first request; `result` None while its event runs."""
    event = InstanceEvent(f"compute_{action}", utc_now(), utc_now() if result else None, result or "")
    return InstanceAction(action, "req-1", utc_now(), utc_now(), "u", "p", message, (event,))


async def followed(
    make: Make,
    action: str,
    log: InstanceAction | None,
    *,
    state: str = "active",
    after: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    **params: object,
) -> OperationItem:
    """Return how an action on one VM ends when the cloud makes of it what `after` says."""
    cloud = ScriptedCloud(a_vm("1", state, **(before or {})), scope=ADMIN)
    cloud.log = [log] if log else []
    if after is not None:
        cloud.on_act = becomes(cloud, **after)
    one = make(cloud, role=ConsoleRole.ADMIN)
    await one.load()
    (item,) = await run(one, action, "1", **params)
    return item


async def test_what_leaves_no_state_arrives_by_the_log(console: Make) -> None:
    item = await followed(console, "detach-volume", entry("detach_volume", "Success"), volume_id="v")
    assert item.state is ItemState.ARRIVED


async def test_what_leaves_no_state_fails_by_the_log(console: Make) -> None:
    item = await followed(console, "detach-volume", entry("detach_volume", "Error", "Error"), volume_id="v")
    assert (item.state, item.message) == (
        ItemState.FAILED,
        "detach volume failed on vm-1: compute_detach_volume failed",
    )


async def test_a_silent_log_leaves_it_unconfirmed(console: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTIONS, "detach-volume", msgspec.structs.replace(ACTIONS["detach-volume"], deadline_s=0.05))
    item = await followed(console, "detach-volume", None, volume_id="v")
    assert item.state is ItemState.UNCONFIRMED
    assert "does not tell" in item.message


async def test_a_rebuild_that_leaves_an_error_an_error_fails_with_its_fault(console: Make) -> None:
    fault = Fault(500, "Image is too large.")
    item = await followed(
        console,
        "rebuild",
        entry("rebuild", "Error", "Error"),
        state="error",
        image_id="i",
        after={"vm_state": "error", "fault": fault},
    )
    assert (item.state, item.message) == (ItemState.FAILED, "vm-1 went back to ERROR: Image is too large.")


async def test_a_snapshot_that_failed_does_not_count_as_arrived_for_the_state(console: Make) -> None:
    item = await followed(console, "create-image", entry("createImage", "Error", "Error"), name="x")
    assert (item.state, item.message) == (ItemState.FAILED, "vm-1 is ACTIVE as before: compute_createImage failed")


@pytest.mark.parametrize(("host", "state"), [("there", ItemState.ARRIVED), ("h", ItemState.FAILED)])
async def test_a_live_migration_arrives_only_elsewhere(console: Make, host: str, state: ItemState) -> None:
    item = await followed(
        console, "live-migrate", entry("live-migration", "Success"), after={"vm_state": "active", "host_id": host}
    )
    assert item.state is state
    assert item.was == {"host_id": "h"}
    assert host == "there" or item.message.startswith("vm-1 stayed on its host")


async def test_a_confirmation_that_nova_gives_up_ends(console: Make) -> None:
    item = await followed(console, "confirm-resize", entry("confirmResize", "Error", "Error"), state="resized")
    assert (item.state, item.message) == (
        ItemState.FAILED,
        "vm-1 is VERIFY_RESIZE as before: compute_confirmResize failed",
    )


async def test_the_one_running_migration_need_not_be_named(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "active", "migrating"), scope=ADMIN)
    cloud.log = [entry("live_migration_cancel", "Success")]
    one = console(cloud, role=ConsoleRole.ADMIN)
    await one.load()
    moves = [Migration(id="6", status="completed"), Migration(id="7", vm_id="1", status="running")]

    async def migrations(vm_id: str) -> tuple[Migration, ...]:
        return tuple(moves)

    cloud.migrations = migrations  # type: ignore[method-assign]
    (item,) = await run(one, "live-migrate-abort", "1")
    assert item.state is ItemState.ARRIVED
    assert one._store is not None
    stored = await one._store.operation(item.operation_id)
    assert stored is not None
    assert stored.params == {"migration_id": "7"}
    moves.append(Migration(id="8", status="queued"))
    with pytest.raises(Refused, match=r"several migrations are running \(7, 8\)"):
        await run(one, "live-migrate-abort", "1")
    del moves[1:]
    with pytest.raises(Refused, match="no migration is running"):
        await run(one, "live-migrate-abort", "1")
