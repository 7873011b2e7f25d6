"""What a verb or an order would change of what is paid, as dialogs tell it: from memory, empty where nothing has a
price. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.content import Content

from osvm_tui.domain.burn import Change
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.money_words import change_words, money, signed
from osvm_tui.ui.printable import printable

AT_ONCE = 100
"""So many VMs are counted within a frame."""
_EXPECTED = frozenset({
    "start", "stop", "pause", "unpause", "suspend", "resume", "shelve", "shelve-offload", "unshelve", "resize",
    "revert-resize",
})  # fmt: skip
"""Verbs of which an operator may think that they change the bill: these tell it also when they do not."""


def what_if(
    api: ConsoleApi, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
) -> Content:
    """Return what a verb on these VMs would change, and what goes on costing."""
    return told(api, action_id, api.costs.what_if(action_id, refs, params), _entries(api, refs))


def told(api: ConsoleApi, action_id: str, changes: Sequence[Change], entries: Iterable[str]) -> Content:
    """Return the changes of a verb in words; of one that changes nothing only where that may surprise."""
    if (
        not any(each.hourly or each.monthly or each.note or not each.known for each in changes)
        and action_id not in _EXPECTED
    ):
        return Content("")
    return _lines(api, changes, entries)


def what_if_resource(
    api: ConsoleApi, spec: ResourceSpec, targets: Sequence[ResourceTarget], params: Mapping[str, object] | None = None
) -> Content:
    """Return what a change of resources would change; empty where it has nothing to do with the bill."""
    if spec.bill is None:
        return Content("")
    changes = api.costs.what_if_resource(spec.id, targets, params)
    return _lines(api, changes, dict.fromkeys(target.entry for target in targets))


def price_of_order(api: ConsoleApi, entry: str, flavor_id: str, image_id: str, count: int) -> Content:
    """Return what so many new VMs would cost."""
    if not flavor_id or count < 1:
        return Content("")
    return _lines(api, api.costs.what_if_create(entry, flavor_id, image_id, count), (entry,))


def price_of_size(api: ConsoleApi, entry: str, flavor_id: str, image_id: str = "") -> str:
    """Return what one VM of a flavor costs a month: `13.14 EUR/month`; empty where it has no price."""
    changes = api.costs.what_if_create(entry, flavor_id, image_id)
    return " ".join(f"{money(each.monthly, each.currency)}/month" for each in changes)


def change_of_size(api: ConsoleApi, refs: Sequence[VmRef], flavor_id: str) -> str:
    """Return what a resize to a flavor would change a month: `+ 27.88 EUR/mo`; empty where it has no price."""
    changes = api.costs.what_if("resize", refs, {"flavor_id": flavor_id})
    return ", ".join(f"{signed(each.monthly)} {each.currency}/mo" for each in changes)


def _entries(api: ConsoleApi, refs: Iterable[VmRef]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry for ref in refs if (entry := api.entry_of(ref))))


def _lines(api: ConsoleApi, changes: Sequence[Change], entries: Iterable[str]) -> Content:
    if not changes:
        return Content("")
    sources = dict.fromkeys(filter(None, (api.costs.rates(entry).source for entry in entries)))
    lines = [Content.assemble(("cost  ", "$dim"), (change_words(changes), "bold"))]
    missing = dict.fromkeys(name for each in changes for name in each.unpriced)
    if missing:
        but = "not in it, " if any(each.known for each in changes) else ""
        lines.append(Content.styled(f"{but}no price: {printable(', '.join(missing))}", "$state-stale"))
    notes = dict.fromkeys(each.note for each in changes if each.note)
    lines += [Content.styled(printable(note), "$state-stale") for note in notes]
    if sources:
        lines.append(Content.styled(f"by {printable(', '.join(sources))}", "$dim"))
    return Content("\n").join(lines)
