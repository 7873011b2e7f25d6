"""How the operator is called when an alert begins: by the bell, or by a notification (OSC 9), if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.ui.printable import printable

if TYPE_CHECKING:
    from textual.app import App

BELL, OSC9 = "bell", "osc9"
_LONGEST = 200


def call_operator(app: App[None], how: str, text: str) -> None:
    """Ring, or let the terminal show the text; any other way is silence."""
    if how == BELL:
        app.bell()
    elif how == OSC9 and app._driver is not None:
        # OSC 9 is the notification that iTerm2 began with and kitty, WezTerm, foot, Windows Terminal and Ghostty show.
        app._driver.write(notification(text))
        app._driver.flush()


def notification(text: str) -> str:
    """Return the control string; what could end or leave it is taken out of the text."""
    return f"\x1b]9;{printable(' '.join(text.split()))[:_LONGEST]}\x07"
