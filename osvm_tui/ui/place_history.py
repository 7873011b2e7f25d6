"""`PlaceHistory`: which place is on top, and the way through them: `-`, `{` and `}`. Knows no place's data.

A place is on the stack of screens once; going to it closes those above it. The history is kept beside the stack: it
remembers the filter with which each place was left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from osvm_tui.ui.places import PLACES, place_named, screen_of
from osvm_tui.ui.screens.place import PlaceScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    from osvm_tui.domain.vm import VmRef
    from osvm_tui.ui.app import OsvmApp

_KEPT = 100


class Stop(NamedTuple):
    """A place with its filter, one VM at a tab, or one operation."""

    place: str = ""
    text: str = ""
    ref: VmRef | None = None
    tab: str = ""
    operation: str = ""


class PlaceHistory:
    """The stops so far, the present one among them."""

    def __init__(self, app: OsvmApp) -> None:
        self._app = app
        self._stops = [Stop("vm")]
        self._at = 0
        self._last: Stop | None = None
        self._stop_of: WeakKeyDictionary[Screen[object], Stop] = WeakKeyDictionary()

    def visit(self, stop: Stop, *, exactly: bool = False) -> None:
        """Go to a place or a VM; what was ahead in the history is forgotten. `exactly`: an empty filter clears one."""
        self._leave()
        self._stops = [*self._stops[: self._at + 1], stop][-_KEPT:]
        self._at = len(self._stops) - 1
        self._show(stop, exactly=exactly)

    def close(self) -> bool:
        """Close the topmost place; return whether there was one beneath it."""
        if len(self._app.screen_stack) < 2:
            return False
        self._leave()
        self._app.pop_screen()
        here = self._here()
        if here is None:
            return True
        if self._at and _same(self._stops[self._at - 1], here):
            self._at -= 1
        else:
            self._stops = [*self._stops[: self._at + 1], here]
            self._at += 1
        return True

    def move(self, step: int) -> bool:
        """Go back (-1) or forward (1) in the history; return whether there was something."""
        if not 0 <= self._at + step < len(self._stops):
            return False
        self._leave()
        self._at += step
        self._show(self._stops[self._at], exactly=True)
        return True

    def last(self) -> bool:
        """Go to the stop before this one, so that twice is here again; return whether there was one."""
        if self._last is None:
            return False
        self.visit(self._last, exactly=True)
        return True

    def _leave(self) -> None:
        here = self._here()
        if here is not None:
            self._last = here
            if _same(self._stops[self._at], here):
                self._stops[self._at] = here

    def _here(self) -> Stop | None:
        screen = self._app.screen_stack[-1]
        known = self._known(screen)
        if known is None or not isinstance(screen, PlaceScreen):
            return None
        return known._replace(text=screen.shown_text, tab=getattr(screen, "tab", ""))

    def _known(self, screen: Screen[object]) -> Stop | None:
        """Return what a screen is a stop at; None for dialogs. The first screen was built by nobody here."""
        if screen not in self._stop_of:
            cls = type(screen)
            home = f"{cls.__module__.rpartition('.')[2]}:{cls.__name__}"
            place = next((place for place in PLACES if place.screen == home), None)
            if place is not None:
                self._stop_of[screen] = Stop(place.name)
        return self._stop_of.get(screen)

    def _show(self, stop: Stop, *, exactly: bool = False) -> None:
        for depth, screen in enumerate(self._app.screen_stack):
            known = self._known(screen)
            if known is not None and _same(known, stop):
                while len(self._app.screen_stack) > depth + 1:
                    self._app.pop_screen()
                self._set(screen, stop, exactly=exactly)
                return
        screen = self._built(stop)
        self._stop_of[screen] = stop
        self._app.push_screen(screen)

    def _set(self, screen: Screen[object], stop: Stop, *, exactly: bool) -> None:
        if isinstance(screen, PlaceScreen):
            if (stop.text or exactly) and screen.shown_text != stop.text:
                screen.show_text(stop.text)
            turn = getattr(screen, "action_tab", None)
            if stop.tab and turn is not None:
                turn(stop.tab)

    def _built(self, stop: Stop) -> Screen[object]:
        api, options = self._app.api, self._app.options
        if stop.ref is not None:
            from osvm_tui.ui.screens.vm import VmScreen

            return VmScreen(api, options, stop.ref, stop.tab)  # type: ignore[return-value]
        if stop.operation:
            from osvm_tui.ui.screens.operation import OperationScreen

            return OperationScreen(api, options, stop.operation)  # type: ignore[return-value]
        place = place_named(stop.place)
        assert place is not None, "only known places are visited"
        return screen_of(place)(api, options, stop.text)  # type: ignore[arg-type]


def _same(one: Stop, other: Stop) -> bool:
    return (one.place, one.ref, one.operation) == (other.place, other.ref, other.operation)
