"""Themes: all four carry every token, and what they show can be read."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from osvm_tui.ui.theme import ANSI16, CONTRAST, DARK, LIGHT, STATES, THEMES, theme_for

TOKENS = {
    *(f"state-{state}" for state in STATES),
    "dim",
    "line",
    "cursor-line",
    "cursor-text",
    "flash",
    "head",
    "on-accent",
}


def luminance(colour: Color) -> float:
    """Return the relative luminance, as WCAG 2.1 defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(ink: str, ground: str) -> float:
    """Return the contrast ratio, as WCAG 2.1 defines it."""
    low, high = sorted((luminance(Color.parse(ink)), luminance(Color.parse(ground))))
    return round((high + 0.05) / (low + 0.05), 1)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_theme_has_every_token(theme: Theme) -> None:
    assert theme.variables.keys() >= TOKENS


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
def test_states_and_dim_text_can_be_read_on_every_ground(theme: Theme) -> None:
    grounds = [theme.background, *(theme.variables[name] for name in ("cursor-line", "marked-line"))]
    least = 7.0 if theme is CONTRAST else 4.5
    for name in (*(f"state-{state}" for state in STATES), "dim"):
        ratios = [contrast(theme.variables[name], str(ground)) for ground in grounds]
        assert ratios[0] >= least, (name, ratios)
        assert min(ratios) >= 3.0, (name, ratios)


def test_the_terminals_colours_choose_the_theme() -> None:
    assert theme_for("auto", "standard") == ANSI16.name
    assert theme_for("auto", "truecolor") == DARK.name
    assert theme_for("auto", "256") == DARK.name
    assert theme_for("light", "standard") == LIGHT.name
    assert theme_for("osvm-contrast", None) == CONTRAST.name
    assert theme_for("nonsense", "truecolor") == DARK.name
