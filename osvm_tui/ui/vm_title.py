"""The line that names one VM and says how it stands: state, task, what is expected, lock, age. Knows no widget."""

from __future__ import annotations

from textual.content import Content

from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.cloud_look import wear
from osvm_tui.ui.columns import expected
from osvm_tui.ui.format import SIGNS, age, state_mark
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable

Part = Content | str | tuple[str, str]


def vm_title(api: ConsoleApi, options: UiOptions, ref: VmRef, seen: Vm | None) -> Content:
    """Return the line for the VM as it was last `seen`; a VM that the fleet no longer has is said to be gone."""
    if seen is None:
        return Content.styled(f" {ref.short} is not known here", "$state-stale")
    name: tuple[Part, ...] = (" ", *_cloud(api, options, ref), (printable(seen.name), "bold"), "  ")
    if api.vm(ref) is None:
        return Content.assemble(*name, ("gone; this is how it was last seen", "$state-stale"))
    mark = state_mark(seen, options.glyphs)
    state = (f"{mark.glyph} {mark.word}", f"$state-{mark.token}")
    return Content.assemble(*name, state, *_coming(api, options, seen), *_doubts(api, options, seen))


def _cloud(api: ConsoleApi, options: UiOptions, ref: VmRef) -> tuple[Part, ...]:
    worn = wear(options, [view.entry for view in api.scopes()], api.entry_of(ref))
    return ((worn.title, f"bold ${worn.hue}"), "  ") if worn.hue else ()


def _coming(api: ConsoleApi, options: UiOptions, vm: Vm) -> list[Part]:
    coming = expected(api.pending(vm.ref))
    told = (vm.task_state, f"{SIGNS[options.glyphs]['to']} {coming}" if coming else "")
    return [(f"  {word}", "$state-changing") for word in told if word]


def _doubts(api: ConsoleApi, options: UiOptions, vm: Vm) -> list[Part]:
    told = ["locked"] if vm.locked else []
    view = api.scope_of(vm.ref)
    if view is not None and view.state != "live" and view.last_good_at is not None:
        told.append(f"{view.state} {age((options.clock() - view.last_good_at).total_seconds())}")
    return [(f"  {word}", "$state-stale") for word in told]


def asked(item: OperationItem | None, options: UiOptions) -> str:
    """Return what was asked of a VM, by which state it is answered, and how long ago; empty without an operation."""
    if item is None:
        return ""
    since = age((options.clock() - (item.sent_at or item.planned_at)).total_seconds())
    told = f"{verb(action_of(item.action_id))} {item.state} {since} ago"
    coming = expected(item)
    return f"{SIGNS[options.glyphs]['to']} {coming}, {told}" if coming else told
