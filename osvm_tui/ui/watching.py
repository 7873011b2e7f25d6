"""`Watching`: says which VMs are in sight, so that those are measured every few seconds. Knows no table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.screens.place import PlaceScreen

if TYPE_CHECKING:
    from collections.abc import Hashable


class Watching(PlaceScreen):
    """Mix in before a place that shows many VMs; it says once a second, from `tick`, what is in sight."""

    _watched: tuple[VmRef, ...] | None = None

    def on_screen_resume(self) -> None:
        """Say it again: another place may have said otherwise."""
        self._watched = None

    def watch_in_sight(self, keys: Iterable[Hashable]) -> None:
        """Let these VMs be measured often; nothing is said while they are the same."""
        refs = tuple(key for key in keys if isinstance(key, VmRef))
        if refs != self._watched:
            self._watched = refs
            self.api.monitor.watch(refs)
