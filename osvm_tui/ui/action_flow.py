"""From a key to `ConsoleApi.submit`: freeze targets, gate, ask for parameters, confirm by risk, send, say so once.

`ActionTargets` is the base of every screen on which VMs can be acted upon. It knows no cloud and decides no rule:
the gate's verdict is the only reason ever shown. Dialogs are imported when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from osvm_tui.domain.errors import OsvmError, Refused
from osvm_tui.domain.operations import ActionRequest, Submission
from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.action_plan import ActionPlan, plan
from osvm_tui.ui.confirming import confirmed
from osvm_tui.ui.messages import OpenOperation, OpenVm
from osvm_tui.ui.refusals import drop_name, note_refused
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.submitting import refusal_of, submitted, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from osvm_tui.ui.resources.resource import Jump


class ActionTargets(PlaceScreen):
    """A place with VMs to act upon: subclasses answer `targets()` and inherit the action keys.

    Actions to bind: `vm_verb('stop')`, `action_menu`, `undo`, `new_vm`, `copy_menu`, `guest_shell`, `console_url`,
    `open_vm('overview')`.
    """

    def targets(self) -> tuple[VmRef, ...]:
        """Return the VMs that a key means now: the marked ones, else the one under the cursor."""
        raise NotImplementedError

    def current(self) -> VmRef | None:
        """Return the one VM under the cursor, for keys that look at one; marks do not count."""
        chosen = self.targets()
        return chosen[0] if chosen else None

    def owners(self) -> tuple[Jump, ...]:
        """Return what the current VM stands on and belongs to."""
        from osvm_tui.ui.relations import owners_of_vm

        ref = self.current()
        vm = self.api.vm(ref) if ref else None
        return owners_of_vm(self.api, vm) if vm else ()

    def show_reason(self, reason: str) -> None:
        """Show why a key did nothing in the screen's reason line; a toast is given anyway."""

    def action_vm_verb(self, action_id: str) -> None:
        """Begin one verb on the targets of this moment."""
        if not self.typing:
            self.begin(plan(self.api, action_id, self.targets()))

    def action_action_menu(self) -> None:
        """Open the action menu for the targets of this moment; its second letter begins a verb."""
        if self.typing:
            return
        from osvm_tui.ui.dialogs.action_menu import ActionMenu

        refs = self.targets()
        if not refs:
            self.refuse("no VM is chosen")
            return
        self.app.push_screen(ActionMenu(self.api, refs, self.options.glyphs), self._menu_chosen)

    def action_new_vm(self) -> None:
        """Open the form for a new VM."""
        if self.typing:
            return
        from osvm_tui.ui.dialogs.new_vm import NewVmForm

        self.app.push_screen(NewVmForm(self.api, self.current()))

    def action_undo(self) -> None:
        """Take back what this operator did last to the current VM."""
        ref = self.current()
        if ref is None or self.typing:
            return
        from osvm_tui.ui.undoing import begin_undo, last_own

        item, vm = last_own(self.api, ref), self.api.vm(ref)
        reason = begin_undo(self, item) if item else f"nothing that you did to {vm.name if vm else ref.short} is known"
        if reason:
            self.refuse(reason)

    def action_remedies(self) -> None:
        """Offer what may help the current VM if it is stuck, the gentlest first."""
        ref = self.current()
        vm = None if ref is None or self.typing else self.api.vm(ref)
        if ref is None or vm is None:
            return
        stuck = self.api.insight.stuck(ref)
        if stuck is None:
            self.refuse(f"{vm.name} is not stuck: nothing takes longer than usual")
            return
        from osvm_tui.ui.dialogs.pick import PickDialog
        from osvm_tui.ui.stuck_words import remedy_choices

        choices = remedy_choices(self.api.insight.remedies(ref))
        heading = f"what helps {vm.name}: {stuck.doing} takes too long"
        dialog = PickDialog(heading, choices, (), many=False)
        self.app.push_screen(dialog, lambda chosen: self.begin(plan(self.api, chosen[0], (ref,))) if chosen else None)

    def action_copy_menu(self) -> None:
        """Wait for the letter that says what to copy from the current VM."""
        ref = self.current()
        vm = None if ref is None or self.typing else self.api.vm(ref)
        if vm is not None:
            from osvm_tui.ui.dialogs.copy_menu import CopyMenu

            self.app.push_screen(CopyMenu(vm, self.api))

    def action_guest_shell(self) -> None:
        """Show the way into the current VM by SSH, and take it when the operator says so."""
        ref = self.current()
        if ref is not None and not self.typing:
            from osvm_tui.ui.guest_shell import begin_guest_shell

            begin_guest_shell(self, ref)

    def action_console_url(self) -> None:
        """Ask the cloud for a console URL of the current VM and show it to copy."""
        ref = self.current()
        if ref is not None and not self.typing:
            self.begin(plan(self.api, "remote-console", (ref,)))

    def action_open_vm(self, tab: str = "overview") -> None:
        """Open the current VM at a tab: overview, console, events or raw."""
        ref = self.current()
        if ref is None or self.typing:
            return
        self.post_message(OpenVm(ref, tab))

    def begin(self, chosen: ActionPlan, given: Mapping[str, object] | None = None) -> None:
        """Go on with a frozen plan: refuse with the gate's sentence, look, or ask and send. `given` values are filled
        into its form."""
        if chosen.refusal:
            self.refuse(chosen.refusal)
            note_refused(self.app, self.api, chosen)
            drop_name(self.app, chosen.spec.risk)
        elif chosen.spec.id == "console-output":
            self.post_message(OpenVm(chosen.refs[0], "console"))
        elif chosen.spec.id == "remote-console":
            from osvm_tui.ui.dialogs.console_url import ConsoleUrl

            self.app.push_screen(ConsoleUrl(self.api, chosen.targets[0]))
        elif chosen.spec.id == "diagnostics":
            from osvm_tui.ui.dialogs.diagnostics import Diagnostics

            self.app.push_screen(Diagnostics(self.api, chosen.targets[0]))
        else:
            self._ask_and_send(chosen, given)

    def refuse(self, reason: str) -> None:
        """Say why nothing was done."""
        self.notify(f"refused: {reason}", severity="warning", markup=False)
        self.show_reason(reason)

    @property
    def typing(self) -> bool:
        """Whether an input has the focus: then no key begins a change."""
        return self.focused is not None and self.focused.check_consume_key("a", "a")

    def _menu_chosen(self, plans: tuple[ActionPlan, ...] | None) -> None:
        if not plans:
            return
        if len(plans) == 1:
            self.begin(plans[0])
            return
        from osvm_tui.ui.dialogs.direction import DirectionDialog

        self.app.push_screen(DirectionDialog(plans), lambda one: self.begin(one) if one else None)

    @work(group="action", exit_on_error=False)
    async def _ask_and_send(self, chosen: ActionPlan, given: Mapping[str, object] | None = None) -> None:
        if chosen.spec.params:
            from osvm_tui.ui.dialogs.verb_form import too_many_clouds, verb_form

            if reason := too_many_clouds(chosen):
                self.refuse(reason)
                return
            send = lambda typed: self._send_typed(chosen, typed)  # noqa: E731
            await self.app.push_screen_wait(verb_form(self.api, chosen, send, given))
        elif await confirmed(self.app, self.api, chosen):
            try:
                self._say(chosen, await submitted(self.api, ActionRequest(chosen.spec.id, chosen.refs)))
            except Refused as no:
                self.refuse(no.detail)
            except OsvmError as error:
                from osvm_tui.ui.dialogs.error import ErrorDialog

                self.app.push_screen(ErrorDialog(error, doing=chosen.sentence))

    async def _send_typed(self, chosen: ActionPlan, typed: dict[str, object]) -> str:
        """Send what a form gave; return why it was not taken, for the form to tell."""
        if not await confirmed(self.app, self.api, chosen, typed):
            return "not sent"
        try:
            done = await submitted(self.api, ActionRequest(chosen.spec.id, chosen.refs, typed))
        except OsvmError as error:
            return told(error)
        reason = await refusal_of(self.api, done)
        if not reason:
            self._say(chosen, done)
        return reason

    def _say(self, chosen: ActionPlan, done: Submission) -> None:
        names = {target.ref: target.name for target in chosen.targets}
        if len(done.items) == 1:
            self.notify(f"{chosen.spec.doing} {names.get(done.items[0].ref, done.items[0].vm_name)}", markup=False)
        elif done.items:
            self.notify(f"{chosen.spec.doing} {len(done.items)} VMs", markup=False)
            self.post_message(OpenOperation(done.operation_id))
        if done.refused:
            ref, reason = done.refused[0]
            more = f" (and {len(done.refused) - 1} more)" if len(done.refused) > 1 else ""
            self.refuse(f"{reason or names.get(ref, ref.short)}{more}")
