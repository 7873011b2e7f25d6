"""`:health`: clouds, store, leader, versions and the last API calls, read again every few seconds while in sight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.widget import Widget

from osvm_tui.domain.errors import OsvmError
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.health_facts import BLOCKS, blocks
from osvm_tui.ui.messages import ScopesMoved
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.sections import Sections

_EVERY_S = 3.0


class HealthScreen(PlaceScreen):
    """What `osvm doctor` tells, live."""

    place: ClassVar[str] = "health"
    BINDINGS = bindings_of("health")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-two")]

    def body(self) -> Iterable[Widget]:
        yield About("health · looking ...")
        yield Sections(BLOCKS, broad=("clouds",), last=("last calls",))

    def on_mount(self) -> None:
        """Look now, and again while this place is in sight."""
        self.query_one(Sections).focus()
        self._read()
        self.set_interval(_EVERY_S, self._again)

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Look again; the header hears of it by itself."""
        self._read()

    def action_refresh_now(self) -> None:
        super().action_refresh_now()
        self._read()

    def _again(self) -> None:
        if self.is_current:
            self._read()

    @work(group="health", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        about = self.query_one(About)
        try:
            view = await self.api.health()
        except OsvmError as error:
            about.trouble(error)
            return
        bad = sum(not check.ok for check in view.checks)
        about.tell(
            f"health · {bad} of {len(view.checks)} checks need a look" if bad else "health · all checks are well"
        )
        self.query_one(Sections).show(blocks(view, self.api.calls(), self.options))
