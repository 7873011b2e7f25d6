"""`Desk`: the console in a test, started at a given screen over a FakeConsole with a fixed clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.screen import Screen

from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.app import OsvmApp
from osvm_tui.ui.options import UiOptions
from tests.pilot.fake_fleet import NOW

_SIGNS = {_character_to_key(sign): sign for sign in " !\"#$%&'()*+,-./:;<=>?@[]\\^_`{|}~"}
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
        self._awaited_key: events.Key | None = None

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that the test asks for, else the console's own."""
        return self._first(self.api, self.options) if self._first else super().get_default_screen()

    def notify(self, message: str, **rest: Any) -> None:
        """Keep what is told."""
        self.told.append(message)
        super().notify(message, **rest)

    async def _press_keys(self, keys: Iterable[str]) -> None:
        """Hand keys over as a terminal does, and wait until the last has done its work: by events, never by time."""
        driver = self._driver
        assert driver is not None
        for key in keys:
            name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
            self._awaited_key = events.Key(name, key if len(key) == 1 else _SIGNS.get(name))
            driver.process_message(self._awaited_key)
        while self._awaited_key is not None or self.keys_under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await self.animator.wait_until_complete()

    async def on_event(self, event: events.Event) -> None:
        """Notice that the last key has come."""
        if event is self._awaited_key:
            self._awaited_key = None
        await super().on_event(event)
