"""What `:` does beside places: back, q, set, theme. Each word answers with a sentence when it is given nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.ui.theme import THEMES, theme_for

if TYPE_CHECKING:
    from osvm_tui.ui.app import OsvmApp


def run_word(app: OsvmApp, word: str, rest: str) -> None:
    """Do one of WORDS on behalf of the app."""
    match word:
        case "q":
            app.run_worker(app.action_quit(), exit_on_error=False)
        case "back":
            app.go_back()
        case "theme":
            _theme(app, rest)
        case "set":
            _set(app, rest)
        case _:
            app.speak(f":{word} means nothing here", severity="warning")


def _theme(app: OsvmApp, name: str) -> None:
    known = [theme.name.removeprefix("osvm-") for theme in THEMES]
    if name not in known:
        app.speak(f"no theme {name or '(none given)'}; there are {', '.join(known)}", severity="warning")
        return
    app.theme = theme_for(name, None)


def _set(app: OsvmApp, rest: str) -> None:
    match rest.split():
        case ["mouse", "on" | "off" as way]:
            _mouse(app, way == "on")
            app.speak(f"mouse {way}")
        case _:
            app.speak("set knows: mouse on, mouse off", severity="warning")


def _mouse(app: OsvmApp, on: bool) -> None:
    # Textual has a switch only at the start; the drivers' own methods are the way while it runs.
    switch = getattr(app._driver, "_enable_mouse_support" if on else "_disable_mouse_support", None)
    if switch:
        switch()
