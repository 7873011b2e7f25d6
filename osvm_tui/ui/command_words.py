"""What `:` does beside places: back, q, set, theme, project all. Each answers with a sentence when given nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.domain.roles import CloudRole
from osvm_tui.ui.place_history import Stop
from osvm_tui.ui.theme import THEMES, theme_for

if TYPE_CHECKING:
    from osvm_tui.services.api import ScopeView
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


def show_all_projects(app: OsvmApp) -> None:
    """Show the VMs of every project where the token sees them all; of the other clouds tell why only one is shown.

    Which it is was settled at the login: a token that may see all projects is never shown less.
    """
    views = app.api.scopes()
    wide = [view.entry for view in views if view.scope and view.scope.all_projects]
    told = [f"all projects of {', '.join(wide)} are shown", *map(_only_one, views)] if wide else map(_only_one, views)
    if wide:
        app.history.visit(Stop("vm"), exactly=True)
    app.speak("; ".join(filter(None, told)), severity="information" if wide else "warning")


def _only_one(view: ScopeView) -> str:
    """Return why one project of a cloud is shown, empty where all are."""
    scope = view.scope
    if scope is None:
        return f"{view.entry} is not connected yet"
    if scope.all_projects:
        return ""
    here = f"{view.entry} shows the project {scope.project_name or scope.project_id} alone"
    if CloudRole.ADMIN in scope.roles:
        return f"{here}: the cloud refused the list of all projects' VMs, though this token has the role admin"
    have = ", ".join(sorted(scope.roles)) or "no role"
    return f"{here}: all are seen with the cloud role admin; this token has {have}"


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
