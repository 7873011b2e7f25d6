"""`Desk`: the console in a test, started at a given screen over a FakeConsole with a fixed clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.app import OsvmApp
from osvm_tui.ui.options import UiOptions
from tests.pilot.fake_fleet import NOW

OPTIONS = UiOptions(clock=lambda: NOW, blink=False, theme="dark")


class Desk(OsvmApp):
    """The app with another first screen."""

    def __init__(
        self,
        api: ConsoleApi,
        first: Callable[[ConsoleApi, UiOptions], Screen[Any]] | None = None,
        options: UiOptions = OPTIONS,
    ) -> None:
        super().__init__(api, options)
        self._first = first
        self.told: list[str] = []
        """Every toast, oldest first."""

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that the test asks for, else the console's own."""
        return self._first(self.api, self.options) if self._first else super().get_default_screen()

    def notify(self, message: str, **rest: Any) -> None:
        """Keep what is told."""
        self.told.append(message)
        super().notify(message, **rest)
