"""`TextView`: long plain text by lines: scrolls, follows its end, searches. Cost grows with what is in sight."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from osvm_tui.ui.printable import printable
from osvm_tui.ui.scroll_keys import SCROLL_KEYS


class TextView(ScrollView, can_focus=True):
    """Show text that may come from a stranger's machine: control characters never reach the terminal."""

    COMPONENT_CLASSES = {"text-view--match", "text-view--here", "text-view--number"}
    BINDINGS = SCROLL_KEYS
    follow: var[bool] = var(False)
    """Whether new text keeps the end in sight."""

    class Searched(Message):
        """The search moved: the match in sight (from 1) of how many."""

        def __init__(self, at: int, matches: int) -> None:
            super().__init__()
            self.at = at
            self.matches = matches

    def __init__(self, *, follow: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(TextView.follow, follow)
        self.lines: list[str] = []
        self.needle = ""
        self.matches: list[int] = []
        self.match = -1

    def show(self, text: str) -> None:
        """Replace the text; the place in it is kept unless the end is followed."""
        self.lines = [line.expandtabs(8) for line in printable(text).split("\n")]
        self.virtual_size = Size(max((len(line) for line in self.lines), default=0), len(self.lines))
        self._find()
        self.refresh()
        if self.follow:
            self.call_after_refresh(self.scroll_end, animate=False, immediate=True)

    @property
    def text(self) -> str:
        """The text as shown."""
        return "\n".join(self.lines)

    def search(self, needle: str) -> None:
        """Light every line that contains `needle`, upper and lower case alike, and go to the last one."""
        self.needle = needle
        self._find()
        self.match = len(self.matches) - 1
        self._go()

    def search_on(self, by: int) -> None:
        """Go to the next (1) or previous (-1) match, round the ends."""
        if self.matches:
            self.match = (self.match + by) % len(self.matches)
        self._go()

    def _find(self) -> None:
        wanted = self.needle.lower()
        self.matches = [n for n, line in enumerate(self.lines) if wanted in line.lower()] if wanted else []
        self.match = min(self.match, len(self.matches) - 1)

    def _go(self) -> None:
        if self.matches:
            self.follow = False
            self.scroll_to(y=max(0, self.matches[self.match] - self.size.height // 2), animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Searched(self.match + 1, len(self.matches)))

    def render_line(self, y: int) -> Strip:
        """Return one line of what is in sight."""
        left, top = self.scroll_offset
        number, width = top + y, self.size.width
        if number >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        strip = Strip(self._segments(number))
        return strip.crop_extend(left, left + width, self.rich_style).apply_offsets(left, number)

    def _segments(self, number: int) -> list[Segment]:
        line, plain = self.lines[number], self.rich_style
        at = line.lower().find(self.needle.lower()) if self.needle else -1
        if at < 0:
            return [Segment(line, plain)]
        here = self.matches and number == self.matches[self.match]
        style = self.get_component_rich_style("text-view--here" if here else "text-view--match")
        end = at + len(self.needle)
        return [Segment(line[:at], plain), Segment(line[at:end], style), Segment(line[end:], plain)]
