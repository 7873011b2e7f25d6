"""`HeatMap`: one tile per thing, coloured and marked by how hot it is, with a cursor. Knows no VM and no metric."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from osvm_tui.ui.heat import EDGES, LEVELS, MARKS
from osvm_tui.ui.widgets.line_painter import padded

_NAME = 14
_MARK = 2


class Tile(NamedTuple):
    """One thing: its key, name and value in words, and how hot it is, 0 (not known) to 5."""

    key: Hashable
    name: str
    told: str
    level: int


class HeatMap(Widget, can_focus=True):
    """Tiles in rows, as broad as they may be: with name and value, with the value, or the mark alone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat-map--cursor", "heat-map--sign", "heat-map--legend", "heat-map--name",
        *(f"heat-map--level-{level}" for level in range(LEVELS + 1)),
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", show=False),
        Binding("right,l", "step(1)", show=False),
        Binding("up,k", "line(-1)", show=False),
        Binding("down,j", "line(1)", show=False),
        Binding("home,g", "step(-1000000)", show=False),
        Binding("end,G", "step(1000000)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
    ]

    class Highlighted(Message):
        """The cursor is on another thing."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    class Opened(Message):
        """A tile was clicked twice."""

    def __init__(self, *, glyphs: str = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._marks = MARKS[glyphs]
        self._edges = EDGES[glyphs]
        self._tiles: Sequence[Tile] = ()
        self._legend: Sequence[tuple[int, str]] = ()
        self._head = self._note = ""
        self._longest = 0
        self._top = 0
        self.cursor = 0

    @property
    def tiles(self) -> Sequence[Tile]:
        """What is shown."""
        return self._tiles

    def show(self, tiles: Sequence[Tile], head: str, legend: Sequence[tuple[int, str]], note: str = "") -> None:
        """Show these; the cursor stays on its thing. `head` names the metric before the legend, `note` is below it."""
        held = self._tiles[self.cursor].key if self._tiles else None
        if (tiles, head, legend, note) == (self._tiles, self._head, self._legend, self._note):
            return
        self._tiles, self._head, self._legend, self._note = tiles, head, legend, note
        self._longest = max((len(tile.told) for tile in tiles), default=0)
        self.cursor_to(held)
        self.refresh()

    def cursor_to(self, key: Hashable) -> None:
        """Put the cursor on the thing of this key; without it the cursor stays where it is."""
        at = next((n for n, tile in enumerate(self._tiles) if tile.key == key), self.cursor)
        self.cursor = min(max(0, at), max(0, len(self._tiles) - 1))
        self._follow()

    # shape
    @property
    def _lines(self) -> int:
        return max(1, self.size.height - 2)

    def _shape(self) -> tuple[int, bool, bool]:
        """Return how broad a tile is, and whether name and value stand in it."""
        value = self._longest
        for width, named, valued in ((_MARK + _NAME + value + 4, True, True), (_MARK + value + 3, False, True)):
            if len(self._tiles) <= max(1, self.size.width // width) * self._lines:
                return width, named, valued
        return _MARK + 1, False, False

    def _across(self) -> int:
        return max(1, (self.size.width - 1) // self._shape()[0])

    def _follow(self) -> None:
        line = self.cursor // self._across()
        if line < self._top:
            self._top = line
        elif line >= self._top + self._lines:
            self._top = line - self._lines + 1
        self._top = min(self._top, max(0, -(-len(self._tiles) // self._across()) - self._lines))

    # drawing
    def render_line(self, y: int) -> Strip:
        """Draw the legend or a line of tiles."""
        if y == 0:
            return self._strip(self._told())
        if y == 1:
            return self._strip([Segment(f" {self._note}", self._style("legend"))])
        width, named, valued = self._shape()
        across = self._across()
        first = (self._top + y - 2) * across
        parts = [Segment(self._edges[0] if first == self.cursor else " ", self._style("sign"))]
        for n in range(first, min(first + across, len(self._tiles))):
            tile = self._tiles[n]
            parts.append(Segment(self._marks[tile.level], self._style(f"level-{tile.level}")))
            name = f" {padded(tile.name, _NAME)}" if named else ""
            text = f"{name} {tile.told:>{width - _MARK - len(name) - 3}}" if valued else ""
            plain = self._style("name") + self._style("cursor") if n == self.cursor else self._style("name")
            edges = (self._edges[1] if n == self.cursor else "", self._edges[0] if n + 1 == self.cursor else "")
            parts += [Segment(text, plain), Segment(_gap(edges, 2 if valued else 1), self._style("sign"))]
        return self._strip(parts)

    def _strip(self, parts: Iterable[Segment]) -> Strip:
        return Strip(parts).adjust_cell_length(self.size.width, self.rich_style).apply_style(self.rich_style)

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"heat-map--{part}", partial=True)

    def _told(self) -> Iterator[Segment]:
        yield Segment(f" {self._head}  ", self._style("name"))
        for level, words in self._legend:
            yield Segment(words[:_MARK], self._style(f"level-{level}"))
            yield Segment(f"{words[_MARK:]}  ", self._style("legend"))

    # moving
    def action_step(self, by: int) -> None:
        """Move the cursor by things."""
        if self._tiles:
            self._to(min(max(0, self.cursor + by), len(self._tiles) - 1))

    def action_line(self, by: int) -> None:
        """Move the cursor by lines, within its column."""
        at = self.cursor + by * self._across()
        if 0 <= at < len(self._tiles):
            self._to(at)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screen of lines."""
        self.action_step(by * self._across() * self._lines)

    def _to(self, at: int) -> None:
        if at != self.cursor:
            self.cursor = at
            self._follow()
            self.refresh()
            self.post_message(self.Highlighted(self._tiles[at].key))

    def on_resize(self) -> None:
        """Keep the cursor in sight: tiles may be broader or narrower now."""
        self._follow()
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the clicked tile; a double click opens it."""
        across = self._across()
        column = (event.x - 1) // self._shape()[0]
        at = (self._top + event.y - 2) * across + column
        if event.y >= 2 and 0 <= column < across and at < len(self._tiles):
            self._to(at)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Move down."""
        event.stop()
        self.action_line(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Move up."""
        event.stop()
        self.action_line(-1)


def _gap(edges: tuple[str, str], width: int) -> str:
    """Return what stands between two tiles: the edges of the cursor, where it is on either of them."""
    behind, before = edges
    return behind + before.rjust(width - len(behind)) if width > 1 or not behind else behind
