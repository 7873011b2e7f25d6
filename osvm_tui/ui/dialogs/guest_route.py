"""How the console would log in to a guest, shown before it does: address, user, key, bastion, and why."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.services.api import ConsoleApi
from osvm_tui.services.guests_api import GuestRoute
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts
from osvm_tui.ui.printable import printable


class GuestRouteDialog(Dialog[GuestRoute]):
    """Show a route; the answer is the route to take."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "#go"

    def __init__(self, api: ConsoleApi, route: GuestRoute) -> None:
        super().__init__()
        self.api, self.route = api, route
        self._ready = self._wanted = False

    @property
    def heading(self) -> str:
        return f"ssh {printable(self.route.vm_name)}"

    def body(self) -> ComposeResult:
        yield Static(self._facts(), id="route", markup=False)
        yield Static(self._note(), id="route-note", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content("log in"), id="go", compact=True, classes="-disruptive")

    def _facts(self) -> Content:
        route = self.route
        return facts(
            (
                ("address", f"{route.address} port {route.port}" if route.address else "-"),
                ("user", route.user or "your login name here"),
                ("key", route.key_file or "ssh's own choice"),
                ("bastion", route.bastion or "none: straight from here"),
                ("why", printable(route.why).replace("; ", "\n")),
                ("host key", "accepted before" if route.known else f"not known yet of {printable(route.unknown)}"),
            )
        )

    def _note(self) -> str:
        if self.route.refusal:
            return f"refused: {printable(self.route.refusal)}"
        end = "the terminal is ssh's until it ends (~. ends it)"
        return end if self.route.known else f"its key is shown before anything is sent; {end}"

    def on_mount(self) -> None:
        """Read the names that rules ask for; until then the route may still change."""
        self._prepare()

    @work(group="guest-route", exclusive=True, exit_on_error=False)
    async def _prepare(self) -> None:
        await self.api.guests.prepare(self.route.ref)
        self.route = self.api.guests.route(self.route.ref)
        self._ready = True
        self.query_one("#route", Static).update(self._facts())
        self.query_one("#route-note", Static).update(self._note())
        if self._wanted:
            self._go()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        self._wanted = True
        if not self._ready:
            return
        if self.route.refusal:
            self.app.notify(f"refused: {self.route.refusal}", severity="warning", markup=False)
        else:
            self.dismiss(self.route)
