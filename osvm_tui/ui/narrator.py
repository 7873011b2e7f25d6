"""`Narrator`: what the console says when an operation ends: once per VM, one summary for many. Knows no widget."""

from __future__ import annotations

from msgspec import Struct

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.events import Severity
from osvm_tui.domain.operations import ItemState, OperationItem
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


class Spoken(Struct, frozen=True):
    """One sentence and how loudly it is said."""

    text: str
    severity: Severity


class Narrator:
    """Turns the moves of items into sentences; each is said once, other operators' items are not spoken of."""

    def __init__(self, api: ConsoleApi) -> None:
        self._api = api
        self._said: dict[str, ItemState] = {}

    def hear(self, item: OperationItem) -> Spoken | None:
        """Return what to say now that `item` moved, None when there is nothing (new) to say."""
        if item.operator != self._api.operator or item.state not in _LOUD or self._said.get(item.id) == item.state:
            return None
        self._said[item.id] = item.state
        siblings = [each for each in self._api.operations() if each.operation_id == item.operation_id]
        if len(siblings) > 1:
            return self._summary(item, siblings)
        return Spoken(self._sentence(item), _LOUD[item.state])

    def _sentence(self, item: OperationItem) -> str:
        asked = verb(ACTIONS[item.action_id])
        told = f": {item.message}" if item.message else ""
        request = f" ({item.request_id})" if item.request_id else ""
        match item.state:
            case ItemState.ARRIVED:
                return self._arrival(item)
            case ItemState.LATE:
                return f"{asked} {item.vm_name} takes longer than usual; still followed{request}"
            case ItemState.UNCONFIRMED:
                return f"{asked} {item.vm_name} is unconfirmed{told or ': the answer was lost'}; not sent again"
            case ItemState.GONE:
                return f"{item.vm_name} is gone{told}"
            case _:
                return f"{asked} {item.vm_name} {item.state}{told}{request}"

    def _arrival(self, item: OperationItem) -> str:
        spec = ACTIONS[item.action_id]
        if spec.expect.gone:
            return f"{item.vm_name} is deleted"
        if spec.expect.locked is not None:
            return f"{item.vm_name} is {'locked' if spec.expect.locked else 'unlocked'}"
        vm = self._api.vm(item.ref)
        if spec.expect.immediate or vm is None:
            return f"{verb(spec)} {item.vm_name}: done"
        return f"{item.vm_name} is {vm.status}"

    def _summary(self, item: OperationItem, siblings: list[OperationItem]) -> Spoken | None:
        if any(each.state.open for each in siblings):
            return None
        for each in siblings:
            self._said[each.id] = each.state
        asked = verb(ACTIONS[item.action_id])
        bad = [each for each in siblings if each.state is not ItemState.ARRIVED]
        if not bad:
            return Spoken(f"{asked}: all {len(siblings)} done", Severity.INFORMATION)
        first = f"{bad[0].vm_name} {bad[0].state}" + (f": {bad[0].message}" if bad[0].message else "")
        text = f"{asked}: {len(siblings) - len(bad)} of {len(siblings)} done, {len(bad)} not; {first}"
        return Spoken(text, Severity.WARNING)
