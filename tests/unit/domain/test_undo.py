"""Every action that can be taken back leads to where it came from; the others say why they cannot."""

from __future__ import annotations

import msgspec
import pytest

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.undo import Inverse, Step, inverse, kept, shows
from osvm_tui.domain.vm import Vm
from tests.unit.domain.nova_rules import vm_in

VM = msgspec.structs.replace(
    vm_in("active", None), name="web", description="front", metadata=(("role", "web"),), tags=("a", "b"),
    security_groups=("default",), host_id="h-1",
)  # fmt: skip


def back(action: str, vm: Vm = VM, **params: object) -> Inverse:
    """Return how an action on `vm` is taken back."""
    return inverse(action, vm.vm_state, kept(action, vm, params), params)


@pytest.mark.parametrize(
    ("action", "before", "verb"),
    [
        ("start", "stopped", "stop"), ("stop", "active", "start"), ("pause", "active", "unpause"),
        ("unpause", "paused", "pause"), ("suspend", "active", "resume"), ("resume", "suspended", "suspend"),
        ("shelve", "active", "unshelve"), ("unshelve", "shelved_offloaded", "shelve"),
        ("resize", "stopped", "revert-resize"), ("migrate", "active", "revert-resize"),
    ],
)  # fmt: skip
def test_a_state_is_led_back_to_the_one_before(action: str, before: str, verb: str) -> None:
    assert back(action, vm_in(before, None)) == Inverse((Step(verb),))
    assert before in ACTIONS[verb].expect.vm_states


@pytest.mark.parametrize(("action", "before"), [("stop", "error"), ("shelve", "stopped"), ("shelve", "paused")])
def test_a_state_that_no_verb_leads_back_to_is_refused(action: str, before: str) -> None:
    found = back(action, vm_in(before, None))
    assert found.steps == ()
    assert "before, and" in found.refusal


@pytest.mark.parametrize(
    "action", ["delete", "rebuild", "reboot-hard", "create-image", "attach-volume", "confirm-resize", "evacuate"]
)
def test_what_cannot_be_taken_back_says_so(action: str) -> None:
    assert back(action).refusal == f"{ACTIONS[action].label.lower()} cannot be taken back"


def test_values_are_set_back_to_those_before() -> None:
    assert back("update-server", name="db") == Inverse((Step("update-server", {"name": "web"}),))
    assert back("update-server", description="x") == Inverse((Step("update-server", {"description": "front"}),))
    assert back("set-metadata", metadata={"role": "db", "env": "x"}) == Inverse(
        (Step("set-metadata", {"metadata": {"role": "web"}}), Step("delete-metadata", {"key": "env"}))
    )
    assert back("delete-metadata", key="role") == Inverse((Step("set-metadata", {"metadata": {"role": "web"}}),))
    assert back("set-tags", tags=["c"]) == Inverse((Step("set-tags", {"tags": ["a", "b"]}),))
    assert back("delete-tags", tag="a") == Inverse((Step("set-tags", {"tags": ["a", "b"]}),))


def test_a_lock_is_taken_back_only_where_it_was_new() -> None:
    held = msgspec.structs.replace(VM, locked=True, locked_reason="audit")
    assert back("lock") == Inverse((Step("unlock"),))
    assert back("lock", held).refusal == "it was locked before"
    assert back("unlock", held) == Inverse((Step("lock", {"reason": "audit"}),))
    assert back("unlock").refusal == "it was not locked before"


def test_a_group_is_taken_back_only_where_it_was_new() -> None:
    assert back("add-security-group", security_group="web") == Inverse(
        (Step("remove-security-group", {"security_group": "web"}),)
    )
    assert back("add-security-group", security_group="default").refusal == "it was in default before"
    assert back("remove-security-group", security_group="default").steps[0].action_id == "add-security-group"


def test_a_move_keeps_the_host_that_it_leaves() -> None:
    assert kept("live-migrate", VM, {}) == {"host_id": "h-1"}


@pytest.mark.parametrize(
    ("action", "params", "seen"),
    [
        ("update-server", {"name": "web"}, True),
        ("update-server", {"name": "web", "description": "other"}, False),
        ("set-metadata", {"metadata": {"role": "web"}}, True),
        ("set-metadata", {"metadata": {"role": "db"}}, False),
        ("delete-metadata", {"key": "role"}, False),
        ("set-tags", {"tags": ["b", "a"]}, True),
        ("delete-tags", {"tag": "c"}, True),
        ("remove-security-group", {"security_group": "default"}, False),
        ("lock", {}, False),
        ("stop", {}, None),
    ],
)
def test_what_an_action_has_set_is_seen_on_the_vm(action: str, params: dict[str, object], seen: bool | None) -> None:
    assert shows(action, params, VM) is seen
