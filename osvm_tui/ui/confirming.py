"""The question that a verb's risk asks before it is sent. Knows no key and sends nothing; dialogs load when needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from osvm_tui.domain.action import Risk
from osvm_tui.ui.what_if import what_if

if TYPE_CHECKING:
    from textual.app import App

    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.action_plan import ActionPlan
    from osvm_tui.ui.dialogs.dialog import Dialog


async def confirmed(
    app: App[Any], api: ConsoleApi, chosen: ActionPlan, params: Mapping[str, object] | None = None
) -> bool:
    """Ask as the verb's risk wants, of several VMs always with the plan; must be awaited in a worker.

    `params` are what a form gave: the form of a disruptive verb has asked already.
    """
    if params is not None and not chosen.many and chosen.spec.risk is Risk.DISRUPTIVE:
        return True
    dialog = _dialog(api, chosen, params or {})
    return dialog is None or await app.push_screen_wait(dialog) is True


def _dialog(api: ConsoleApi, chosen: ActionPlan, params: Mapping[str, object]) -> Dialog[bool] | None:
    if chosen.many:
        from osvm_tui.ui.dialogs.confirm_many import ConfirmMany

        return ConfirmMany(api, chosen, params)
    price = what_if(api, chosen.spec.id, chosen.refs, params)
    if chosen.spec.risk is Risk.DISRUPTIVE:
        from osvm_tui.ui.dialogs.confirm import ConfirmDialog

        return ConfirmDialog(chosen, price)
    if chosen.spec.risk is Risk.DESTRUCTIVE:
        from osvm_tui.ui.dialogs.confirm_name import ConfirmName

        return ConfirmName(chosen, price)
    return None
