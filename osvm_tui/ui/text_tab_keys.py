"""`TextTabKeys`: the keys of the tabs that are a long text: search, follow, whole log, copy, save. Knows no cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.format import size
from osvm_tui.ui.printable import printable
from osvm_tui.ui.widgets.console_tab import ConsoleTab
from osvm_tui.ui.widgets.text_tab import TextTab

if TYPE_CHECKING:
    from osvm_tui.domain.vm import Vm, VmRef


class TextTabKeys(ActionTargets):
    """The base of the screen of one VM; a subclass says which tab is in sight and which VM it is."""

    tab: str
    ref: VmRef
    seen: Vm | None

    def _text_tab(self) -> TextTab | None:
        return self.query_one(f"#{self.tab}", TextTab) if self.tab in ("console", "raw") else None

    def action_search(self) -> None:
        """Search the console log or the JSON."""
        tab = self._text_tab()
        if tab is not None:
            tab.open_search()

    def action_search_on(self, by: int) -> None:
        """Go to the next or previous match."""
        tab = self._text_tab()
        if tab is not None:
            tab.view.search_on(by)

    def action_follow(self) -> None:
        """Keep the end of the console log in sight, or stop it."""
        if self.tab == "console":
            self.query_one(ConsoleTab).follow_or_stop()

    def action_whole_log(self) -> None:
        """Read the whole console log, or its end again."""
        if self.tab == "console":
            self.query_one(ConsoleTab).read_whole_or_end()

    def action_copy_text(self) -> None:
        """Copy the JSON or the console log."""
        tab = self._text_tab()
        if tab is not None and tab.view.text:
            self.app.copy_to_clipboard(tab.view.text)
            self.notify(f"copied {size(len(tab.view.text))}")

    def action_save_text(self) -> None:
        """Save the console log or the JSON in a new file."""
        tab = self._text_tab()
        if tab is None or not tab.view.text:
            return
        from osvm_tui.ui.dialogs.save_text import SaveText

        name = printable(self.seen.name if self.seen else self.ref.short).replace("/", "-")
        ending = "-console.log" if self.tab == "console" else ".json"
        self.app.push_screen(SaveText(tab.view.text, name + ending))
