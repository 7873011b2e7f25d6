"""The plan before an action on marked VMs: who is touched, who is skipped and why; the count is typed."""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from osvm_tui.ui.action_plan import ActionPlan, Skip, verb
from osvm_tui.ui.dialogs.typed_confirm import TypedConfirm


class ConfirmMany(TypedConfirm):
    """Ask for the number of VMs that a plan touches."""

    SIZE: ClassVar[str] = "-wide"

    def __init__(self, plan: ActionPlan) -> None:
        super().__init__(str(len(plan.targets)), plan.sentence)
        self.plan = plan

    def explanation(self) -> ComposeResult:
        plan = self.plan
        with VerticalScroll(classes="plan", can_focus=False):
            names = "  ".join(f"{target.name} ({target.cloud})" for target in plan.targets)
            yield Static(f"{verb(plan.spec)} {len(plan.targets)}", classes="plan-title", markup=False)
            yield Static(names, classes="plan-names", markup=False)
            if plan.skipped:
                yield Static(f"skip {len(plan.skipped)}", classes="plan-title", markup=False)
                yield Static(skips(plan.skipped), classes="plan-names", markup=False)
        if plan.spec.note:
            yield Static(plan.spec.note, classes="note", markup=False)


def skips(skipped: tuple[Skip, ...]) -> Content:
    """Return one line per reason; VMs refused for the same reason stand together."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for skip in skipped:
        by_reason[skip.reason.replace(skip.target.name, "it")].append(skip.target.name)
    lines = [Content.assemble(", ".join(names), ("  " + reason, "$dim")) for reason, names in by_reason.items()]
    return Content("\n").join(lines)
