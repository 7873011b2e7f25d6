"""What to copy from a VM: one letter each, through OSC 52 so that it works over SSH and in tmux."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from osvm_tui.domain.vm import Vm
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts


class CopyMenu(Dialog[None]):
    """Copy id, name or address of one VM."""

    def __init__(self, vm: Vm) -> None:
        super().__init__()
        self.choices = {
            "i": ("id", vm.id),
            "n": ("name", vm.name),
            "p": ("address", vm.floating_ip or vm.fixed_ip),
        }

    @property
    def heading(self) -> str:
        return "copy"

    def body(self) -> ComposeResult:
        yield Static(facts([(f"{letter}  {what}", value or "-") for letter, (what, value) in self.choices.items()]))

    def on_key(self, event: events.Key) -> None:
        """Copy what the letter names; any other letter leaves."""
        if not event.is_printable or event.character is None:
            return
        event.stop()
        what, value = self.choices.get(event.character, ("", ""))
        if what and value:
            self.app.copy_to_clipboard(value)
            self.app.notify(f"copied the {what}: {value}", markup=False)
        elif what:
            self.app.notify(f"it has no {what}", severity="warning")
        self.dismiss(None)
