"""The stuck detector over a real console: norms from arrived operations, outliers, and remedies in their order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.events import Event, OperationChanged, StuckChanged
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.console import Console
from tests.unit.services.scripted_cloud import ScriptedCloud

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _arrived(n: int, ref: VmRef, seconds: float) -> OperationItem:
    return OperationItem(
        id=f"i-{n}", operation_id="o", action_id="stop", ref=ref, vm_name="web-1", entry="a", scope_key="s",
        operator="ops", state=ItemState.ARRIVED, planned_at=NOW, sent_at=NOW, ended_at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


async def test_a_vm_is_stuck_when_it_takes_much_longer_than_this_cloud_usually_does(
    console: Callable[..., Console],
) -> None:
    cloud = ScriptedCloud(entry="a")
    one = console(cloud)
    await one.load()
    endpoint = cloud.scope.endpoint
    told: list[Event] = []
    one.subscribe(told.append)
    now = datetime.now(UTC) + one._scopes.follower("a").status.clock_offset
    slow = Vm(
        endpoint=endpoint, id="slow", name="slow", status="ACTIVE", vm_state="active", task_state="powering-off",
        launched_at=now, updated_at=now - timedelta(seconds=60), host_id="h",
    )  # fmt: skip
    one._apply("a", Delta((slow,)))
    one._insight.look()
    assert one.insight.all_stuck() == (), "60 s are within a stop's deadline, and there is no norm yet"
    for n in range(19):
        one._bus.publish(OperationChanged(_arrived(n, slow.ref, 2.0)))
    assert one.insight.usual("a", "stop") is None, "19 samples make no norm"
    one._bus.publish(OperationChanged(_arrived(0, slow.ref, 500.0)))
    assert one.insight.usual("a", "stop") is None, "an item counts once"
    one._bus.publish(OperationChanged(_arrived(19, slow.ref, 2.0)))
    usual = one.insight.usual("a", "stop")
    assert usual is not None
    assert (usual.median_s, usual.samples) == (2.0, 20)
    one._insight.look()
    stuck = one.insight.stuck(slow.ref)
    assert stuck is not None
    assert (stuck.doing, stuck.usual) == ("powering-off", usual)
    assert StuckChanged((slow.ref,)) in told
    remedies = one.insight.remedies(slow.ref)
    assert [remedy.action_id for remedy in remedies][:1] == ["reboot-hard"]
    one._apply("a", Delta((), (slow.ref,)))
    one._insight.look()
    assert one.insight.all_stuck() == ()
    assert told[-1] == StuckChanged(())
