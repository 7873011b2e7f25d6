"""A refused key press leaves its row in the audit, and the name typed behind it goes nowhere. Knows no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from osvm_tui.domain.action import Risk
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.services.resources_api import ResourceRequest

if TYPE_CHECKING:
    from textual.app import App

    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.action_plan import ActionPlan
    from osvm_tui.ui.app import OsvmApp
    from osvm_tui.ui.resource_plan import ResourcePlan


def note_refused(app: App[Any], api: ConsoleApi, chosen: ActionPlan) -> None:
    """Let the audit know that the gate refused a change, in the background; verbs that only look leave none.

    The worker is the app's: a dialog that closes at once takes its own with it.
    """
    refs = tuple(skip.target.ref for skip in chosen.skipped)
    if chosen.spec.changes and refs:
        request = ActionRequest(chosen.spec.id, refs)
        app.run_worker(api.note_refused(request), group="audit", exit_on_error=False)


def note_refused_change(app: App[Any], api: ConsoleApi, plan: ResourcePlan) -> None:
    """Do so for a change of what VMs stand on."""
    request = ResourceRequest(plan.spec.id, plan.target)
    app.run_worker(api.resources.note_refused(request), group="audit", exit_on_error=False)


def drop_name(app: App[Any], risk: Risk) -> None:
    """Let the name go nowhere that is typed for the question of a destructive verb, which does not come.

    For verbs behind a key of their own; in a menu, which tells its refusals itself, letters go on choosing.
    """
    if risk is Risk.DESTRUCTIVE:
        cast("OsvmApp", app).drop_typing()
