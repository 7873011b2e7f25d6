"""How an arrived action is taken back: what must be kept of the VM before, and the inverse that follows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm

Values = Mapping[str, Any]
"""Parameters as they were sent, or what was kept of the VM before."""


class Step(Struct, frozen=True):
    """One action of the table that takes something back."""

    action_id: str
    params: dict[str, object] = {}


class Inverse(Struct, frozen=True):
    """How to take an action back; without steps `refusal` is a sentence that says why it cannot be."""

    steps: tuple[Step, ...] = ()
    refusal: str = ""


def kept(action_id: str, vm: Vm, params: Values) -> dict[str, object]:
    """Return what of the VM, as it is before the action, is needed to follow the action or to take it back."""
    if ACTIONS[action_id].expect.moved:
        return {"host_id": vm.host_id}
    keep = _KEPT.get(action_id)
    return keep(vm, params) if keep else {}


def inverse(action_id: str, before: str, was: Values, params: Values) -> Inverse:
    """Return how to take back an action that met a VM in the vm_state `before`."""
    verb = action_of(action_id).label.lower()
    if action_id in _BY_VALUES:
        return _BY_VALUES[action_id](was, params)
    back = _BY_STATE.get(action_id)
    if back is None:
        return Inverse(refusal=f"{verb} cannot be taken back")
    if before not in ACTIONS[back].expect.vm_states:
        word = ACTIONS[back].label.lower()
        return Inverse(refusal=f"it was {status_of(before, None)} before, and {word} does not lead back there")
    return Inverse((Step(back),))


def shows(action_id: str, params: Values, vm: Vm) -> bool | None:
    """Return whether a VM shows what an action without a state of its own has set; None when it sets nothing such."""
    seen = _SHOWN.get(action_id)
    return None if seen is None else seen(vm, params)


_BY_STATE = {
    "start": "stop",
    "stop": "start",
    "pause": "unpause",
    "unpause": "pause",
    "suspend": "resume",
    "resume": "suspend",
    "shelve": "unshelve",
    "unshelve": "shelve",
    "resize": "revert-resize",
    "migrate": "revert-resize",
}


def _old_metadata(vm: Vm, keys: Mapping[str, object]) -> dict[str, object]:
    old = dict(vm.metadata)
    return {"metadata": {key: old.get(key) for key in keys}}


_KEPT: dict[str, Callable[[Vm, Values], dict[str, object]]] = {
    "lock": lambda vm, params: {"locked": vm.locked},
    "unlock": lambda vm, params: {"locked": vm.locked, "reason": vm.locked_reason},
    "update-server": lambda vm, params: {
        name: value for name, value in (("name", vm.name), ("description", vm.description)) if name in params
    },
    "set-metadata": lambda vm, params: _old_metadata(vm, params["metadata"]),
    "delete-metadata": lambda vm, params: _old_metadata(vm, {params["key"]: None}),
    "set-tags": lambda vm, params: {"tags": list(vm.tags)},
    "delete-tags": lambda vm, params: {"tags": list(vm.tags)},
    "add-security-group": lambda vm, params: {"groups": list(vm.security_groups)},
    "remove-security-group": lambda vm, params: {"groups": list(vm.security_groups)},
}


def _unlock(was: Values, params: Values) -> Inverse:
    return Inverse(refusal="it was locked before") if was.get("locked") else Inverse((Step("unlock"),))


def _lock(was: Values, params: Values) -> Inverse:
    if not was.get("locked"):
        return Inverse(refusal="it was not locked before")
    return Inverse((Step("lock", {"reason": was["reason"]} if was.get("reason") else {}),))


def _rename(was: Values, params: Values) -> Inverse:
    return Inverse((Step("update-server", dict(was)),)) if was else Inverse(refusal="its old name was not kept")


def _metadata(was: Values, params: Values) -> Inverse:
    old: dict[str, str | None] = was.get("metadata", {})
    back = {key: value for key, value in old.items() if value is not None}
    steps = [Step("set-metadata", {"metadata": back})] if back else []
    return Inverse((*steps, *(Step("delete-metadata", {"key": key}) for key, value in old.items() if value is None)))


def _tags(was: Values, params: Values) -> Inverse:
    return Inverse((Step("set-tags", {"tags": list(was.get("tags", ()))}),))


def _leave_group(was: Values, params: Values) -> Inverse:
    if params["security_group"] in was.get("groups", ()):
        return Inverse(refusal=f"it was in {params['security_group']} before")
    return Inverse((Step("remove-security-group", dict(params)),))


def _join_group(was: Values, params: Values) -> Inverse:
    return Inverse((Step("add-security-group", dict(params)),))


_BY_VALUES: dict[str, Callable[[Values, Values], Inverse]] = {
    "lock": _unlock,
    "unlock": _lock,
    "update-server": _rename,
    "set-metadata": _metadata,
    "delete-metadata": _metadata,
    "set-tags": _tags,
    "delete-tags": _tags,
    "add-security-group": _leave_group,
    "remove-security-group": _join_group,
}


def _renamed(vm: Vm, params: Values) -> bool:
    now = {"name": vm.name, "description": vm.description}
    return all(now[name] == value for name, value in params.items() if name in now)


_SHOWN: dict[str, Callable[[Vm, Values], bool]] = {
    "lock": lambda vm, params: vm.locked,
    "unlock": lambda vm, params: not vm.locked,
    "update-server": _renamed,
    "set-metadata": lambda vm, params: params["metadata"].items() <= dict(vm.metadata).items(),
    "delete-metadata": lambda vm, params: params["key"] not in dict(vm.metadata),
    "set-tags": lambda vm, params: set(params["tags"]) == set(vm.tags),
    "delete-tags": lambda vm, params: params["tag"] not in vm.tags,
    "remove-security-group": lambda vm, params: params["security_group"] not in vm.security_groups,
}
