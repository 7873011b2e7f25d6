"""What one key press will touch: targets and direction frozen at that moment, and who is skipped and why.

Pure reading of the gate through `ConsoleApi`; knows no widget, no dialog and sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS, offered
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.printable import printable
from osvm_tui.ui.vm_names import project_name


class Target(Struct, frozen=True):
    """A VM as the dialog names it; frozen with the key press, so that a later refresh cannot swap it."""

    ref: VmRef
    name: str
    status: str = ""
    cloud: str = ""
    project: str = ""
    address: str = ""
    unique_name: bool = True
    """Whether no other VM in sight has this name and it can be typed; otherwise 8 characters of the id are."""

    @property
    def typed(self) -> str:
        """What the operator must type to confirm a destructive action."""
        return self.name if self.unique_name and self.name.strip() else self.ref.short


class Skip(Struct, frozen=True):
    """A target that the gate refuses, with the gate's sentence."""

    target: Target
    reason: str


class ActionPlan(Struct, frozen=True):
    """One verb with the VMs it goes to and those it leaves alone."""

    spec: ActionSpec
    targets: tuple[Target, ...]
    skipped: tuple[Skip, ...] = ()

    @property
    def refs(self) -> tuple[VmRef, ...]:
        """The machines that will be touched."""
        return tuple(target.ref for target in self.targets)

    @property
    def clouds(self) -> tuple[str, ...]:
        """The entries of the machines that will be touched, each once."""
        return tuple(dict.fromkeys(target.cloud for target in self.targets))

    @property
    def many(self) -> bool:
        """Whether several VMs were aimed at, so that a count is typed instead of a name."""
        return len(self.targets) + len(self.skipped) > 1

    @property
    def sentence(self) -> str:
        """The verb and its object in the console's words: `stop web-0017`."""
        if len(self.targets) == 1:
            return f"{verb(self.spec)} {self.targets[0].name}"
        return f"{verb(self.spec)} {len(self.targets)} VMs"

    @property
    def refusal(self) -> str:
        """Why nothing can be done, empty when something can."""
        if self.targets:
            return ""
        if not self.skipped:
            return f"{verb(self.spec)}: no VM is chosen"
        first = self.skipped[0].reason
        return (
            first
            if len(self.skipped) == 1 or not self.spec.bulk
            else f"none of {len(self.skipped)} can {verb(self.spec)}: {first}"
        )


def verb(spec: ActionSpec) -> str:
    """Return a verb's label inside a sentence: `hard reboot`, `console URL`."""
    return spec.label[0].lower() + spec.label[1:]


def plan(api: ConsoleApi, action_id: str, refs: Sequence[VmRef]) -> ActionPlan:
    """Gate `action_id` on every one of `refs` as they are now and freeze the answer."""
    spec = ACTIONS[action_id]
    shared = _shared_names(api, refs) if spec.risk == "destructive" else frozenset()
    targets: list[Target] = []
    skipped: list[Skip] = []
    for ref in refs:
        target = describe(api, ref, shared)
        reason = _reason(api, spec, ref, len(refs))
        if reason:
            skipped.append(Skip(target, reason))
        else:
            targets.append(target)
    return ActionPlan(spec, tuple(targets), tuple(skipped))


def _reason(api: ConsoleApi, spec: ActionSpec, ref: VmRef, count: int) -> str:
    if count > 1 and not spec.bulk:
        return f"{verb(spec)} works on one VM at a time; {count} are marked"
    if api.vm(ref) is None:
        return f"{ref.short} is gone"
    verdict = api.verdict(ref, spec.id)
    return "" if verdict.allowed else verdict.reason


def describe(api: ConsoleApi, ref: VmRef, shared_names: frozenset[str] = frozenset()) -> Target:
    """Return what a dialog says about a VM; `shared_names` are names that several VMs carry."""
    vm, view = api.vm(ref), api.scope_of(ref)
    cloud = view.entry if view else ref.endpoint
    if vm is None:
        return Target(ref, ref.short, "gone", cloud)
    project = project_name(api, vm) or vm.project_id
    address = vm.floating_ip or vm.fixed_ip
    name = printable(vm.name)
    return Target(
        ref, name, vm.status, cloud, printable(project), address, name == vm.name and name not in shared_names
    )


def _shared_names(api: ConsoleApi, refs: Sequence[VmRef]) -> frozenset[str]:
    wanted = {vm.name for ref in refs if (vm := api.vm(ref)) is not None}
    seen: set[str] = set()
    shared: set[str] = set()
    for vm in api.fleet_since(0).upserts:
        if vm.name not in wanted:
            continue
        if vm.name in seen:
            shared.add(vm.name)
        seen.add(vm.name)
    return frozenset(shared)


def regate(api: ConsoleApi, old: ActionPlan) -> ActionPlan:
    """Gate a plan's VMs again on their present state; verb and VMs stay what they were, nothing is ever flipped."""
    if not old.targets:
        return plan(api, old.spec.id, [skip.target.ref for skip in old.skipped])
    new = plan(api, old.spec.id, old.refs)
    return ActionPlan(old.spec, new.targets, (*old.skipped, *new.skipped))


def plans_for_key(api: ConsoleApi, letter: str, refs: Sequence[VmRef]) -> tuple[ActionPlan, ...]:
    """Return the plans behind a second letter of the action menu: one, or two when marks are mixed.

    Opposite verbs share a letter and the state chooses. When neither is possible the verb is returned that tells
    most: the one whose states include the VM's own, else the first.
    """
    plans = [_unlocked_only(api, plan(api, spec.id, refs)) for spec in offered() if spec.key == letter]
    possible = [each for each in plans if each.targets]
    return tuple(possible) if possible else (_telling(api, plans, refs),)


def _unlocked_only(api: ConsoleApi, all_of_them: ActionPlan) -> ActionPlan:
    # Nova takes a second lock and a needless unlock; behind one letter they would leave the direction open.
    wanted = all_of_them.spec.expect.locked
    if wanted is None:
        return all_of_them
    done = [each for each in all_of_them.targets if (vm := api.vm(each.ref)) is not None and vm.locked is wanted]
    word = "locked already" if wanted else "not locked"
    skipped = [Skip(each, f"{each.name} is {word}") for each in done]
    targets = tuple(each for each in all_of_them.targets if each not in done)
    return ActionPlan(all_of_them.spec, targets, (*all_of_them.skipped, *skipped))


def _telling(api: ConsoleApi, plans: Sequence[ActionPlan], refs: Sequence[VmRef]) -> ActionPlan:
    vm = api.vm(refs[0]) if refs else None
    for each in plans:
        if vm is not None and each.spec.vm_states is not None and vm.vm_state in each.spec.vm_states:
            return each
    return plans[0]
