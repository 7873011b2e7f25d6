"""The form that a verb on VMs asks with: which fields, what they start from, whose lists. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from osvm_tui.ui.action_plan import ActionPlan, verb
from osvm_tui.ui.dialogs.params_form import ParamsForm, Send

if TYPE_CHECKING:
    from osvm_tui.domain.vm import Vm
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.services.resources_api import Choice
    from osvm_tui.ui.dialogs.dialog import Dialog
    from osvm_tui.ui.widgets.loaded_field import Choices


def verb_form(api: ConsoleApi, chosen: ActionPlan, send: Send) -> Dialog[dict[str, object]]:
    """Return the form for a plan's parameters; `send` is called with what was typed."""
    return ParamsForm(
        chosen.sentence,
        chosen.spec.params,
        present_values(api, chosen),
        choices_of(api, chosen),
        go=verb(chosen.spec),
        edits=chosen.spec.edits,
        note=chosen.spec.note,
        send=send,
        entries=tuple(dict.fromkeys(target.cloud for target in chosen.targets)),
    )


def choices_of(api: ConsoleApi, chosen: ActionPlan) -> Choices:
    """Return the lists of the cloud that the plan's VMs are in; what belongs to a VM is that of the first."""
    first = chosen.targets[0]

    async def load(kind: str) -> Sequence[Choice]:
        return await api.resources.choices(kind, first.cloud, first.ref)

    return load


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
