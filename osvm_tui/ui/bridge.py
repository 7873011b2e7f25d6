"""`Bridge`: turns the services' events into Textual messages for every screen of the stack, slowly enough to draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from osvm_tui.domain.events import (
    AlertsChanged,
    CatalogChanged,
    CostsChanged,
    Event,
    FleetChanged,
    MetricsChanged,
    Notice,
    OperationChanged,
    OperationEnded,
    OperationSteered,
    ScopesChanged,
    StuckChanged,
)
from osvm_tui.ui.calling import call_operator
from osvm_tui.ui.messages import (
    AlertsMoved,
    CatalogMoved,
    CostsMoved,
    FleetMoved,
    MetricsMoved,
    NoticeSpoken,
    OperationMoved,
    OperationTurned,
    ScopesMoved,
    StuckMoved,
)

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message
    from textual.timer import Timer

    from osvm_tui.services.api import ConsoleApi

INTERVAL_S = 0.25
"""The fleet is drawn at most this often: changes in between merge into the next picture."""


class Bridge:
    """Listens to a ConsoleApi on behalf of an app. Runs on the app's loop."""

    def __init__(self, app: App[None], api: ConsoleApi) -> None:
        self._app = app
        self._api = api
        self._revision = 0
        self._told = 0
        self._wait: Timer | None = None
        self._end: Callable[[], None] | None = None

    def open(self) -> None:
        """Start listening."""
        self._end = self._api.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening."""
        if self._end:
            self._end()
            self._end = None

    def _hear(self, event: Event) -> None:
        match event:
            case FleetChanged(revision=revision):
                self._fleet(revision)
            case ScopesChanged():
                self._post(ScopesMoved)
            case OperationChanged(item=item):
                self._post(lambda: OperationMoved(item))
                self._app.post_message(OperationMoved(item))
            case OperationSteered(view=view):
                self._post(lambda: OperationTurned(view, ended=False))
            case OperationEnded(view=view):
                self._post(lambda: OperationTurned(view, ended=True))
                self._app.post_message(OperationTurned(view, ended=True))
            case StuckChanged():
                self._post(StuckMoved)
            case MetricsChanged():
                self._post(MetricsMoved)
            case AlertsChanged(text=text, notify=how):
                self._post(AlertsMoved)
                if text and how:
                    call_operator(self._app, how, text)
            case CatalogChanged(entry=entry, kind=kind):
                self._post(lambda: CatalogMoved(entry, kind))
            case CostsChanged():
                self._post(CostsMoved)
            case Notice(text=text, severity=severity):
                self._app.post_message(NoticeSpoken(text, severity))

    def _fleet(self, revision: int) -> None:
        self._revision = revision
        if self._wait is None:
            self._tell_fleet()
            self._wait = self._app.set_timer(INTERVAL_S, self._waited)

    def _waited(self) -> None:
        self._wait = None
        if self._told != self._revision:
            self._fleet(self._revision)

    def _tell_fleet(self) -> None:
        self._told = self._revision
        revision = self._revision
        self._post(lambda: FleetMoved(revision))

    def _post(self, make: Callable[[], Message]) -> None:
        # One message per screen: a Textual message belongs to the queue it was posted to.
        for screen in self._app.screen_stack:
            screen.post_message(make())
