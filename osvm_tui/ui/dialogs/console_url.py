"""A console URL to open in a browser, shown to copy; it carries a token that expires and is written nowhere."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import Target
from osvm_tui.ui.dialogs.dialog import Dialog


class ConsoleUrl(Dialog[None]):
    """Ask the cloud for a console of one VM and show where it is."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "#copy"

    def __init__(self, api: ConsoleApi, target: Target) -> None:
        super().__init__()
        self.api = api
        self.target = target
        self.url = ""

    @property
    def heading(self) -> str:
        return f"console of {self.target.name}"

    def body(self) -> ComposeResult:
        yield Static("asking the cloud ...", id="url", markup=False)
        yield Static("it opens in a browser; the token in it expires, usually after 10 minutes", classes="note")
        with Horizontal(classes="buttons"):
            yield Button("copy", id="copy", compact=True)
            yield Button("close", id="close", compact=True)

    def on_mount(self) -> None:
        """Ask once the box is there."""
        self._ask()

    @work(group="console-url", exclusive=True, exit_on_error=False)
    async def _ask(self) -> None:
        shown = self.query_one("#url", Static)
        try:
            console = await self.api.console_url(self.target.ref)
        except OsvmError as error:
            shown.update(f"{error.title}: {error.detail}\n{error.hint}".rstrip())
            shown.add_class("-error")
            return
        self.url = console.url
        shown.update(console.url)

    @on(Button.Pressed, "#copy")
    def _copy(self) -> None:
        if self.url:
            self.app.copy_to_clipboard(self.url)
            self.app.notify("copied the console URL")
        else:
            self.app.notify("there is no URL yet", severity="warning")

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)
