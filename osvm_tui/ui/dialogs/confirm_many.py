"""The plan before an action on marked VMs: who is touched in which order, who is skipped and why.

A destructive verb wants the number of VMs typed, any other two buttons with Cancel focused. `w` saves the plan as a
script of `openstack` commands; it is not sent then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from osvm_tui.domain.action import Risk
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import ActionPlan, Skip, Target, verb
from osvm_tui.ui.dialogs.typed_confirm import TypedConfirm
from osvm_tui.ui.format import clip
from osvm_tui.ui.submitting import told
from osvm_tui.ui.what_if import AT_ONCE, what_if
from osvm_tui.ui.what_if import told as told_price
from osvm_tui.ui.widgets.price_line import PriceLine

_SHOWN = 200
"""More lines are in the script, not in the dialog."""


class CountLine(Input):
    """Takes digits; `w` is the dialog's."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Let the dialog's own binding be asked first."""
        return key != "w" and super().check_consume_key(key, character)


class ConfirmMany(TypedConfirm):
    """Show a plan on several VMs; True means go on with it."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "#typed, #cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "save_script", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("pageup", "scroll(-1)", show=False),
    ]
    footing = "w saves it as a script, PgDn scrolls, esc leaves"

    def __init__(self, api: ConsoleApi, plan: ActionPlan, params: Mapping[str, object] | None = None) -> None:
        super().__init__(str(len(plan.targets)), plan.sentence)
        self.api = api
        self.plan = plan
        self.params = dict(params or {})

    @property
    def typed(self) -> bool:
        """Whether the count must be typed."""
        return self.plan.spec.risk is Risk.DESTRUCTIVE

    @property
    def matches(self) -> bool:
        """Whether the count stands in the field, where it must."""
        return not self.typed or super().matches

    def line(self) -> Input:
        return CountLine(id="typed", compact=True, select_on_focus=False, restrict="[0-9]*")

    def body(self) -> ComposeResult:
        if self.typed:
            yield from super().body()
            return
        yield from self.explanation()
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content(self.sentence), id="go", compact=True, classes=f"-{self.plan.spec.risk}")

    def explanation(self) -> ComposeResult:
        plan = self.plan
        with VerticalScroll(classes="plan", can_focus=False):
            yield Static(f"{verb(plan.spec)} {len(plan.targets)}, in this order", classes="plan-title", markup=False)
            yield Static(touched(plan.targets), classes="plan-names", markup=False)
            if plan.skipped:
                yield Static(f"skip {len(plan.skipped)}", classes="plan-title", markup=False)
                yield Static(skips(plan.skipped), classes="plan-names", markup=False)
        if plan.spec.note:
            yield Static(plan.spec.note, classes="note", markup=False)
        yield PriceLine(what_if(self.api, plan.spec.id, plan.refs, self.params) if len(plan.refs) <= AT_ONCE else None)

    def on_mount(self) -> None:
        """Count what many VMs cost behind the picture."""
        if len(self.plan.refs) > AT_ONCE:
            self._count_price()

    @work(group="price", exit_on_error=False)
    async def _count_price(self) -> None:
        action_id = self.plan.spec.id
        changes = await self.api.costs.what_if_many(action_id, self.plan.refs, self.params)
        self.query_one(PriceLine).tell(told_price(self.api, action_id, changes, self.plan.clouds))

    def action_scroll(self, by: int) -> None:
        """Scroll the plan."""
        plan = self.query_one(".plan", VerticalScroll)
        (plan.scroll_page_down if by > 0 else plan.scroll_page_up)(animate=False)

    def action_save_script(self) -> None:
        """Write the plan as a script, skipped VMs as comments."""
        refs = (*self.plan.refs, *(skip.target.ref for skip in self.plan.skipped))
        try:
            script = self.api.bulk.script(ActionRequest(self.plan.spec.id, refs, self.params))
        except OsvmError as error:
            self.notify(told(error), severity="warning", markup=False)
            return
        from osvm_tui.ui.dialogs.save_text import SaveText

        self.app.push_screen(SaveText(script, f"osvm-{self.plan.spec.id}-{len(self.plan.targets)}.sh"))


def touched(targets: Sequence[Target]) -> Content:
    """Return a numbered line per VM: name, status, project, and cloud where there are several."""
    shown = targets[:_SHOWN]
    clouds = len({target.cloud for target in targets}) > 1
    columns = [[target.name, target.status, target.project, *([target.cloud] if clouds else [])] for target in shown]
    widths = [min(32, max(len(row[n]) for row in columns)) for n in range(len(columns[0]))] if columns else []
    lines = []
    for number, row in enumerate(columns, start=1):
        name, *rest = (clip(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(Content.assemble((f"{number:>3}  ", "$dim"), f"{name}  ", ("  ".join(rest).rstrip(), "$dim")))
    if len(targets) > _SHOWN:
        lines.append(Content.styled(f"and {len(targets) - _SHOWN} more; w saves all of them", "$dim"))
    return Content("\n").join(lines)


def skips(skipped: Sequence[Skip]) -> Content:
    """Return one line per reason; VMs refused for the same reason stand together."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for skip in skipped:
        by_reason[skip.reason.replace(skip.target.name, "it")].append(skip.target.name)
    lines = [Content.assemble(", ".join(names), ("  " + reason, "$dim")) for reason, names in by_reason.items()]
    return Content("\n").join(lines)
