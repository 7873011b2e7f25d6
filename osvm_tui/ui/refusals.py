"""A refused key press leaves its row in the audit. Knows no rule and no dialog; nobody waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osvm_tui.domain.operations import ActionRequest

if TYPE_CHECKING:
    from textual.app import App

    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.action_plan import ActionPlan


def note_refused(app: App[Any], api: ConsoleApi, chosen: ActionPlan) -> None:
    """Let the audit know that the gate refused a change; verbs that only look leave none.

    The worker is the app's: a dialog that closes at once takes its own with it.
    """
    refs = tuple(skip.target.ref for skip in chosen.skipped)
    if chosen.spec.changes and refs:
        request = ActionRequest(chosen.spec.id, refs)
        app.run_worker(api.note_refused(request), group="audit", exit_on_error=False)
