"""From a piece of advice to the action that it means: that of a VM, or that of a volume, address, snapshot, image.

Gate, question and audit are those of the action; advice itself sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.ui.action_plan import plan
from osvm_tui.ui.place_history import Stop
from osvm_tui.ui.resources.resource import Jump, condition

if TYPE_CHECKING:
    from osvm_tui.domain.advice import Advice
    from osvm_tui.ui.action_flow import ActionTargets
    from osvm_tui.ui.app import OsvmApp

_PLACES = {
    CatalogKind.VOLUME: "volume",
    CatalogKind.VOLUME_SNAPSHOT: "snapshot",
    CatalogKind.FLOATING_IP: "fip",
    CatalogKind.IMAGE: "image",
}


def jump_to(advice: Advice) -> Jump:
    """Return where the thing is that an advice is about."""
    if advice.ref is not None:
        return Jump(f"VM {advice.name}", ref=advice.ref)
    place = _PLACES[advice.kind] if advice.kind else ""
    return Jump(advice.name, place, condition("id", advice.thing_id))


def follow_advice(screen: ActionTargets, advice: Advice) -> None:
    """Begin the action of an advice: on a VM here, on anything else in its own place, the row under the cursor."""
    if advice.ref is not None:
        screen.begin(plan(screen.api, advice.action_id, (advice.ref,)), dict(advice.params))
        return
    from osvm_tui.ui.resource_flow import ResourceFlow

    app, jump = cast("OsvmApp", screen.app), jump_to(advice)
    app.history.visit(Stop(jump.place, jump.text), exactly=True)
    there = app.screen_stack[-1]

    def begin() -> None:
        if isinstance(there, ResourceFlow) and there.chosen() is not None:
            there.action_change(advice.action_id)
        else:
            app.speak(f"{advice.name} is not there any more", severity="warning")

    there.call_after_refresh(begin)
