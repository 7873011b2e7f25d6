"""`OsvmApp`: chooses themes, sheets and which place is on top. Knows no VM and no verb: places and dialogs do that."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on

from osvm_tui.ui.blind_typing import BlindTyping
from osvm_tui.ui.bridge import Bridge
from osvm_tui.ui.command_words import run_word, show_all_projects
from osvm_tui.ui.key_order import KeysInOrder
from osvm_tui.ui.memory import Memory
from osvm_tui.ui.messages import (
    Commanded,
    GoBack,
    GoTo,
    OpenOperation,
    OpenVm,
    OperationMoved,
    OperationTurned,
)
from osvm_tui.ui.narrator import Narrator
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.place_history import PlaceHistory, Stop
from osvm_tui.ui.places import nearest, place_named
from osvm_tui.ui.sheets import sheets
from osvm_tui.ui.speech import SpeakingApp
from osvm_tui.ui.theme import THEMES, theme_for

if TYPE_CHECKING:
    from textual.app import App
    from textual.command import Provider
    from textual.events import DescendantFocus
    from textual.screen import Screen

    from osvm_tui.services.api import ConsoleApi


def console_commands() -> type[Provider]:
    """Import the palette's entries at its first opening."""
    from osvm_tui.ui.commands import ConsoleCommands

    return ConsoleCommands


class OsvmApp(KeysInOrder, BlindTyping, SpeakingApp):
    """The console over one ConsoleApi."""

    TITLE = "osvm"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {console_commands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]
    CSS_PATH = sheets()
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, api: ConsoleApi, options: UiOptions | None = None) -> None:
        super().__init__()
        self.api = api
        self.options = options or UiOptions()
        self.memory = Memory(self.options.state_dir)
        self.history = PlaceHistory(self)
        self._bridge = Bridge(self, api)
        self._narrator = Narrator(api)
        for theme in THEMES:
            self.register_theme(theme)
        self.set_class(self.options.glyphs == "ascii", "-ascii")
        self.theme = theme_for(self.options.theme, self.console.color_system)

    def get_default_screen(self) -> Screen[None]:
        """Return the fleet: no blank screen is built first."""
        from osvm_tui.ui.screens.fleet import FleetScreen

        return FleetScreen(self.api, self.options, self.options.text)

    def on_mount(self) -> None:
        """Let the clouds wait until the first picture stands."""
        self.set_keymap(self.options.keys)
        self._bridge.open()
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        # What was loaded so far lives as long as the console: the collector need not look at it again.
        gc.freeze()
        self.run_worker(self.api.start(), group="start", exit_on_error=False)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Let no cursor blink where none shall."""
        field: Any = event.widget
        if not self.options.blink and hasattr(field, "cursor_blink"):
            field.cursor_blink = False

    async def on_unmount(self) -> None:
        """Hand back what the services hold."""
        self._bridge.close()
        await self.memory.save()
        await self.api.close()

    @on(GoTo)
    def go_to(self, wanted: GoTo) -> None:
        """Open a place; one that is open already comes to the top instead of a second one."""
        place = place_named(wanted.place)
        if place is None:
            hint = nearest(wanted.place)
            self.speak(f"no place :{wanted.place}" + (f"; did you mean :{hint}" if hint else ""), severity="warning")
            return
        self.history.visit(Stop(place.name, wanted.text))

    @on(OpenVm)
    def open_vm(self, wanted: OpenVm) -> None:
        """Open the screen of one VM at a tab."""
        self.history.visit(Stop(ref=wanted.ref, tab=wanted.tab))

    @on(GoBack)
    def go_back(self) -> None:
        """Close the topmost place; on the first one tell how to leave."""
        if not self.history.close():
            self.speak("this is the first screen; :q or ctrl-q leaves")

    def action_visited(self, step: int) -> None:
        """Go back or forward through the places visited."""
        if not self.history.move(step):
            self.speak("no place was visited before this one" if step < 0 else "this is the newest place visited")

    def action_last_place(self) -> None:
        """Go to the place before this one; twice is here again."""
        if not self.history.last():
            self.speak("no other place was visited yet")

    @on(Commanded)
    def obey(self, given: Commanded) -> None:
        """Do what a line given to `:` says."""
        place = place_named(given.word)
        if place is not None and (place.name, given.rest) == ("project", "all"):
            show_all_projects(self)
        elif place is not None:
            self.go_to(GoTo(given.word, given.rest))
        else:
            run_word(self, given.word, given.rest)

    @on(OperationMoved)
    def narrate(self, moved: OperationMoved) -> None:
        """Say how an operation of this operator ended."""
        spoken = self._narrator.hear(moved.item)
        if spoken:
            self.speak(spoken.text, severity=spoken.severity.value)

    @on(OperationTurned)
    def narrate_end(self, turned: OperationTurned) -> None:
        """Say how an operation on several VMs ended."""
        spoken = self._narrator.hear_end(turned.view) if turned.ended else None
        if spoken:
            self.speak(spoken.text, severity=spoken.severity.value)

    @on(OpenOperation)
    def open_operation(self, wanted: OpenOperation) -> None:
        """Open the screen of one operation."""
        self.history.visit(Stop(operation=wanted.operation_id))

    def action_copy_or_hint(self) -> None:
        """Copy what is selected, else cancel a dialog, else tell how to leave."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            self.speak("copied")
        elif self.screen.is_modal:
            self.screen.dismiss()
        else:
            self.speak("ctrl-c never leaves; :q or ctrl-q does")

    def action_command_palette(self) -> None:
        """Open the palette, with our words in its line."""
        from textual.command import CommandPalette

        if not CommandPalette.is_open(cast("App[object]", self)):
            self.push_screen(CommandPalette(placeholder="type what to do or where to go", id="--command-palette"))

    async def action_quit(self) -> None:
        """Leave; ask first while operations of this operator run. They go on either way."""
        running = [i for i in self.api.operations() if i.state.open and i.operator == self.api.operator]
        if not running:
            self.exit()
            return
        from osvm_tui.ui.dialogs.quit import QuitDialog

        self.push_screen(QuitDialog(tuple(running)), lambda leave: self.exit() if leave else None)
