"""`OperationHead`: one operation in two lines: what, by whom, how it is steered; a bar and its items counted."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import Control, ItemState, OperationView
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.bars import bar
from osvm_tui.ui.format import long_age
from osvm_tui.ui.item_look import TOKENS
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable

_WIDEST = 30


class OperationHead(Widget):
    """Shows what `show` was given last."""

    def __init__(self, options: UiOptions) -> None:
        super().__init__(id="operation-head")
        self._options = options
        self._view: OperationView | None = None
        self._usual = ""

    def show(self, view: OperationView | None, usual: str = "") -> None:
        """Show an operation; `usual` says how long its verb takes."""
        self._view, self._usual = view, usual
        self.refresh()

    def render(self) -> Content:
        """Return the two lines."""
        view = self._view
        if view is None:
            return Content.styled("this operation is not known here", "$state-stale")
        return Content("\n").join([self._first(view), self._second(view)])

    def _first(self, view: OperationView) -> Content:
        ago = long_age((self._options.clock() - view.requested_at).total_seconds())
        vms = "1 VM" if view.total == 1 else f"{view.total} VMs"
        told = printable("  ".join(f"{name}={value}" for name, value in view.params))
        return Content.assemble(
            (f"{verb(action_of(view.action_id))} {vms}", "bold"),
            (f"  asked {ago} ago by {view.operator}  ", "$dim"),
            _standing(view),
            (f"  {told}" if told else "", "$dim"),
        )

    def _second(self, view: OperationView) -> Content:
        width = min(_WIDEST, max(8, self.size.width // 4))
        ended = view.total - view.open
        done, rest = bar(ended / view.total if view.total else 0.0, width, self._options.glyphs)
        counts = sorted(view.counts, key=lambda each: list(ItemState).index(each[0]))
        parts = [(f"  {count} {state}", f"$state-{TOKENS[state]}") for state, count in counts]
        return Content.assemble(
            (done, "$accent"),
            (rest, "$dim"),
            f"  {ended} of {view.total}",
            *parts,
            (f"  {self._usual}" if self._usual and view.open else "", "$dim"),
        )


def _standing(view: OperationView) -> tuple[str, str]:
    if not view.open:
        return ("ended", "$dim")
    match view.control:
        case Control.PAUSE:
            return ("paused: nothing more is sent until p", "$state-stale")
        case Control.CANCEL:
            return ("cancelled: what was sent goes on", "$state-stale")
        case _:
            return ("running", "$state-changing")
