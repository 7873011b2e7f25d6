"""`:host`: the machine that the console runs on, by psutil, and what this console takes of it; live while in sight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, ClassVar

from textual.widget import Widget

from osvm_tui.services.monitor_api import HostView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.host_facts import BLOCKS, CURVE, blocks, headline
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.sections import Sections


class HostScreen(PlaceScreen):
    """Blocks of facts; empty until the first reading."""

    place: ClassVar[str] = "host"
    BINDINGS = bindings_of("host")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-two"), (170, "-three")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._history: deque[HostView] = deque(maxlen=CURVE)

    def body(self) -> Iterable[Widget]:
        yield About("this machine · not read yet; the first reading is under way")
        yield Sections(BLOCKS)

    def on_mount(self) -> None:
        """Show what is known."""
        self.query_one(Sections).focus()
        self.tick()

    def tick(self) -> None:
        """Take up a newer reading, and say how old it is."""
        view = self.api.monitor.host()
        if view is None:
            return
        self.query_one(About).tell(headline(view, self.options.clock()))
        if not self._history or self._history[-1].sample.at != view.sample.at:
            self._history.append(view)
            self.query_one(Sections).show(blocks(view, tuple(self._history), self.options))
