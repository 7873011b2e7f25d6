"""`HeaderBar`: the first line of every place: where one is, as whom, how fresh it is, and what is wrong."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from osvm_tui.domain.alerts import AlertState
from osvm_tui.domain.roles import Scope
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.cloud_look import PRODUCTION, Hue, Wear, wear
from osvm_tui.ui.format import GLYPHS, Token, count
from osvm_tui.ui.freshness import freshness
from osvm_tui.ui.messages import GoTo
from osvm_tui.ui.money_words import burning
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable


class Counts(NamedTuple):
    """How many VMs there are, and how many of them are busy or in trouble."""

    total: int = 0
    busy: int = 0
    wrong: int = 0


ALERTS = ":alert"
"""Stands where a count leads to the alerts instead of a filter."""
_ROOMY = 110
"""From this width on several badges are written out."""


class HeaderBar(Widget):
    """One line. The right end (freshness, counts) outlives the left one when the terminal is narrow."""

    COMPONENT_CLASSES = {
        "header-bar--name",
        "header-bar--dim",
        "header-bar--simulated",
        "header-bar--production",
        "header-bar--read-only",
        *(f"header-bar--{token}" for token in (*Token, *Hue)),
    }

    class CountPressed(Message):
        """A count of VMs was clicked: `text` is the filter that shows them."""

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
        if self._right()[0].plain != self._drawn:
            self.refresh()

    def render(self) -> Text:
        """Return the line for the present width."""
        right, zones = self._right()
        self._drawn = right.plain
        room = self.size.width - right.cell_len - 1
        left = next((text for text in self._lefts() if text.cell_len <= room), Text())
        self._zones = [(start + room + 1, end + room + 1, text) for start, end, text in zones]
        return Text.assemble(left, " " * max(1, room - left.cell_len + 1), right, no_wrap=True)

    def _lefts(self) -> list[Text]:
        acting = next((scope for scope in self._scopes if scope.acting), None)
        project = reach(acting.scope) if acting and acting.scope else ""
        who = f"{self._api.operator} ({self._api.console_role})"
        alone = [scope.entry for scope in self._scopes] if len(self._scopes) == 1 else []
        # Several clouds are named where their freshness stands.
        if not self._scopes:
            alone = ["no cloud"]
        lefts = [self._left((*alone, project, who)), self._left((*alone, project)), self._left(tuple(alone))]
        return [*lefts, self._left(()), self._badges()]

    def _left(self, words: tuple[str, ...]) -> Text:
        dot = "·" if self._options.glyphs == "unicode" else "-"
        line = self._badges()
        line.append(" osvm ", self._style("name"))
        hue = next((each.hue for each in self._wears().values() if len(self._scopes) == 1), None)
        for number, word in enumerate(filter(None, words)):
            line.append(f" {dot} " if number else " ")
            line.append(word, self._style(hue) if hue and not number else "")
        return line

    def _badges(self) -> Text:
        """Return what must never be overlooked, in shorter words where there is little room for several of them."""
        simulated = [each.entry for each in self._scopes if each.scope is None or each.scope.simulated]
        locked = [scope.entry for scope in self._scopes if scope.read_only]
        production = any(each.production for each in self._wears().values())
        badges = []
        if self._api.simulated:
            badges.append(("simulated", "SIMULATED", "SIM", simulated))
        if production:
            badges.append(("production", PRODUCTION, PRODUCTION, []))
        if locked:
            badges.append(("read-only", "READ-ONLY", "RO", locked))
        line = Text(no_wrap=True)
        for style, long, short, entries in badges:
            word = short if len(badges) > 1 and self.size.width < _ROOMY else long
            some = 0 < len(entries) < len(self._scopes) and self.size.width >= _ROOMY
            line.append(f" {word}{' ' + ','.join(entries) if some else ''} ", self._style(style))
        return line

    def _right(self) -> tuple[Text, list[tuple[int, int, str]]]:
        """Return freshness, counts and burn rate, and from where to where a count stands that is a filter."""
        counts, zones = self._counted()
        burn = self._burn(counts.cell_len)
        fresh = self._fresh(counts.cell_len + burn.cell_len)
        moved = [(start + fresh.cell_len, end + fresh.cell_len, text) for start, end, text in zones]
        return Text.assemble(fresh, counts, burn, no_wrap=True), moved

    def _burn(self, taken: int) -> Text:
        """Return what everything in sight costs an hour; nothing where freshness, counts and cloud need the room.

        What is not counted yet is told in words where nothing else gives way to them, by a `+` elsewhere.
        """
        burn = self._api.costs.burn_totals()
        words = burning(burn.totals, more=not burn.complete)
        fresh, lefts = self._freshness(), self._lefts()
        around = self.size.width - taken - 1 - 2
        long = f"at least {burning(burn.totals)}"
        if words and not burn.complete and len(long) <= around - fresh[0].cell_len - lefts[0].cell_len:
            words = long
        fits = bool(words) and len(words) <= around - fresh[-1].cell_len - lefts[-3].cell_len
        return Text(f" {words} " if fits else "", self._style("plain"))

    def _counted(self) -> tuple[Text, list[tuple[int, int, str]]]:
        """Return the counts, and from where to where each stands that is a filter."""
        glyphs = GLYPHS[self._options.glyphs]
        counts = self._counts or Counts(sum(scope.vms for scope in self._scopes))
        wide = self.size.width >= 60
        parts = [("", f"{count(counts.total)} VMs", "plain", "")] if wide else []
        if counts.busy:
            parts.append((glyphs[Token.CHANGING], f"{count(counts.busy)} busy", "changing", "busy=yes"))
        stuck = len(self._api.insight.all_stuck())
        if stuck:
            parts.append((glyphs[Token.WRONG], f"{count(stuck)} stuck", "wrong", "stuck=yes"))
        firing = sum(one.state_at(self._options.clock()) is AlertState.FIRING for one in self._api.monitor.alerts())
        if firing:
            parts.append((glyphs[Token.WRONG], f"{count(firing)} alert{'s' if firing > 1 else ''}", "wrong", ALERTS))
        if counts.wrong:
            parts.append((glyphs[Token.WRONG], f"{count(counts.wrong)} error", "wrong", "status=ERROR"))
        line, zones = Text(no_wrap=True), []
        for glyph, words, token, text in parts:
            line.append("  ")
            start = line.cell_len
            line.append(f"{glyph} {words}" if glyph else words, self._style(token))
            zones.append((start, line.cell_len, text))
        line.append(" ")
        return line, zones

    def _fresh(self, taken: int) -> Text:
        """Return the freshness in the longest words that leave room for the counts and the badges."""
        room = self.size.width - taken - self._badges().cell_len - 7
        said = self._freshness()
        return next((line for line in said if line.cell_len <= room), said[-1])

    def _freshness(self) -> list[Text]:
        said = freshness(
            self._scopes, self._wears(), self._options.clock(), self._options.glyphs, why=self.size.width >= 100
        )
        return [Text.assemble(*((words, self._style(token)) for words, token in parts), no_wrap=True) for parts in said]

    def _wears(self) -> dict[str, Wear]:
        entries = [scope.entry for scope in self._scopes]
        return {entry: wear(self._options, entries, entry) for entry in entries}

    def _style(self, part: str) -> str:
        return self.get_component_rich_style(f"header-bar--{part}", partial=True)  # type: ignore[return-value]

    def on_click(self, event: Click) -> None:
        """Turn a click on a count into its filter."""
        for start, end, text in self._zones:
            if start <= event.x < end:
                self.post_message(GoTo("alert") if text == ALERTS else self.CountPressed(text))


def reach(scope: Scope) -> str:
    """Return what a token sees in the header's words: all projects, or the one."""
    if scope.all_projects:
        return "all projects"
    name = printable(scope.project_name)
    return f"project {name}" if name else ""
