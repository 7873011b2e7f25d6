"""What people ask when something is slow or an alert has come: which VM is it, and does somebody know."""

from __future__ import annotations

from osvm_tui.domain.alerts import AlertState, AlertView
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm, VmRef
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker


def red(vm: Vm) -> bool:
    return vm.status == "ERROR" and vm.host_status != "DOWN"


async def burning(op: Walker) -> str:
    """Return the name of the VM that burns most, when all that run have been measured."""
    running = [vm async for page in op.mine.list_vms() for vm in page.vms if vm.vm_state == "active"]

    async def look() -> tuple[tuple[VmRef, float], ...]:
        return op.console.monitor.top(Metric.CPU, len(running))

    ranked = await op.reads(look, lambda seen: 0 < len(running) * 0.8 <= len(seen))
    vm = op.console.vm(ranked[0][0])
    assert vm is not None
    return vm.name


async def alert_on(op: Walker, vm: Vm) -> AlertView:
    async def look() -> AlertView | None:
        return next((one for one in op.console.monitor.alerts() if one.ref == vm.ref), None)

    found = await op.reads(look, lambda one: one is not None)
    assert found is not None
    return found


async def test_which_vm_burns_the_cpu(journey: Journey) -> None:
    async with journey(measured=True) as op:
        name = await burning(op)
        await op.go("monitor")
        await op.sees("CPU▼", "by simulated", f"▸ {name} ")
        await op.press("enter")
        await op.sees(f"{name} ", " cpu ", " memory ", "simulated, ")


async def test_a_vm_that_is_off_burns_nothing_and_the_reason_is_told(journey: Journey) -> None:
    async with journey(measured=True) as op:
        off = await op.some(lambda vm: vm.status == "SHUTOFF")
        await op.go(f"monitor {off.name}")
        await op.sees("0 of ")
        await op.press("n")
        await op.sees(off.name, "not running (SHUTOFF)")
        assert off.ref not in [ref for ref, _ in op.console.monitor.top(Metric.CPU, 100)]


async def test_who_knows_about_the_alert_on_a_vm(journey: Journey) -> None:
    async with journey(measured=True) as op:
        broken = await op.some(red)
        await alert_on(op, broken)
        await op.go(f"alert {broken.name}")
        await op.sees(broken.name, "firing", "nobody has said so")
        await op.press("a")
        await op.sees("acknowledge error on")
        await op.type("disk swap at ten")
        await op.press("enter")
        await op.sees("acknowledged", "ops-1", "disk swap at ten")
        row = await op.audited("alert-acknowledge", "done")
        assert (row.entry.operator, row.entry.vm_name) == ("ops-1", broken.name)
        assert "disk swap at ten" in row.entry.detail


async def test_who_may_only_look_acknowledges_no_alert(journey: Journey) -> None:
    async with journey(measured=True, role=ConsoleRole.VIEWER) as op:
        broken = await op.some(red)
        await alert_on(op, broken)
        await op.go(f"alert {broken.name}")
        await op.sees("nobody has said so")
        await op.press("a")
        await op.sees("acknowledge error on")
        await op.type("mine")
        await op.press("enter")
        await op.sees("console role viewer may not acknowledge")
        assert (await alert_on(op, broken)).state is AlertState.FIRING
