"""`check`: may this actor do this to this VM now, and if not, why. The only gate of the house; it reads no clock.

The order of the tests is Nova's own order of refusal: policy, lock, vm_state, task_state, launched, host.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.roles import Actor, CloudRole, ReleaseProfile
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm


class Refusal(StrEnum):
    """Which rule said no."""

    NONE = ""
    READ_ONLY = "read-only"
    CONSOLE_ROLE = "console role"
    CLOUD_ROLE = "cloud role"
    PROJECT = "project"
    SERVICE = "service"
    MICROVERSION = "microversion"
    GONE = "gone"
    NO_ITEM = "no item"
    UNKNOWN_STATE = "unknown state"
    LOCK = "lock"
    STATE = "state"
    LAUNCHED = "launched"
    HOST = "host"
    HOST_UP = "host up"
    USE = "use"


class Verdict(Struct, frozen=True):
    """The gate's answer; `reason` is a whole sentence without a full stop, empty when allowed."""

    allowed: bool
    reason: str = ""
    refusal: Refusal = Refusal.NONE


_YES = Verdict(True)


def check(spec: ActionSpec, vm: Vm, actor: Actor, profile: ReleaseProfile) -> Verdict:
    """Return whether `actor` may do `spec` to `vm` now on a cloud of this `profile`.

    Console policy AND cloud policy must both say yes. A VM's locker is not in Nova's API: a member's unlock of
    an admin's lock is allowed here and refused by Nova with 403.
    """
    return (
        policy(spec, actor, profile)
        or _project(spec, vm, actor)
        or _existence(spec, vm)
        or _lock(spec, vm, actor)
        or _state(spec, vm)
        or _launched(spec, vm)
        or _host(spec, vm)
        or _YES
    )


def check_resource(spec: ResourceSpec, target: ResourceTarget, actor: Actor, profile: ReleaseProfile) -> Verdict:
    """Return whether `actor` may do `spec` to an item now, as it was when it was last read."""
    return (
        policy(spec, actor, profile)
        or elsewhere(target.entry, target.asked_in, actor.project_id)
        or _item(spec, target, actor)
        or _use(spec, target)
        or _YES
    )


def elsewhere(entry: str, asked_in: str, project_id: str) -> Verdict | None:
    """Return the refusal of what was begun while an entry was in the project `asked_in`, None while it still is."""
    if asked_in in ("", project_id):
        return None
    return _no(
        Refusal.PROJECT,
        f"{entry} went over to another project since this was begun; go back to that one with :project, or begin anew",
    )


def _item(spec: ResourceSpec, target: ResourceTarget, actor: Actor) -> Verdict | None:
    if spec.creates:
        return None
    kind, verb = spec.kind.value.replace("-", " "), spec.label.lower()
    if not target.id:
        return _no(Refusal.NO_ITEM, f"no {kind} is chosen to {verb}")
    if target.project_id and actor.project_id and target.project_id != actor.project_id and not actor.is_admin:
        return _no(Refusal.PROJECT, f"{_named(target)} belongs to another project than this token")
    return None


def _use(spec: ResourceSpec, target: ResourceTarget) -> Verdict | None:
    verb, name = spec.label.lower(), _named(target)
    if spec.free is True and target.used:
        return _no(Refusal.USE, f"{name} is in use by a VM; {verb} needs one that no VM uses")
    if spec.free is False and not target.used:
        return _no(Refusal.USE, f"{name} is in use by no VM")
    if spec.statuses is not None and target.status.lower() not in spec.statuses:
        return _no(
            Refusal.STATE, f"{verb} needs {_either(sorted(spec.statuses))}; {name} is {target.status or 'of no status'}"
        )
    return None


