"""`Dialog`: the frame of every modal question: one titled box, Escape leaves it without effect. Knows no question."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from osvm_tui.ui.cloud_look import Hue, Wear, strongest, wear

if TYPE_CHECKING:
    from osvm_tui.ui.app import OsvmApp

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A modal box with a title; its answer is None when the operator left it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", show=False),
        Binding("ctrl+c", "copy_or_leave", "copy or cancel", show=False, priority=True),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]
    SIZE: ClassVar[str] = "-narrow"
    """`-narrow`, `-wide` or `-large`: how much of the screen the box may take."""

    footing: ClassVar[str] = "esc leaves"
    """What the box's lower border says."""

    @property
    def heading(self) -> str:
        """What the box's upper border says."""
        return ""

    def clouds(self) -> tuple[str, ...]:
        """Return the entries whose things this dialog changes, whose frame it wears: those of its plan, if any."""
        clouds: tuple[str, ...] = getattr(getattr(self, "plan", None), "clouds", ())
        return clouds

    def body(self) -> ComposeResult:
        """Yield what is in the box."""
        yield from ()

    def compose(self) -> ComposeResult:
        box = Vertical(classes=f"dialog-box {self.SIZE}")
        box.border_subtitle = self.footing
        with box:
            yield from self.body()
        self.show_heading(box)

    def show_heading(self, box: Vertical | None = None) -> None:
        """Put the heading, as it is now, into the box's upper border, and dress the box as its cloud."""
        box = box or self.query_one(".dialog-box", Vertical)
        worn = self._worn()
        for hue in Hue:
            box.set_class(worn is not None and worn.hue is hue, f"-{hue}")
        cloud = f"{worn.title}: " if worn and worn.hue else ""
        box.border_title = f"{cloud}{self.heading}".replace("[", "\\[")

    def _worn(self) -> Wear | None:
        app = cast("OsvmApp", self.app)
        open_ones = [view.entry for view in app.api.scopes()]
        return strongest(wear(app.options, open_ones, entry) for entry in self.clouds())

    def action_leave(self) -> None:
        """Close without effect."""
        self.dismiss(None)

    def action_copy_or_leave(self) -> None:
        """Copy the selected text, or close without effect when nothing is selected."""
        selected = self.get_selected_text()
        if selected:
            self.app.copy_to_clipboard(selected)
            self.notify("copied")
        else:
            self.action_leave()
