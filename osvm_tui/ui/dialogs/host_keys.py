"""The host keys of a machine that is not known yet, to be accepted by the operator or not. Cancel has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.domain.errors import HostKeyChanged, OsvmError
from osvm_tui.services.api import ConsoleApi
from osvm_tui.services.guests_api import GuestRoute, HostKey
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts
from osvm_tui.ui.printable import printable

_ADVICE = (
    "Compare them with what the machine itself says. Cloud images print their fingerprints to the console log at the "
    "first boot (esc, then l). Whoever accepts a wrong key talks to a stranger."
)


def trouble(error: OsvmError) -> Content:
    """Return an error as a dialog shows it; of a changed key both fingerprints stand below each other."""
    if isinstance(error, HostKeyChanged):
        both = facts((("accepted", error.accepted), ("shown now", error.shown)))
        return Content("\n").join([Content("this is another key than the accepted one"), both, Content(error.hint)])
    return Content(printable(f"{error.title}: {error.detail}\n{error.hint}".rstrip()))


def _kind(key: HostKey) -> str:
    """Return the kind of a key as short as people say it, so that its fingerprint fits beside it."""
    return key.type.removeprefix("ssh-").partition("-")[0]


class HostKeysDialog(Dialog[tuple[HostKey, ...]]):
    """Ask a machine for its keys and show them; the answer is what the operator accepted."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, api: ConsoleApi, route: GuestRoute) -> None:
        super().__init__()
        self.api, self.route = api, route
        self.keys: tuple[HostKey, ...] = ()
        self._seconds = 0
        self._why_not = "it has shown no key"

    @property
    def heading(self) -> str:
        return f"host key of {self._whose}"

    @property
    def _whose(self) -> str:
        return printable(self.route.unknown or self.route.vm_name)

    def body(self) -> ComposeResult:
        yield Static(self._asking(), id="keys", markup=False)
        yield Static("", id="advice", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button("accept", id="accept", compact=True, classes="-refused")

    def _asking(self) -> str:
        way = f" through {self.route.bastion}" if self.route.bastion not in ("", self._bastion()) else ""
        return f"asking {self._whose}{way} for its keys ... {self._seconds} s"

    def _bastion(self) -> str:
        return self.route.unknown.removeprefix("the bastion ")

    def on_mount(self) -> None:
        """Ask once the box is there, and show that time passes."""
        self._clock = self.set_interval(1.0, self._tick)
        self._ask()

    def _tick(self) -> None:
        self._seconds += 1
        self.query_one("#keys", Static).update(self._asking())

    @work(group="host-keys", exclusive=True, exit_on_error=False)
    async def _ask(self) -> None:
        shown = self.query_one("#keys", Static)
        try:
            self.keys = await self.api.guests.host_keys(self.route)
        except OsvmError as error:
            shown.update(trouble(error))
            shown.add_class("-error")
            if isinstance(error, HostKeyChanged):
                self._why_not = "the accepted key must be forgotten first"
            return
        finally:
            self._clock.stop()
        shown.update(facts((_kind(key), key.fingerprint) for key in self.keys))
        self.query_one("#advice", Static).update(_ADVICE)
        self.query_one("#accept").remove_class("-refused").add_class("-disruptive")

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#accept")
    def _accept(self) -> None:
        if self.keys:
            self.dismiss(self.keys)
        else:
            self.app.notify(f"refused: {self._why_not}", severity="warning", markup=False)
