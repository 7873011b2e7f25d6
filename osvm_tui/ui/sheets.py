"""Where the style sheets are and in which order they are read; knows nothing of what is in them."""

from __future__ import annotations

from pathlib import Path, PurePath

SHEETS = (
    "app.tcss",
    "fleet.tcss",
    "dialogs.tcss",
    "new_vm.tcss",
    "vm.tcss",
    "places.tcss",
    "clouds.tcss",
    "charts.tcss",
)
"""The sheets in their order, from styles_dir(). A sheet that is not shipped yet is left out."""


def styles_dir() -> Path:
    """Return where the sheets are: next to the package when installed, next to its folder in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "styles"
    return inside if inside.is_dir() else package.parent / "styles"


def sheets() -> list[str | PurePath]:
    """Return the sheets that are there, in their order."""
    return [path for path in (styles_dir() / name for name in SHEETS) if path.is_file()]
