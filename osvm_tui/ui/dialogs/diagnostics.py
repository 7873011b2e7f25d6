"""The hypervisor's counters of one VM as the cloud tells them, to search by eye, copy or save."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import Target
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.widgets.text_tab import TextTab


class Diagnostics(Dialog[None]):
    """Ask once when opened; `r` asks again."""

    SIZE: ClassVar[str] = "-large"
    AUTO_FOCUS: ClassVar[str] = "TextView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("r", "read", show=False),
        Binding("Y", "copy", show=False),
        Binding("S", "save", show=False),
    ]
    footing = "r reads again, Y copies, S saves, esc leaves"

    def __init__(self, api: ConsoleApi, target: Target) -> None:
        super().__init__()
        self.api = api
        self.target = target

    @property
    def heading(self) -> str:
        return f"diagnostics of {self.target.name}"

    def body(self) -> ComposeResult:
        yield TextTab("diagnostics", waiting="asking the hypervisor ...")

    def on_mount(self) -> None:
        """Ask once the box is there."""
        self.action_read()

    @work(group="diagnostics", exclusive=True, exit_on_error=False)
    async def action_read(self) -> None:
        """Ask the cloud."""
        tab = self.query_one(TextTab)
        try:
            tab.show(
                await self.api.diagnostics(self.target.ref), "the hypervisor's own counters, as the cloud tells them"
            )
        except OsvmError as error:
            tab.show_error(error)

    def action_copy(self) -> None:
        """Copy the text."""
        text = self.query_one(TextTab).view.text
        if text:
            self.app.copy_to_clipboard(text)
            self.notify("copied")

    def action_save(self) -> None:
        """Save the text in a new file."""
        text = self.query_one(TextTab).view.text
        if text:
            from osvm_tui.ui.dialogs.save_text import SaveText

            self.app.push_screen(SaveText(text, f"{self.target.name.replace('/', '-')}-diagnostics.json"))
