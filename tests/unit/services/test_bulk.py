"""Operations as a whole: held, let go, cancelled, counted, ended in one word, and asked for again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from osvm_tui.domain.errors import Conflict, Refused
from osvm_tui.domain.events import OperationEnded, OperationSteered
from osvm_tui.domain.operations import ActionRequest, Control, CreateVm, ItemState, OperationView
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.console import Console
from tests.unit.services.conftest import FAST
from tests.unit.services.requests import WAIT, Make, becomes, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

ONE_BY_ONE = msgspec.structs.replace(FAST, send_concurrency=1)
TEN = [str(number) for number in range(10)]


def stopping(ids: list[str] = TEN) -> ActionRequest:
    """Return a stop of these VMs."""
    return ActionRequest("stop", tuple(VmRef("e", i) for i in ids))


def ends(console: Console) -> list[OperationView]:
    """Return a list that gets the view of every operation that ends."""
    found: list[OperationView] = []
    console.subscribe(lambda event: found.append(event.view) if isinstance(event, OperationEnded) else None)
    return found


def seen(console: Console, operation_id: str) -> OperationView:
    """Return an operation that must be known."""
    view = console.bulk.view(operation_id)
    assert view is not None
    return view


async def until(true: Callable[[], object]) -> None:
    """Wait a while for something."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 5 s")


async def die(console: Console) -> None:
    """End a console as if killed, a while after its last renewal: nothing is handed over."""
    await asyncio.sleep(0.15)
    for task in console._tasks:
        task.cancel()
    await console._lifecycle.stop()


class Slow:
    """Lets a cloud's `act` wait until told, so that a bulk stands still in the middle."""

    def __init__(self, cloud: ScriptedCloud, after: int) -> None:
        self.go, self._after, self._cloud, self._act = asyncio.Event(), after, cloud, cloud.act
        self.waiting = 0
        cloud.act = self._wait  # type: ignore[method-assign, assignment]

    async def _wait(self, action_id: str, vm_id: str, params: dict[str, object]) -> object:
        if len(self._cloud.sent) >= self._after:
            self.waiting += 1
            await self.go.wait()
        return await self._act(action_id, vm_id, params)


async def stuck_in_the_middle(make: Make, after: int = 3) -> tuple[Console, ScriptedCloud, Slow, str]:
    """Return a console whose bulk of ten has sent `after` calls and waits with the next one."""
    cloud = ScriptedCloud(*(a_vm(i) for i in TEN))
    cloud.on_act = becomes(cloud, "stopped")
    slow, console = Slow(cloud, after), make(cloud, cadence=ONE_BY_ONE)
    await console.load()
    await console.follow_operations()
    operation_id = (await console.submit(stopping())).operation_id
    await until(lambda: slow.waiting)
    return console, cloud, slow, operation_id


