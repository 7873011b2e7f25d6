"""`action_of`: the action that an item or operation carries out, also one that only a newer console knows. Pure."""

from __future__ import annotations

from osvm_tui.domain.action import ActionSpec, Group
from osvm_tui.domain.actions import ACTIONS


def action_of(action_id: str) -> ActionSpec:
    """Return the action by the id that the store holds; an unknown one is called by its id and says nothing else.

    For what is read of operations. What is sent looks into ACTIONS itself: there an unknown id is a defect.
    """
    return ACTIONS.get(action_id) or ActionSpec(
        id=action_id, label=action_id, help="", doing=action_id, group=Group.ADMIN, vm_states=frozenset()
    )
