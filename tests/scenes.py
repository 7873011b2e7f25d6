"""Moments of a scripted console to take pictures of: which fleet, whose eyes, what went wrong. Presses no key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import CloudFault, HostKeyChanged
from osvm_tui.domain.gating import Verdict, check
from osvm_tui.domain.operations import ActionRequest, ItemState, OperationItem, Submission
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ScopeState, ScopeView
from osvm_tui.services.insight_api import Remedy, Stuck, Usual
from osvm_tui.ui.options import CloudLook, UiOptions
from tests.pilot.alerting import alerts_of, machine
from tests.pilot.desk import OPTIONS
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.two_clouds import TwoClouds


class Scene(NamedTuple):
    """A console, how it looks, and the VM under the cursor; None where there is no VM."""

    api: FakeConsole
    cursor: VmRef | None
    options: UiOptions = OPTIONS


class _Failing(FakeConsole):
    """A cloud that answers every verb with an error."""

    async def submit(self, request: ActionRequest) -> Submission:
        raise CloudFault("Unexpected API error. Please report this.", entry="mock", request_id="req-1f0c9a52")


class _Locked(FakeConsole):
    """A cloud in which this console changes nothing."""

    def scopes(self) -> tuple[ScopeView, ...]:
        return tuple(replace(view, read_only=True) for view in super().scopes())

    def verdict(self, ref: VmRef, action_id: str) -> Verdict:
        actor = self.scope.actor(self.operator, self.console_role, "this console is read-only in mock")
        return check(ACTIONS[action_id], self.fleet[ref], actor, self.scope.profile)


def usual() -> Scene:
    """Return the seeded fleet, the cursor on a VM that runs."""
    return _on(FakeConsole())


def _on(api: FakeConsole, vm_state: str = "active", options: UiOptions = OPTIONS) -> Scene:
    return Scene(api, api.in_state(vm_state).ref, options)


def admin() -> Scene:
    """Return the fleet as an admin sees it."""
    return _on(FakeConsole(role=ConsoleRole.ADMIN, cloud_roles=("admin", "member", "reader")))


def viewer() -> Scene:
    """Return the fleet as somebody sees it who may only look."""
    return _on(FakeConsole(role=ConsoleRole.VIEWER, cloud_roles=("reader",)))


def read_only() -> Scene:
    """Return a cloud that this console changes nothing in."""
    look = {"mock": CloudLook("amber", read_only=True)}
    return _on(_Locked(simulated=False), options=replace(OPTIONS, clouds=look))


def wrong() -> Scene:
    """Return the fleet with the cursor on a VM in ERROR."""
    return _on(FakeConsole(), "error")


def off() -> Scene:
    """Return the fleet with the cursor on a VM that is off."""
    return _on(FakeConsole(), "stopped")


def resized() -> Scene:
    """Return the fleet with the cursor on a VM whose new size waits for a word."""
    return _on(FakeConsole(), "resized")


def failing() -> Scene:
    """Return a cloud that answers every verb with an error."""
    return _on(_Failing())


def empty() -> Scene:
    """Return a project without VMs."""
    return Scene(FakeConsole(vms=()), None)


def lost() -> Scene:
    """Return a cloud that stopped answering a while ago."""
    scene = usual()
    scene.api.last_good_at = NOW - timedelta(minutes=4)
    scene.api.turn_scope(ScopeState.STALE, "no answer", "127.0.0.1:8774 refuses the connection")
    return scene


def never() -> Scene:
    """Return a cloud that never answered."""
    api = FakeConsole(vms=())
    api.last_good_at = None
    api.turn_scope(ScopeState.FAILED, "wrong credentials", "Keystone refuses the password of ops (401)")
    return Scene(api, None)


def stuck() -> Scene:
    """Return a VM that has been powering off for far too long, and what helps it."""
    api = FakeConsole()
    vm = next(vm for vm in api.fleet.values() if vm.task_state == "powering-off")
    known = Usual(8.0, 14.0, 120)
    api.insight.stuck_vms[vm.ref] = Stuck(vm.ref, "powering-off", NOW - timedelta(minutes=12), known)
    api.insight.remedies_of[vm.ref] = (
        Remedy("reboot-hard", "unsaved data are lost", Verdict(False, f"hard reboot needs no task; {vm.name} is busy")),
        Remedy("reset-state", "the record may then not tell the truth", Verdict(False, "this verb wants role admin")),
        Remedy("delete", "the VM and its disk are gone for good", Verdict(True)),
    )
    return Scene(api, vm.ref)


def changed_key() -> Scene:
    """Return a guest that shows another host key than the accepted one."""
    scene = usual()
    name = scene.api.in_state("active").name
    shown = "SHA256:9pRZk0mX1cQ6v3yJt8hW2sLbNfEo5uGaD7iKxTzYqVs"
    known = "SHA256:Qw4nT8bYc1Lx6Vd0eRj3mHs9uZk5pFaG2oXiM7tWyKE"
    scene.api.guests.fail_next = HostKeyChanged(name, known, shown, forget=f"osvm ssh forget {name}")
    return scene


def bulk() -> Scene:
    """Return a stop of six VMs, half way."""
    api = FakeConsole()
    api.insight.norms["stop"] = Usual(12.0, 40.0, 30)
    running = [vm.ref for vm in api.fleet.values() if vm.vm_state == "active" and api.verdict(vm.ref, "stop").allowed]
    states = (ItemState.ARRIVED, ItemState.FAILED, ItemState.LATE, ItemState.SENT, ItemState.PLANNED, ItemState.PLANNED)
    for item, state in zip(_asked(api, ActionRequest("stop", tuple(running[:6]))), states, strict=True):
        why = "Nova answered 409: the instance is locked" if state is ItemState.FAILED else ""
        ended = None if state.open else NOW
        sent = None if state is ItemState.PLANNED else NOW - timedelta(seconds=9)
        api.items[item.id] = replace(item, state=state, message=why, ended_at=ended, sent_at=sent)
    return Scene(api, running[7])


def ended() -> Scene:
    """Return a stop that arrived, to be taken back."""
    api = FakeConsole()
    ref = api.in_state("active").ref
    _asked(api, ActionRequest("stop", (ref,)))
    api.advance()
    return Scene(api, ref)


def _asked(api: FakeConsole, request: ActionRequest) -> tuple[OperationItem, ...]:
    call = api.submit(request)
    try:
        call.send(None)
    except StopIteration as answer:
        items: tuple[OperationItem, ...] = answer.value.items
        return items
    raise AssertionError("the fake never waits")


class _Talkative(FakeConsole):
    """A console whose calls went well and badly."""

    def calls(self) -> tuple[ApiCall, ...]:
        now = NOW
        return (
            ApiCall(
                "mock", "compute", "GET", "/servers/detail", 200, 0.042, now - timedelta(seconds=2), "req-1f0c9a52"
            ),
            ApiCall(
                "mock", "compute", "POST", "/servers/7c0e/action", 409, 0.1, now - timedelta(seconds=9), "req-5e50"
            ),
            ApiCall("mock", "network", "GET", "/v2.0/ports", 200, 1.842, now - timedelta(minutes=2), "req-77aa01bc"),
            ApiCall("mock", "image", "GET", "/v2/images", 0, 10.0, now - timedelta(minutes=3), "", "timed out"),
        )


def calls() -> Scene:
    """Return a console whose calls went well and badly."""
    return _on(_Talkative())


def two_clouds() -> Scene:
    """Return production and a laboratory in one table, the laboratory dead; the cursor in production."""
    api = TwoClouds()
    api.turn("lab", ScopeState.STALE, seen_s_ago=190)
    looks = {"eu": CloudLook("red", production=True), "lab": CloudLook("blue")}
    running = next(vm for vm in api.fleet.values() if api.entry_of(vm.ref) == "eu" and _plain(vm))
    return Scene(api, running.ref, replace(OPTIONS, clouds=looks))


def _plain(vm: Vm) -> bool:
    return vm.vm_state == "active" and not vm.busy and not vm.locked


def unmeasured() -> Scene:
    """Return a fleet whose sources do not answer."""
    scene = usual()
    scene.api.monitor.trouble = "not permitted"
    return scene


def many() -> Scene:
    """Return a fleet of many VMs."""
    return _on(FakeConsole(800))


def alerted() -> Scene:
    """Return a fleet in which rules are broken, on a machine that was read."""
    scene = usual()
    scene.api.monitor.alert_views = alerts_of(scene.api)
    scene.api.monitor.host_view = machine(scene.api.now - timedelta(seconds=3))
    return scene


def contrast() -> Scene:
    """Return the fleet in the theme of high contrast."""
    return _on(FakeConsole(), options=replace(OPTIONS, theme="contrast"))


def ansi16() -> Scene:
    """Return the fleet in sixteen colours and letters of ASCII."""
    return _on(FakeConsole(), options=replace(OPTIONS, theme="ansi16", glyphs="ascii"))


SceneMaker = Callable[[], Scene]
