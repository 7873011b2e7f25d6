"""`Narrator`: what the console says when an operation ends: once per VM, one summary for many. Knows no widget."""

from __future__ import annotations

from msgspec import Struct

from osvm_tui.domain.events import Severity
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import ItemState, OperationItem, OperationView
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import verb

_LOUD = {
    ItemState.ARRIVED: Severity.INFORMATION,
    ItemState.LATE: Severity.WARNING,
    ItemState.UNCONFIRMED: Severity.WARNING,
    ItemState.GONE: Severity.WARNING,
    ItemState.REFUSED: Severity.WARNING,
    ItemState.CANCELLED: Severity.WARNING,
    ItemState.FAILED: Severity.ERROR,
}
_SAME = frozenset({"*same"})
"""Actions that leave a VM as it was: to name its state would tell nothing of them."""


class Spoken(Struct, frozen=True):
    """One sentence and how loudly it is said."""

    text: str
    severity: Severity


class Narrator:
    """Turns the moves of items into sentences; each is said once, other operators' items are not spoken of.

    An operation on several VMs is not told VM by VM: only how it ended.
    """

    def __init__(self, api: ConsoleApi) -> None:
        self._api = api
        self._said: dict[str, ItemState] = {}

    def hear(self, item: OperationItem) -> Spoken | None:
        """Return what to say now that `item` moved, None when there is nothing (new) to say."""
        if item.operator != self._api.operator or item.state not in _LOUD or self._said.get(item.id) == item.state:
            return None
        view = self._api.bulk.view(item.operation_id)
        if view is not None and view.total > 1:
            return None
        self._said[item.id] = item.state
        return Spoken(self._sentence(item), _LOUD[item.state])

    def hear_end(self, view: OperationView) -> Spoken | None:
        """Return the summary of an operation on several VMs that has ended; None for others' and for single ones."""
        if view.operator != self._api.operator or view.total < 2:
            return None
        asked, done = verb(action_of(view.action_id)), view.count(ItemState.ARRIVED)
        if done == view.total:
            return Spoken(f"{asked}: all {done} done", Severity.INFORMATION)
        rest = ", ".join(f"{count} {state}" for state, count in view.counts if state is not ItemState.ARRIVED)
        item = next(each for each in self._api.bulk.items(view.id) if each.state is not ItemState.ARRIVED)
        first = f"{item.vm_name} {item.state}" + (f": {item.message}" if item.message else "")
        return Spoken(f"{asked}: {done} of {view.total} done, {rest}; {first}; :op tells more", Severity.WARNING)

    def _sentence(self, item: OperationItem) -> str:
        asked = verb(action_of(item.action_id))
        told = f": {item.message}" if item.message else ""
        request = f" ({item.request_id})" if item.request_id else ""
        match item.state:
            case ItemState.ARRIVED:
                return self._arrival(item) + self._way_back(item)
            case ItemState.LATE:
                return f"{asked} {item.vm_name} takes longer than usual; still followed{request}"
            case ItemState.UNCONFIRMED:
                return f"{asked} {item.vm_name} is unconfirmed{told or ': the answer was lost'}; not sent again"
            case ItemState.GONE:
                return f"{item.vm_name} is gone{told}"
            case _:
                return f"{asked} {item.vm_name} {item.state}{told}{request}"

    def _arrival(self, item: OperationItem) -> str:
        spec = action_of(item.action_id)
        if spec.expect.gone:
            return f"{item.vm_name} is deleted"
        if spec.expect.locked is not None:
            return f"{item.vm_name} is {'locked' if spec.expect.locked else 'unlocked'}"
        vm = self._api.vm(item.ref)
        elsewhere = spec.expect.immediate or spec.expect.logged or spec.expect.vm_states == _SAME
        if elsewhere or vm is None:
            return f"{verb(spec)} {item.vm_name}: done"
        if vm.vm_state == "resized":
            moved = "resized" if item.action_id == "resize" else "moved"
            return f"{item.vm_name} is {moved}; confirm C or revert V in its action menu"
        return f"{item.vm_name} is {vm.status}"

    def _way_back(self, item: OperationItem) -> str:
        return " · U undoes" if self._api.bulk.undo_verdict(item.id).allowed else ""
