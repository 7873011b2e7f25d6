"""From a key to `ResourcesApi.change`: freeze the item, gate, ask for parameters, confirm by risk, send, say so once.

It decides no rule: the gate's verdict is the only reason ever shown. Dialogs are imported when first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from textual import work

from osvm_tui.domain.action import Risk
from osvm_tui.domain.errors import OsvmError, Refused
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.services.resources_api import ResourceOutcome, ResourceRequest
from osvm_tui.ui.printable import printable
from osvm_tui.ui.refusals import drop_name, note_refused_change
from osvm_tui.ui.resource_plan import ResourcePlan, plan_on
from osvm_tui.ui.resources.resource import Entry, Resource
from osvm_tui.ui.screens.place import PlaceScreen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.content import Content

    from osvm_tui.domain.resource import ResourceSpec
    from osvm_tui.services.resources_api import Choice
    from osvm_tui.ui.dialogs.params_form import Caution
    from osvm_tui.ui.resources.around import Around

NOT_CONFIRMED = "not confirmed: nothing was sent"


class ResourceFlow(PlaceScreen):
    """A place with items that can be changed; a subclass says which row is meant."""

    resource: ClassVar[Resource[Any]]

    @property
    def around(self) -> Around:
        """What is known around the items."""
        raise NotImplementedError

    def chosen(self) -> Entry[Any] | None:
        """Return the row that a key means now."""
        raise NotImplementedError

    def same_name(self, row: Entry[Any]) -> bool:
        """Return whether another row in sight is called the same."""
        raise NotImplementedError

    # keys
    def action_action_menu(self) -> None:
        """Open the menu of changes for the row of this moment; its letter begins one."""
        if self._typing:
            return
        from osvm_tui.ui.dialogs.resource_menu import ResourceMenu

        nothing = f"no {self.resource.one} is chosen"
        self.app.push_screen(ResourceMenu(self.api, self.plans(), nothing), self._menu_chosen)

    def _menu_chosen(self, plan: ResourcePlan | None) -> None:
        if plan is not None and plan.spec.creates:
            self._begin_named(plan.spec.id)
        elif plan is not None:
            self.begin(plan)

    def plans(self) -> list[ResourcePlan]:
        """Return every change that the place offers, frozen on the row of this moment."""
        return [self._plan(spec) for spec in self.resource.verbs()]

    def action_change(self, action_id: str) -> None:
        """Begin one change on the row of this moment."""
        self._begin_named(action_id)

    def action_new_item(self) -> None:
        """Begin what makes a new item."""
        self._begin_named(self.resource.new)

    def action_delete_item(self) -> None:
        """Begin what takes the item away."""
        self._begin_named(self.resource.delete)

    def _begin_named(self, action_id: str) -> None:
        if self._typing or not action_id:
            return
        spec, scopes = RESOURCE_ACTIONS[action_id], self.api.scopes()
        if spec.creates and len(scopes) > 1:
            self._pick_cloud(spec, [scope.entry for scope in scopes])
        else:
            self.begin(self._plan(spec))

    def _pick_cloud(self, spec: ResourceSpec, entries: list[str]) -> None:
        from osvm_tui.ui.dialogs.pick import Choice as Offered
        from osvm_tui.ui.dialogs.pick import PickDialog

        def chosen(picked: tuple[str, ...] | None) -> None:
            if picked:
                self.begin(self._here(ResourcePlan(spec, ResourceTarget(picked[0], ""))))

        here = self._plan(spec).target.entry
        offered = [Offered(entry, entry) for entry in entries]
        self.app.push_screen(PickDialog(f"{spec.label.lower()}: in which cloud", offered, (here,), many=False), chosen)

    @property
    def _typing(self) -> bool:
        return self.focused is not None and self.focused.check_consume_key("a", "a")

    def _plan(self, spec: ResourceSpec) -> ResourcePlan:
        row = self.chosen()
        entry = row.cloud if row else next((scope.entry for scope in self.api.scopes()), "")
        shared = row is not None and self.same_name(row)
        return self._here(plan_on(spec, self.resource, row, self.around, entry, shared=shared))

    def _here(self, plan: ResourcePlan) -> ResourcePlan:
        """Freeze the project with the plan: the console may go over to another one while a form is open."""
        scopes = {view.entry: view.scope for view in self.api.scopes()}
        scope = scopes.get(plan.target.entry)
        return replace(plan, target=replace(plan.target, asked_in=scope.project_id if scope else ""))

    # the way of one change
    def begin(self, plan: ResourcePlan) -> None:
        """Go on with a frozen plan, or refuse with the gate's sentence."""
        verdict = self.api.resources.verdict(plan.spec.id, plan.target)
        if verdict.allowed:
            self._carry_out(plan)
        else:
            self.notify(f"refused: {verdict.reason}", severity="warning", markup=False)
            note_refused_change(self.app, self.api, plan)
            drop_name(self.app, plan.spec.risk)

    @work(group="action", exit_on_error=False)
    async def _carry_out(self, plan: ResourcePlan) -> None:
        if plan.asked:
            outcome = await self._by_form(plan)
        else:
            outcome = await self._at_once(plan)
        if outcome is not None:
            await self._tell(plan, outcome)

    async def _by_form(self, plan: ResourcePlan) -> ResourceOutcome | None:
        from osvm_tui.ui.dialogs.params_form import ParamsForm
        from osvm_tui.ui.submitting import told

        outcomes: list[ResourceOutcome] = []

        async def send(values: dict[str, object]) -> str:
            # A refusal leaves the form as it was typed.
            try:
                outcome = await self._confirm_and_change(plan, values)
            except OsvmError as error:
                return told(error)
            if outcome is None:
                return NOT_CONFIRMED
            outcomes.append(outcome)
            return ""

        async def choices(kind: str) -> Sequence[Choice]:
            return await self.api.resources.choices(kind, plan.target.entry, resource_id=plan.target.id)

        form = ParamsForm(
            plan.sentence,
            plan.asked,
            plan.before,
            choices,
            go=plan.verb,
            edits=plan.spec.edits,
            note=plan.spec.note,
            send=send,
            entries=(plan.target.entry,),
            caution=_caution(plan),
            price=lambda values: self._price(plan, values),
        )
        await self.app.push_screen_wait(form)
        return outcomes[0] if outcomes else None

    async def _at_once(self, plan: ResourcePlan) -> ResourceOutcome | None:
        try:
            return await self._confirm_and_change(plan, {})
        except Refused as no:
            self.notify(f"refused: {no.detail}", severity="warning", markup=False)
        except OsvmError as error:
            from osvm_tui.ui.dialogs.error import ErrorDialog

            self.app.push_screen(ErrorDialog(error, doing=plan.sentence))
        return None

    async def _confirm_and_change(self, plan: ResourcePlan, values: dict[str, object]) -> ResourceOutcome | None:
        params = {**plan.given, **values}
        caution = self.resource.caution(plan.spec, params)
        if not await self._confirmed(plan, caution, params):
            return None
        return await self.api.resources.change(ResourceRequest(plan.spec.id, plan.target, params))

    async def _confirmed(self, plan: ResourcePlan, caution: str, params: Mapping[str, object]) -> bool:
        if not caution and (plan.spec.risk is Risk.SAFE or _caution(plan)):
            return True
        from osvm_tui.ui.dialogs.resource_confirm import ConfirmChange, ConfirmGone

        gone = plan.spec.risk is Risk.DESTRUCTIVE
        price = self._price(plan, params)
        dialog = ConfirmGone(plan, price) if gone else ConfirmChange(plan, caution, price)
        return await self.app.push_screen_wait(dialog) is True

    def _price(self, plan: ResourcePlan, params: Mapping[str, object]) -> Content:
        from osvm_tui.ui.what_if import what_if_resource

        return what_if_resource(self.api, plan.spec, (plan.target,), {**plan.given, **params})

    async def _tell(self, plan: ResourcePlan, outcome: ResourceOutcome) -> None:
        if outcome.secret:
            from osvm_tui.ui.dialogs.private_key import PrivateKey

            await self.app.push_screen_wait(PrivateKey(outcome.secret, plan.target.entry, outcome.resource_id))
        else:
            told = f"{plan.spec.doing} {plan.name}" if plan.name else await self._made(plan, outcome)
            self.notify(told, markup=False)
        if "not be audited" in outcome.message:
            self.notify(outcome.message, severity="warning", markup=False)

    async def _made(self, plan: ResourcePlan, outcome: ResourceOutcome) -> str:
        """Say what was made; what the cloud names itself, an address, stands in its list only."""
        if any(param.name == "name" for param in plan.spec.params):
            return outcome.message or plan.spec.doing
        try:
            view = await self.api.load_catalog(plan.target.entry, plan.spec.kind, 0.0)
        except OsvmError:
            return outcome.message or plan.spec.doing
        made = (self.resource.name(item) for item in view.items if self.resource.id_of(item) == outcome.resource_id)
        return f"{plan.verb}: {printable(next(made, outcome.resource_id[:8]))}"


def _caution(plan: ResourcePlan) -> Caution | None:
    """Return what the form of a disruptive change says instead of a question; without a form there is none."""
    if plan.spec.risk is not Risk.DISRUPTIVE or not plan.asked:
        return None
    from osvm_tui.ui.dialogs.params_form import Caution

    target = " · ".join(filter(None, (plan.target.status, plan.target.entry, plan.target.id[:8])))
    return Caution(target, plan.spec.note or plan.spec.help, plan.sentence)
