"""`Sections`: titled blocks of facts, side by side where there is room; knows not what the facts are about."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from osvm_tui.ui.scroll_keys import SCROLL_KEYS


class Sections(VerticalScroll, can_focus=True):
    """Blocks by name in a grid, `broad` ones above it and `last` ones below it over the whole width.

    An empty block is not shown.
    """

    BINDINGS = SCROLL_KEYS

    def __init__(
        self, names: tuple[str, ...], *, broad: tuple[str, ...] = (), last: tuple[str, ...] = (), id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._last = last
        self._names = names
        self._broad = broad

    def compose(self) -> ComposeResult:
        for name in self._broad:
            yield self._section(name)
        with Grid(classes="sections"):
            for name in self._names:
                yield self._section(name)
        for name in self._last:
            yield self._section(name)

    def _section(self, name: str) -> Static:
        section = Static("", id=f"section-{name.replace(' ', '-')}", classes="section", markup=False)
        section.border_title = name
        section.display = False
        return section

    def show(self, contents: Mapping[str, Content]) -> None:
        """Show the blocks; only those that read differently are drawn again."""
        for name, content in contents.items():
            section = self.query_one(f"#section-{name.replace(' ', '-')}", Static)
            if section.content != content:
                section.update(content)
            section.display = bool(content)
