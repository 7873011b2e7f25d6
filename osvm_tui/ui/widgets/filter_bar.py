"""`FilterBar`: one line that tells what is shown (filter, counts, sort) and in which the filter is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from osvm_tui.ui.bindings import key_for
from osvm_tui.ui.fleet_filters import Counted
from osvm_tui.ui.format import GLYPHS, SIGNS, Token, count
from osvm_tui.ui.options import UiOptions

if TYPE_CHECKING:
    from textual.widgets import Input


class Shown(NamedTuple):
    """What the right end tells: rows shown of all, marks, and the sort in words."""

    rows: int = 0
    total: int = 0
    marked: int = 0
    sort: str = ""
    frozen: bool = False
    counts: tuple[Counted, ...] = ()
    """Counts that are filters, shown where no filter stands."""


class FilterBar(Widget):
    """Shows the filter; `open()` lets it be typed. Every change is told at once, Escape takes it back."""

    COMPONENT_CLASSES = {
        "filter-bar--text",
        "filter-bar--error",
        "filter-bar--mark",
        *(f"filter-bar--{token}" for token in Token),
    }
    BINDINGS = [
        Binding("escape", "cancel", show=False, priority=True),
        Binding("enter,down", "accept", show=False, priority=True),
    ]

    class Typed(Message):
        """The filter reads `text` now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

        def can_replace(self, message: Message) -> bool:
            """Let the last of fast typing stand for all."""
            return isinstance(message, FilterBar.Typed)

    class Left(Message):
        """Typing has ended; the focus belongs to the rows again."""

    def __init__(self, options: UiOptions) -> None:
        super().__init__()
        self._options = options
        self._signs = SIGNS[options.glyphs]
        self._text = ""
        self._before = ""
        self._error = ""
        self._shown = Shown()
        self._input: Input | None = None

    @property
    def text(self) -> str:
        """The filter as shown."""
        return self._text

    @property
    def typing(self) -> bool:
        """Whether the filter is being typed."""
        return self._input is not None

    def show(self, text: str, error: str = "") -> None:
        """Show a filter, and what is wrong with it."""
        self._text, self._error = text, error
        self._make_room()
        self.refresh()

    def tell(self, shown: Shown) -> None:
        """Show these counts."""
        if shown != self._shown:
            self._shown = shown
            self._make_room()
            self.refresh()

    def open(self) -> None:
        """Let the filter be typed; the field is loaded at its first use."""
        from textual.widgets import Input

        if self._input is not None:
            return
        self._before = self._text
        field = Input(self._text, placeholder="web status=ERROR age>30d !lab", compact=True, select_on_focus=False)
        field.cursor_blink = self._options.blink
        self._input = field
        self._make_room()
        self.mount(field)
        field.focus()
        self.refresh()

    def _make_room(self) -> None:
        # The field lies over the line: its end must not cover what stands at the right.
        if self._input is not None:
            right = len(self._error) + 1 if self._error else self._right().cell_len
            self._input.styles.width = max(12, self.size.width - right - 5)

    def on_resize(self) -> None:
        """Give the field its share of the new width."""
        self._make_room()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell every change."""
        event.stop()
        if self._input is not None and event.value != self._text:
            self._text = event.value
            self.post_message(self.Typed(event.value))

    def action_accept(self) -> None:
        """Keep what was typed."""
        self._close()

    def action_cancel(self) -> None:
        """Go back to the filter that was there before typing."""
        if self._text != self._before:
            self._text = self._before
            self.post_message(self.Typed(self._before))
        self._close()

    def _close(self) -> None:
        field, self._input = self._input, None
        if field is not None:
            field.remove()
        self.refresh()
        self.post_message(self.Left())

    def render(self) -> Text:
        """Return the line: the filter or its error at the left, what is shown at the right."""
        right = self._right()
        left = Text.assemble((" / ", self._part("mark")), no_wrap=True)
        if self._input is None and self._text:
            left.append(self._text, self._part("text"))
        elif self._input is None:
            told, right = self._unfiltered(self.size.width - left.cell_len - 2)
            left.append(told)
        room = self.size.width - right.cell_len - 1
        if self._error:
            right = Text(f"{self._error} ", self._part("error"), no_wrap=True, overflow="ellipsis")
            room = max(left.cell_len + 1, self.size.width - right.cell_len)
        left.truncate(max(3, room), overflow="ellipsis")
        gap = max(1, self.size.width - left.cell_len - right.cell_len)
        return Text.assemble(left, " " * gap, right, no_wrap=True)

    def _unfiltered(self, room: int) -> tuple[Text, Text]:
        """Return the counts with the keys that filter by them, and the right end: in the longest words that fit whole.

        The words of the sort leave before those of the counts: the table's head shows it too.
        """
        long, bare = self._right(), self._right(sort=False)
        words = [self._count_words(each) for each in self._shown.counts]
        signs = [self._count_signs(each) for each in self._shown.counts]
        nothing = [Text("no filter", self._part("dim"))]
        tries = ((nothing + words, long), (words, long), (words, bare), (signs, long), (signs, bare))
        for parts, right in tries:
            line = Text("  ", no_wrap=True).join(parts)
            if line.cell_len + right.cell_len <= room:
                break
        return line, right

    def _count_words(self, counted: Counted) -> Text:
        token = str(counted.token)
        word = (f" {counted.word} ", self._part("dim"))
        return Text.assemble((counted.key, self._part("mark")), word, (count(counted.number), self._part(token)))

    def _count_signs(self, counted: Counted) -> Text:
        sign = f"{GLYPHS[self._options.glyphs][counted.token]}{count(counted.number)}"
        return Text.assemble((counted.key, self._part("mark")), (sign, self._part(str(counted.token))))

    def _right(self, *, sort: bool = True) -> Text:
        shown, dot = self._shown, f" {self._signs['dot']} "
        parts = [f"{count(shown.rows)} of {count(shown.total)}"]
        if shown.marked:
            parts.append(f"{count(shown.marked)} marked")
        if shown.frozen:
            parts.append(f"frozen, {key_for('fleet.freeze', self._options.keys)} goes on")
        if shown.sort and sort and self.size.width >= 70:
            parts.append(f"sorted by {shown.sort}")
        return Text(f"{dot.join(parts)} ", self._part("dim"), no_wrap=True)

    def _part(self, part: str) -> str:
        return self.get_component_rich_style(f"filter-bar--{part}", partial=True)  # type: ignore[return-value]
