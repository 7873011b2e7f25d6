"""`HeaderBar`: the first line of every place: where one is, as whom, how fresh it is, and what is wrong."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from osvm_tui.domain.roles import Scope
from osvm_tui.services.api import ConsoleApi, ScopeState, ScopeView
from osvm_tui.ui.format import GLYPHS, Token, age, count
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable


class Counts(NamedTuple):
    """How many VMs there are, and how many of them are busy or in trouble."""

    total: int = 0
    busy: int = 0
    wrong: int = 0


_SCOPE_TOKENS = {
    ScopeState.CONNECTING: Token.CHANGING,
    ScopeState.CACHED: Token.STALE,
    ScopeState.LIVE: Token.RUNNING,
    ScopeState.STALE: Token.STALE,
    ScopeState.FAILED: Token.WRONG,
}


class HeaderBar(Widget):
    """One line. The right end (freshness, counts) outlives the left one when the terminal is narrow."""

    COMPONENT_CLASSES = {
        "header-bar--name",
        "header-bar--dim",
        "header-bar--simulated",
        *(f"header-bar--{token}" for token in Token),
    }

    class CountPressed(Message):
        """A count was clicked: `text` is the filter that shows those VMs."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, api: ConsoleApi, options: UiOptions) -> None:
        super().__init__()
        self._api = api
        self._options = options
        self._scopes = api.scopes()
        self._counts: Counts | None = None
        self._drawn = ""
        self._zones: list[tuple[int, int, str]] = []

    def update_scopes(self) -> None:
        """Read the scopes again."""
        self._scopes = self._api.scopes()
        self.refresh()

    def update_counts(self, counts: Counts) -> None:
        """Show these counts; places that do not know them show the scopes' totals."""
        if counts != self._counts:
            self._counts = counts
            self.refresh()

    def tick(self) -> None:
        """Draw again if the freshness reads differently now; a good poll of a live scope is no event of its own."""
        self._scopes = self._api.scopes()
        if self._freshness().plain != self._drawn:
            self.refresh()

    def render(self) -> Text:
        """Return the line for the present width."""
        right = self._right()
        room = self.size.width - right.cell_len - 1
        left = next((text for text in self._lefts() if text.cell_len <= room), Text())
        self._zones = [(start + room + 1, end + room + 1, text) for start, end, text in self._zones]
        return Text.assemble(left, " " * max(1, room - left.cell_len + 1), right, no_wrap=True)

    def _lefts(self) -> list[Text]:
        entries = ", ".join(scope.entry for scope in self._scopes) or "no cloud"
        acting = next((scope for scope in self._scopes if scope.acting), None)
        project = reach(acting.scope) if acting and acting.scope else ""
        who = f"{self._api.operator} ({self._api.console_role})"
        dot = "·" if self._options.glyphs == "unicode" else "-"
        long = f" {dot} ".join(filter(None, (entries, project, who)))
        middle = f" {dot} ".join(filter(None, (entries, project)))
        return [self._left(text) for text in (long, middle, entries, "")]

    def _left(self, text: str) -> Text:
        line = Text(no_wrap=True)
        if self._api.simulated:
            line.append(" SIMULATED ", self._style("simulated"))
        line.append(" osvm ", self._style("name"))
        line.append(f" {text}")
        return line

    def _right(self) -> Text:
        glyphs = GLYPHS[self._options.glyphs]
        fresh = self._freshness()
        self._drawn = fresh.plain
        line = Text.assemble(fresh, no_wrap=True)
        self._zones = []
        counts = self._counts or Counts(sum(scope.vms for scope in self._scopes))
        wide = self.size.width >= 60
        parts = [("", f"{count(counts.total)} VMs", "plain", "")] if wide else []
        if counts.busy:
            parts.append((glyphs[Token.CHANGING], f"{count(counts.busy)} busy", "changing", "busy=yes"))
        if counts.wrong:
            parts.append((glyphs[Token.WRONG], f"{count(counts.wrong)} error", "wrong", "status=ERROR"))
        for glyph, words, token, text in parts:
            line.append("  ")
            start = line.cell_len
            line.append(f"{glyph} {words}" if glyph else words, self._style(token))
            self._zones.append((start, line.cell_len, text))
        line.append(" ")
        return line

    def _freshness(self) -> Text:
        worst = max(self._scopes, key=lambda scope: _RANK[scope.state], default=None)
        if worst is None:
            return Text("no cloud", self._style(Token.DIM))
        token = _SCOPE_TOKENS[worst.state]
        words = self._words(worst)
        if len(self._scopes) > 1 and worst.state is not ScopeState.LIVE:
            words = f"{worst.entry} {words}"
        return Text(f"{GLYPHS[self._options.glyphs][token]} {words}", self._style(token))

    def _words(self, scope: ScopeView) -> str:
        if scope.last_good_at is None:
            return f"{scope.state}{self._why(scope)}"
        seconds = (self._options.clock() - scope.last_good_at).total_seconds()
        return f"{scope.state} {age(seconds)}{self._why(scope)}"

    def _why(self, scope: ScopeView) -> str:
        return f": {scope.error_title}" if scope.error_title and self.size.width >= 100 else ""

    def _style(self, part: str) -> str:
        return self.get_component_rich_style(f"header-bar--{part}", partial=True)  # type: ignore[return-value]

    def on_click(self, event: Click) -> None:
        """Turn a click on a count into its filter."""
        for start, end, text in self._zones:
            if start <= event.x < end:
                self.post_message(self.CountPressed(text))


def reach(scope: Scope) -> str:
    """Return what a token sees in the header's words: all projects, or the one."""
    if scope.all_projects:
        return "all projects"
    name = printable(scope.project_name)
    return f"project {name}" if name else ""


_RANK = {state: n for n, state in enumerate((
    ScopeState.LIVE, ScopeState.CONNECTING, ScopeState.CACHED, ScopeState.STALE, ScopeState.FAILED,
))}  # fmt: skip
