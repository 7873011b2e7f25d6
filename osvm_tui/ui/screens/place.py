"""`PlaceScreen`: what every place has in common: header, body, command line and hints. Knows no place's data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.screen import Screen
from textual.worker import Worker, WorkerState

from osvm_tui.ui.completion import arguments_of
from osvm_tui.ui.messages import AlertsMoved, CostsMoved, GoBack, GoTo, ScopesMoved, WorkFailed
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.key_hints import KeyHints

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.app import OsvmApp
    from osvm_tui.ui.memory import Memory
    from osvm_tui.ui.options import UiOptions
    from osvm_tui.ui.resources.resource import Jump


class PlaceScreen(Screen[None]):
    """One place. A subclass sets `place` and BINDINGS (`bindings_of(place)`) and yields its widgets from `body`."""

    place: ClassVar[str] = ""

    def __init__(self, api: ConsoleApi, options: UiOptions, text: str = "") -> None:
        super().__init__()
        self.api = api
        self.options = options
        self.set_class(api.simulated, "-simulated")
        self.text = text
        """The filter with which the place was asked for; `show_text` is called when it is asked for again."""

    def body(self) -> Iterable[Widget]:
        """Yield the widgets between header and hints."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Put header, body and hints in their order."""
        yield HeaderBar(self.api, self.options)
        yield from self.body()
        yield KeyHints(self.place, self.options)

    def show_text(self, text: str) -> None:
        """Apply a filter that rode along with `:`; a place without a filter ignores it."""

    @property
    def shown_text(self) -> str:
        """The filter in force; empty in a place without one."""
        return ""

    def arguments(self, word: str) -> Sequence[str]:
        """Return what may stand behind a word given to `:` in this place, for completion."""
        return arguments_of(word)

    @property
    def memory(self) -> Memory:
        """What the console remembers from one start to the next."""
        return cast("OsvmApp", self.app).memory

    def save_memory(self) -> None:
        """Write what is remembered in the background; a key never waits for it."""
        self.run_worker(self.memory.save(), group="memory", exit_on_error=False)

    def tick(self) -> None:
        """Draw what ages by itself; called once a second while this place is in sight, and when it comes back."""

    def on_mount(self) -> None:
        """Let what ages move by one slow timer."""
        self.set_interval(1.0, self._second)

    def on_screen_resume(self) -> None:
        """Be no older than a place that was in sight all the while."""
        if self.is_mounted:
            self._second()

    def _second(self) -> None:
        if self.is_current:
            self.query_one(HeaderBar).tick()
            self.tick()

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Let the header read the scopes again."""
        self.query_one(HeaderBar).update_scopes()

    def on_costs_moved(self, _: CostsMoved) -> None:
        """Let the header tell the burn rate anew."""
        self.query_one(HeaderBar).refresh()

    def on_alerts_moved(self, _: AlertsMoved) -> None:
        """Let the header count the alerts anew."""
        self.query_one(HeaderBar).refresh()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Pass on what a worker of this place failed with."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.post_message(WorkFailed(event.worker.error))

    async def action_command_line(self) -> None:
        """Open the command line at the bottom; its widget is loaded at the first use."""
        from osvm_tui.ui.widgets.command_line import CommandLine

        found = self.query(CommandLine)
        line = found.first() if found else CommandLine(self.memory, blink=self.options.blink)
        if not found:
            await self.mount(line)
        line.open()

    def action_filter(self) -> None:
        """Open the place's filter; a place without one has nothing to open."""

    def action_help(self) -> None:
        """Show the keys of this place."""
        self.post_message(GoTo("help", self.place))

    def action_calls(self) -> None:
        """Show the API calls made; from there the operations."""
        self.post_message(GoTo("op" if self.place == "call" else "call"))

    def action_back(self) -> None:
        """Close this place."""
        self.post_message(GoBack())

    def action_leave(self) -> None:
        """Close this place."""
        self.post_message(GoBack())

    def owners(self) -> Iterable[Jump]:
        """Return what the thing under the cursor belongs to or stands on."""
        return ()

    def action_owner(self) -> None:
        """Go to what the thing under the cursor belongs to; of several, one is picked."""
        from osvm_tui.ui.relations import choose

        choose(self, self.owners(), "nothing is known that it belongs to")

    def action_refresh_now(self) -> None:
        """Read every cloud now; the answer shows in the rows and the header."""
        self.run_worker(self.api.refresh(), group="refresh", exclusive=True, exit_on_error=False)

    def action_redraw(self) -> None:
        """Draw everything again, for a terminal that was disturbed."""
        self.refresh(layout=True)
        self.app.refresh()