async def test_a_paused_bulk_sends_nothing_more_and_goes_on_when_told(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    heard: list[Control] = []
    one.subscribe(lambda event: heard.append(event.view.control) if isinstance(event, OperationSteered) else None)
    await one.bulk.steer(operation_id, Control.PAUSE)
    slow.go.set()
    await until(lambda: seen(one, operation_id).count(ItemState.ARRIVED) == 4)
    await asyncio.sleep(0.1)
    assert len(cloud.sent) == 4, "what was on its way goes on, nothing else"
    assert seen(one, operation_id).count(ItemState.PLANNED) == 6
    await one.bulk.steer(operation_id, Control.RUN)
    items = await one.wait(operation_id, WAIT)
    assert {item.state for item in items} == {ItemState.ARRIVED}
    assert Counter(cloud.sent) == Counter(("stop", i) for i in TEN)
    assert heard == [Control.PAUSE, Control.RUN]
    rows = [row.entry for row in await one.audit(AuditQuery()) if row.entry.phase in ("paused", "resumed")]
    assert [(row.phase, row.operator, row.item_id) for row in rows] == [
        ("resumed", "ops-1", ""),
        ("paused", "ops-1", ""),
    ]
    assert rows[1].detail == "6 of 10 not sent yet"


async def test_what_waited_in_a_pause_is_gated_again(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    await one.bulk.steer(operation_id, Control.PAUSE)
    slow.go.set()
    cloud.vms["9"] = a_vm("9", "paused")
    del cloud.vms["8"]
    await until(lambda: seen(one, operation_id).count(ItemState.ARRIVED) == 4)
    await one.bulk.steer(operation_id, Control.RUN)
    items = await one.wait(operation_id, WAIT)
    by_id = {item.ref.id: item for item in items}
    assert by_id["9"].state is ItemState.CANCELLED
    assert "vm-9 is PAUSED" in by_id["9"].message
    assert by_id["8"].state is ItemState.CANCELLED
    assert len(cloud.sent) == 8


async def test_a_cancelled_bulk_ends_what_was_not_sent(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    told = ends(one)
    await one.bulk.steer(operation_id, Control.CANCEL)
    slow.go.set()
    await one.wait(operation_id, WAIT)
    (view,) = told
    assert dict(view.counts) == {ItemState.ARRIVED: 4, ItemState.CANCELLED: 6}
    assert len(cloud.sent) == 4
    assert view == one.bulk.view(operation_id)
    with pytest.raises(Refused, match="final"):
        await one.bulk.steer(operation_id, Control.RUN)
    phases = Counter(row.entry.phase for row in await one.audit(AuditQuery()) if row.entry.item_id)
    assert phases == {"requested": 10, "sent": 4, "arrived": 4, "cancelled": 6}
    assert (await one.verify_audit()).holds


async def test_another_console_pauses_and_cancels_what_it_does_not_own(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    other = console(cloud)
    await other.load()
    await other.follow_operations()
    await until(lambda: other.bulk.view(operation_id))
    await other.bulk.steer(operation_id, Control.PAUSE)
    slow.go.set()
    await until(lambda: seen(one, operation_id).count(ItemState.ARRIVED) == 4)
    await until(lambda: seen(one, operation_id).control is Control.PAUSE)
    assert len(cloud.sent) == 4
    await other.bulk.steer(operation_id, Control.CANCEL)
    told = ends(other)
    await until(lambda: told)
    assert dict(told[0].counts) == {ItemState.ARRIVED: 4, ItemState.CANCELLED: 6}
    assert other.bulk.view(operation_id) == one.bulk.view(operation_id)


async def test_a_pause_survives_its_console_and_is_not_stale(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    await one.bulk.steer(operation_id, Control.PAUSE)
    slow.go.set()
    await until(lambda: seen(one, operation_id).count(ItemState.ARRIVED) == 4)
    await die(one)
    await asyncio.sleep(0.5)
    hasty = msgspec.structs.replace(FAST, stale_plan_s=0.2)
    heir = console(cloud, cadence=hasty)
    await heir.load()
    await heir.follow_operations()
    await until(lambda: {item.owner for item in heir.bulk.items(operation_id) if item.state.open} == {heir.owner})
    assert len(cloud.sent) == 4
    assert seen(heir, operation_id).control is Control.PAUSE
    await heir.bulk.steer(operation_id, Control.RUN)
    items = await heir.wait(operation_id, WAIT)
    assert {item.state for item in items} == {ItemState.ARRIVED}
    assert Counter(cloud.sent) == Counter(("stop", i) for i in TEN)


async def test_a_plan_that_nobody_cared_for_is_not_sent(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    await die(one)
    await asyncio.sleep(0.5)
    heir = console(cloud, cadence=msgspec.structs.replace(FAST, stale_plan_s=0.3))
    await heir.load()
    slow.go.set()
    await heir.follow_operations()
    told = ends(heir)
    await until(lambda: told)
    late = [item for item in heir.bulk.items(operation_id) if item.state is ItemState.CANCELLED]
    assert {item.message for item in late} == {"nothing was sent: it was planned too long ago"}
    assert len(late) == 6
    assert len(cloud.sent) == 3


async def test_what_failed_is_asked_for_again_as_a_new_operation(console: Make) -> None:
    cloud = ScriptedCloud(*(a_vm(i) for i in "123"), a_vm("4", "paused"))
    cloud.on_act = becomes(cloud, "stopped")
    cloud.errors["act"] = [Conflict("busy"), Conflict("busy")]
    one = console(cloud)
    await one.load()
    items = await run(one, "stop", "1", "2", "3", "4")
    failed = [item.ref for item in items if item.state is ItemState.FAILED]
    assert len(failed) == 2
    old = items[0].operation_id
    again = await one.bulk.retry(old)
    assert again.operation_id != old
    assert [item.ref for item in again.items] == failed
    assert {item.state for item in await one.wait(again.operation_id, WAIT)} == {ItemState.ARRIVED}
    rows = [row.entry for row in await one.audit(AuditQuery()) if row.entry.operation_id == again.operation_id]
    assert {row.detail for row in rows if row.phase == "requested"} == {f"repeats {old[:8]}"}
    with pytest.raises(Refused, match="no item of it has failed"):
        await one.bulk.retry(again.operation_id)


async def test_a_creation_is_asked_for_again_with_a_new_id(console: Make) -> None:
    cloud = ScriptedCloud()
    cloud.errors["create"] = [None, Conflict("no ports left")]
    one = console(cloud)
    await one.load()
    order = CreateVm(name="web-{n}", flavor_id="f", image_id="i")
    first = await one.create("lab", order, 2)
    items = await one.wait(first.operation_id, WAIT)
    (failed,) = [item for item in items if item.state is ItemState.FAILED]
    again = await one.bulk.retry(first.operation_id)
    (made,) = await one.wait(again.operation_id, WAIT)
    assert (made.vm_name, made.state) == (failed.vm_name, ItemState.ARRIVED)
    assert made.vm_uuid != failed.vm_uuid
    assert ("flavor", "f") in seen(one, again.operation_id).params
    with pytest.raises(Refused, match="asked for again since"):
        await one.bulk.retry(first.operation_id)
    assert [name for _, name in cloud.sent] == ["web-1", "web-2", failed.vm_name]


async def test_an_operation_whose_secret_was_withheld_is_not_repeated(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.errors["act"] = [Conflict("no agent")]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "change-password", "1", password="hunter2")
    with pytest.raises(Refused, match="secret"):
        await one.bulk.retry(item.operation_id)
    assert one._store is not None
    stored = await one._store.operation(item.operation_id)
    assert stored is not None
    assert (stored.secret, stored.params) == (True, {})
    assert "hunter2" not in str([row.entry for row in await one.audit(AuditQuery())])
    assert seen(one, item.operation_id).params == ()


async def test_a_viewer_steers_nothing(console: Make) -> None:
    one, cloud, slow, operation_id = await stuck_in_the_middle(console)
    viewer = console(cloud, role=ConsoleRole.VIEWER)
    await viewer.load()
    await until(lambda: viewer.bulk.view(operation_id))
    with pytest.raises(Refused, match="console role viewer"):
        await viewer.bulk.steer(operation_id, Control.CANCEL)
    slow.go.set()
    assert {item.state for item in await one.wait(operation_id, WAIT)} == {ItemState.ARRIVED}


async def test_one_name_per_vm_also_for_who_takes_over(console: Make) -> None:
    cloud = ScriptedCloud(*(a_vm(i) for i in "1234"))
    names: list[object] = []
    act = cloud.act

    async def acted(action_id: str, vm_id: str, params: dict[str, object]) -> object:
        names.append(params.get("name"))
        return await act(action_id, vm_id, params)

    cloud.act = acted  # type: ignore[method-assign, assignment]
    slow, one = Slow(cloud, 2), console(cloud, cadence=ONE_BY_ONE)
    await one.load()
    await one.follow_operations()
    request = ActionRequest("create-image", tuple(VmRef("e", i) for i in "1234"), {"name": "{name}-{date}"})
    submission = await one.submit(request)
    await until(lambda: slow.waiting)
    await die(one)
    heir = console(cloud)
    await heir.load()
    slow.go.set()
    await heir.follow_operations()
    told = ends(heir)
    await until(lambda: told)
    day = submission.items[0].planned_at.date().isoformat()
    assert set(names) >= {f"vm-{n}-{day}" for n in "124"}
    assert len(names) == len(set(names))


async def test_many_items_are_counted_as_they_move(console: Make) -> None:
    ids = [str(number) for number in range(60)]
    cloud = ScriptedCloud(*(a_vm(i) for i in ids))
    cloud.page = 60
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    told = ends(one)
    submission = await one.submit(stopping(ids))
    await one.wait(submission.operation_id, 30)
    assert [dict(view.counts) for view in told] == [{ItemState.ARRIVED: 60}]
    assert [view.total for view in one.bulk.views()] == [60]
    assert len(set(cloud.sent)) == len(cloud.sent) == 60
