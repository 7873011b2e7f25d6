"""`TabStrip`: one line of tabs with their keys, by click or by key; knows no tab's content."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Tab(NamedTuple):
    """One tab: its id, the word that is shown, and the key that chooses it."""

    id: str
    label: str
    key: str


class TabStrip(Widget):
    """Show `tabs` with their keys and with `active` lit. The owner switches; a click only asks by `Chosen`."""

    COMPONENT_CLASSES = {"tab-strip--active", "tab-strip--key"}
    active: reactive[str] = reactive("")

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: tuple[Tab, ...], active: str) -> None:
        super().__init__()
        self.tabs = tabs
        self.set_reactive(TabStrip.active, active)

    def render(self) -> Text:
        """Return the line."""
        line = Text(no_wrap=True)
        lit = self.get_component_rich_style("tab-strip--active")
        key = self.get_component_rich_style("tab-strip--key", partial=True)
        for tab in self.tabs:
            if tab.id == self.active:
                line.append(f" {tab.key} {tab.label} ", lit)
            else:
                line.append(f" {tab.key}", key)
                line.append(f" {tab.label} ")
            line.append(" ")
        return line

    def on_click(self, event: Click) -> None:
        """Ask for the tab under the pointer."""
        start = 0
        for tab in self.tabs:
            end = start + len(f" {tab.key} {tab.label}  ")
            if start <= event.x - self.styles.padding.left < end:
                self.post_message(self.Chosen(tab.id))
            start = end
