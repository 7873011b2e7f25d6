"""The form that a verb on VMs asks with: which fields, what they start from, whose lists. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from osvm_tui.domain.action import Risk
from osvm_tui.domain.catalog import CatalogKind, Image, QuotaItem
from osvm_tui.domain.errors import CloudError, OsvmError
from osvm_tui.domain.vm import Flavor
from osvm_tui.ui.action_plan import ActionPlan, verb
from osvm_tui.ui.dialogs.confirm import in_one_line
from osvm_tui.ui.dialogs.params_form import Caution, ParamsForm, Send
from osvm_tui.ui.dialogs.pick import Choice as Offered
from osvm_tui.ui.param_values import picked
from osvm_tui.ui.resize_choices import present_size, resize_choices
from osvm_tui.ui.what_if import AT_ONCE, change_of_size, what_if

if TYPE_CHECKING:
    from osvm_tui.domain.vm import Vm
    from osvm_tui.services.api import CatalogView, ConsoleApi
    from osvm_tui.services.resources_api import Choice
    from osvm_tui.ui.dialogs.dialog import Dialog
    from osvm_tui.ui.widgets.loaded_field import Choices

T = TypeVar("T")


def verb_form(
    api: ConsoleApi, chosen: ActionPlan, send: Send, given: Mapping[str, object] | None = None
) -> Dialog[dict[str, object]]:
    """Return the form for a plan's parameters; `send` is called with what was typed. `given` values are filled in."""
    return ParamsForm(
        chosen.sentence,
        chosen.spec.params,
        {**present_values(api, chosen), **(given or {})},
        choices_of(api, chosen),
        go=verb(chosen.spec),
        edits=chosen.spec.edits,
        note=_note(api, chosen),
        send=send,
        entries=tuple(dict.fromkeys(target.cloud for target in chosen.targets)),
        caution=_caution(api, chosen),
        price=lambda values: what_if(api, chosen.spec.id, chosen.refs, values),
    )


def _caution(api: ConsoleApi, chosen: ActionPlan) -> Caution | None:
    """Return what the form says instead of a question; of several VMs the plan is shown behind the form."""
    if chosen.many or chosen.spec.risk is not Risk.DISRUPTIVE:
        return None
    words = _note(api, chosen) or chosen.spec.help
    return Caution(in_one_line(chosen.targets[0]), words, chosen.sentence)


def too_many_clouds(chosen: ActionPlan) -> str:
    """Return why the plan cannot be asked for: what is picked from one cloud's list is unknown in another."""
    clouds = {target.cloud for target in chosen.targets}
    if len(clouds) < 2 or not any(picked(param) for param in chosen.spec.params):
        return ""
    return f"{verb(chosen.spec)}: the marked VMs are in {len(clouds)} clouds; what is chosen exists in one only"


def choices_of(api: ConsoleApi, chosen: ActionPlan) -> Choices:
    """Return the lists of the cloud that the plan's VMs are in; what belongs to a VM is that of the first."""
    first = chosen.targets[0]

    async def load(kind: str) -> Sequence[Choice | Offered]:
        if chosen.spec.id == "resize":
            return await _sizes(api, chosen)
        return await api.resources.choices(kind, first.cloud, first.ref)

    return load


async def _sizes(api: ConsoleApi, chosen: ActionPlan) -> Sequence[Offered]:
    """Read the flavors of a cloud beside the size of the VMs; without quota or images they are shown all the same."""
    entry = chosen.targets[0].cloud
    flavors = await api.load_catalog(entry, CatalogKind.FLAVOR)
    if flavors.error and not flavors.items:
        raise CloudError(flavors.error, entry=entry)
    found: dict[CatalogKind, CatalogView] = {}
    for kind in (CatalogKind.IMAGE, CatalogKind.QUOTA):
        with suppress(OsvmError):
            found[kind] = await api.load_catalog(entry, kind)
    images = {each.id: each for each in items_of(found.get(CatalogKind.IMAGE), Image)}
    quota = {each.resource: each for each in items_of(found.get(CatalogKind.QUOTA), QuotaItem)}
    vms = [vm for target in chosen.targets if (vm := api.vm(target.ref)) is not None]
    sizes = items_of(flavors, Flavor)
    few = chosen.refs if len(chosen.refs) * len(sizes) <= 10 * AT_ONCE else ()
    prices = {each.id: change_of_size(api, few, each.id or each.name) for each in sizes} if few else {}
    return resize_choices(vms, sizes, images, quota, prices)


def items_of(view: CatalogView | None, cls: type[T]) -> list[T]:
    """Return the items of a catalog as what they are."""
    return [item for item in view.items if isinstance(item, cls)] if view else []


def _note(api: ConsoleApi, chosen: ActionPlan) -> str:
    vms = [vm for target in chosen.targets if (vm := api.vm(target.ref)) is not None]
    present = present_size(vms) if chosen.spec.id == "resize" else ""
    return f"now {present}; {chosen.spec.note}" if present else chosen.spec.note


def present_values(api: ConsoleApi, chosen: ActionPlan) -> dict[str, object]:
    """Return the values that a form starts from: the VM's own ones, or the table's with the VM's name put in."""
    vm = api.vm(chosen.targets[0].ref) if len(chosen.targets) == 1 else None
    if vm is None:
        return {}
    if chosen.spec.edits:
        return {param.name: getattr(vm, param.name) for param in chosen.spec.params}
    own = _OWN.get(chosen.spec.id)
    if own is not None:
        return {own[0]: own[1](vm)}
    named = [param for param in chosen.spec.params if "{name}" in param.default]
    return {param.name: param.default.replace("{name}", vm.name) for param in named}


def _tags(vm: Vm) -> object:
    return list(vm.tags)


_OWN = {"set-tags": ("tags", _tags)}
"""Verbs that replace what the VM has: their form starts from it."""
