"""What to copy from a VM: one letter each, through OSC 52 so that it works over SSH and in tmux."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts
from osvm_tui.ui.guest_shell import copy_command


class CopyMenu(Dialog[None]):
    """Copy id, name, address or ssh command of one VM."""

    def __init__(self, vm: Vm, api: ConsoleApi) -> None:
        super().__init__()
        self.vm, self.api = vm, api
        self.choices = {
            "i": ("id", vm.id),
            "n": ("name", vm.name),
            "p": ("address", vm.floating_ip or vm.fixed_ip),
        }

    @property
    def heading(self) -> str:
        return "copy"

    def body(self) -> ComposeResult:
        shown = [(f"{letter}  {what}", value or "-") for letter, (what, value) in self.choices.items()]
        yield Static(facts([*shown, ("s  ssh command", self._ssh())]))

    def _ssh(self) -> str:
        route = self.api.guests.route(self.vm.ref)
        return f"for {route.address}" if route.command else "-"

    def on_key(self, event: events.Key) -> None:
        """Copy what the letter names; any other letter leaves."""
        if not event.is_printable or event.character is None:
            return
        event.stop()
        if event.character == "s":
            copy_command(self.app, self.api, self.vm.ref)
        what, value = self.choices.get(event.character, ("", ""))
        if what and value:
            self.app.copy_to_clipboard(value)
            self.app.notify(f"copied the {what}: {value}", markup=False)
        elif what:
            self.app.notify(f"it has no {what}", severity="warning")
        self.dismiss(None)
