"""The four themes of equal rank, and which one a terminal gets. State colours are used for state only."""

from __future__ import annotations

from textual.theme import Theme

STATES = ("running", "stopped", "changing", "wrong", "stale")
"""Each is `$state-NAME` in every sheet and every theme."""


def _states(running: str, stopped: str, changing: str, wrong: str, stale: str) -> dict[str, str]:
    return {
        "state-running": running,
        "state-stopped": stopped,
        "state-changing": changing,
        "state-wrong": wrong,
        "state-stale": stale,
    }


def _clouds(red: str, amber: str, green: str, blue: str, violet: str) -> dict[str, str]:
    return {
        "cloud-red": red,
        "cloud-amber": amber,
        "cloud-green": green,
        "cloud-blue": blue,
        "cloud-violet": violet,
    }


def _bars(thumb: str, hover: str, held: str, track: str) -> dict[str, str]:
    return {
        "scrollbar": thumb,
        "scrollbar-hover": hover,
        "scrollbar-active": held,
        "scrollbar-background": track,
        "scrollbar-background-hover": track,
        "scrollbar-background-active": track,
        "scrollbar-corner-color": track,
    }


DARK = Theme(
    name="osvm-dark",
    primary="#7aa2f7",
    secondary="#565f89",
    accent="#7aa2f7",
    foreground="#c8d0e4",
    background="#12141c",
    surface="#181b26",
    panel="#232838",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={
        **_states("#9ece6a", "#7f89ab", "#7dcfff", "#f7768e", "#e0af68"),
        **_clouds("#ff5370", "#ff9e64", "#73daca", "#7aa2f7", "#bb9af7"),
        **_bars(thumb="#2f364c", hover="#7f89ab", held="#7aa2f7", track="#12141c"),
        "dim": "#7f89ab",
        "line": "#2f364c",
        "cursor-line": "#283250",
        "cursor-line-dim": "#20263a",
        "cursor-text": "bold",
        "marked-line": "#2d2a45",
        "flash": "#3d4a6e",
        "head": "#9aa5ce",
        "on-accent": "#12141c",
    },
)
LIGHT = Theme(
    name="osvm-light",
    primary="#2457c5",
    secondary="#8a93ad",
    accent="#2457c5",
    foreground="#1f2433",
    background="#fafbfd",
    surface="#f1f3f8",
    panel="#e3e7f0",
    success="#2d7a1f",
    warning="#8f5a00",
    error="#b8163b",
    dark=False,
    variables={
        **_states("#2d7a1f", "#5b647c", "#00688b", "#b8163b", "#8f5a00"),
        **_clouds("#b00020", "#9a4b00", "#00695c", "#2457c5", "#7a2ea8"),
        **_bars(thumb="#c6ccdb", hover="#5b647c", held="#2457c5", track="#fafbfd"),
        "dim": "#5b647c",
        "line": "#c6ccdb",
        "cursor-line": "#cfdcf8",
        "cursor-line-dim": "#e2e8f5",
        "cursor-text": "bold",
        "marked-line": "#e6ddf6",
        "flash": "#ffe9a8",
        "head": "#3d4660",
        "on-accent": "#fafbfd",
    },
)
CONTRAST = Theme(
    name="osvm-contrast",
    primary="#ffff00",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#00ff5f",
    warning="#ffd700",
    error="#ff5f5f",
    dark=True,
    variables={
        **_states("#00ff5f", "#d0d0d0", "#5fd7ff", "#ff5f5f", "#ffd700"),
        **_clouds("#ff5f5f", "#ffaf00", "#00ffaf", "#87afff", "#ff87ff"),
        **_bars(thumb="#a8a8a8", hover="#d0d0d0", held="#ffff00", track="#000000"),
        "dim": "#d0d0d0",
        "line": "#a8a8a8",
        "cursor-line": "#0000d7",
        "cursor-line-dim": "#303030",
        "cursor-text": "bold",
        "marked-line": "#5f005f",
        "flash": "#875f00",
        "head": "#ffffff",
        "on-accent": "#000000",
    },
)
ANSI16 = Theme(
    name="osvm-ansi16",
    primary="ansi_bright_blue",
    secondary="ansi_bright_black",
    accent="ansi_bright_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    ansi=True,
    variables={
        **_states("ansi_green", "ansi_bright_black", "ansi_cyan", "ansi_red", "ansi_yellow"),
        **_clouds("ansi_red", "ansi_yellow", "ansi_green", "ansi_blue", "ansi_magenta"),
        "dim": "ansi_bright_black",
        "line": "ansi_bright_black",
        "cursor-line": "ansi_default",
        "cursor-line-dim": "ansi_default",
        "cursor-text": "bold reverse",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "marked-line": "ansi_magenta",
        "flash": "ansi_yellow",
        "head": "ansi_default",
        "on-accent": "ansi_black",
    },
)
THEMES = (DARK, LIGHT, CONTRAST, ANSI16)


def theme_for(wanted: str, color_system: str | None) -> str:
    """Return the name of the theme to start with: the wanted one (`dark` or `osvm-dark`), else by the colours."""
    names = {theme.name: theme.name for theme in THEMES}
    names |= {theme.name.removeprefix("osvm-"): theme.name for theme in THEMES}
    if wanted in names:
        return names[wanted]
    return ANSI16.name if color_system == "standard" else DARK.name