def policy(spec: ActionSpec | ResourceSpec, actor: Actor, profile: ReleaseProfile) -> Verdict | None:
    """Return the refusal that no state of a VM could change, None when policy has nothing against it."""
    verb = spec.label.lower()
    if actor.read_only and (isinstance(spec, ResourceSpec) or spec.changes):
        return _no(Refusal.READ_ONLY, actor.read_only)
    if not actor.console_role.may(spec.console_role):
        return _no(Refusal.CONSOLE_ROLE, f"console role {actor.console_role} may not {verb}")
    role = spec.cloud_role
    if role is CloudRole.MANAGER and not profile.manager_may_migrate:
        role = CloudRole.ADMIN
    if not actor.holds(role):
        have = ", ".join(sorted(actor.roles)) or "no role"
        return _no(Refusal.CLOUD_ROLE, f"{verb} needs the cloud role {role}; this token has {have}")
    if spec.service not in profile.services:
        return _no(Refusal.SERVICE, f"this cloud has no {spec.service} service")
    if spec.microversion > profile.max_microversion:
        need, have = _dotted(spec.microversion), _dotted(profile.max_microversion)
        return _no(Refusal.MICROVERSION, f"{verb} needs compute API {need}; this cloud has {have}")
    if spec.id == "soft-delete" and not profile.soft_delete:
        return _no(Refusal.SERVICE, "this cloud deletes at once; it keeps nothing to restore")
    return None


def _project(spec: ActionSpec, vm: Vm, actor: Actor) -> Verdict | None:
    if actor.is_admin or not vm.project_id or not actor.project_id or vm.project_id == actor.project_id:
        return None
    return _no(Refusal.PROJECT, f"{vm.name} belongs to another project than this token")


def _existence(spec: ActionSpec, vm: Vm) -> Verdict | None:
    if vm.vm_state == "deleted" or vm.status == "DELETED":
        return _no(Refusal.GONE, f"{vm.name} is gone")
    if status_of(vm.vm_state, vm.task_state) == "UNKNOWN" and spec.vm_states is not None:
        return _no(Refusal.UNKNOWN_STATE, f"the state of {vm.name} is unknown ({vm.vm_state or 'none'} reported)")
    return None


def _lock(spec: ActionSpec, vm: Vm, actor: Actor) -> Verdict | None:
    if not (spec.lock and vm.locked) or actor.is_admin:
        return None
    why = f": {vm.locked_reason}" if vm.locked_reason else ""
    return _no(Refusal.LOCK, f"{vm.name} is locked{why}; unlock it first")


def _state(spec: ActionSpec, vm: Vm) -> Verdict | None:
    needs = []
    if spec.vm_states is not None and vm.vm_state not in spec.vm_states:
        needs.append(_wanted(spec.vm_states))
    if not spec.tasks.admits(vm.task_state):
        needs.append(_tasks_wanted(spec))
    if not needs:
        return None
    return _no(Refusal.STATE, f"{spec.label.lower()} needs {' and '.join(needs)}; {vm.name} is {state_words(vm)}")


def _launched(spec: ActionSpec, vm: Vm) -> Verdict | None:
    if not spec.launched or vm.launched:
        return None
    return _no(Refusal.LAUNCHED, f"{vm.name} never ran: {spec.label.lower()} needs a VM that was launched")


def _host(spec: ActionSpec, vm: Vm) -> Verdict | None:
    if spec.id == "detach-volume" and vm.vm_state == "shelved_offloaded":
        return None
    if spec.needs_host and not vm.has_host:
        return _no(Refusal.HOST, f"{vm.name} is on no host")
    if spec.host_up and vm.host_status == "DOWN":
        return _no(Refusal.HOST, f"nova-compute of {vm.host or 'its host'} is down")
    if spec.host_down and vm.host_status == "UP":
        return _no(Refusal.HOST_UP, f"nova-compute of {vm.host or 'its host'} is up: {vm.name} can be migrated instead")
    return None


def state_words(vm: Vm) -> str:
    """Return a VM's state as the console says it: `ERROR and busy (powering-off)`."""
    status = status_of(vm.vm_state, vm.task_state)
    shown = vm.status if status == "UNKNOWN" else status
    return f"{shown} and busy ({vm.task_state})" if vm.task_state else shown


def _wanted(vm_states: frozenset[str]) -> str:
    return _either(sorted(status_of(state, None) for state in vm_states) or ["nothing"])


def _either(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _named(target: ResourceTarget) -> str:
    return target.name or target.id[:8]


def _tasks_wanted(spec: ActionSpec) -> str:
    if not spec.tasks.idle:
        return f"the task {', '.join(sorted(spec.tasks.allowed))}"
    return f"no task {', '.join(sorted(spec.tasks.refused))}" if spec.tasks.refused else "no task"


def _no(refusal: Refusal, reason: str) -> Verdict:
    return Verdict(False, reason, refusal)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
