"""How one cloud is told from another: its colour, the word PROD, and whether it is read-only. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from osvm_tui.ui.options import CloudLook, UiOptions
from osvm_tui.ui.printable import printable

PRODUCTION = "PROD"
"""The word that marks production wherever its name stands; colour alone would not do."""


class Hue(StrEnum):
    """The colour of a cloud: the theme variable `$cloud-NAME`. Unlike a state's token it says nothing of health."""

    RED = "cloud-red"
    AMBER = "cloud-amber"
    GREEN = "cloud-green"
    BLUE = "cloud-blue"
    VIOLET = "cloud-violet"


_UNASKED = (Hue.BLUE, Hue.VIOLET, Hue.GREEN, Hue.AMBER)
"""For clouds without a colour of their own beside others: red is kept for production."""
_NO_LOOK = CloudLook()


class Wear(NamedTuple):
    """How one entry is shown."""

    entry: str
    hue: Hue | None = None
    production: bool = False
    read_only: bool = False

    @property
    def title(self) -> str:
        """The entry's name, with the word PROD before it where it is due."""
        name = printable(self.entry)
        return f"{PRODUCTION} {name}" if self.production else name


def wear(options: UiOptions, entries: Sequence[str], entry: str) -> Wear:
    """Return how `entry` looks beside the other open `entries`; one that is alone has a colour only if it was given."""
    look = options.clouds.get(entry, _NO_LOOK)
    if look.colour:
        hue: Hue | None = Hue(f"cloud-{look.colour}")
    elif look.production:
        hue = Hue.RED
    elif len(entries) > 1 and entry in entries:
        hue = _unasked(options, entries, entry)
    else:
        hue = None
    return Wear(entry, hue, look.production, look.read_only)


def _unasked(options: UiOptions, entries: Sequence[str], entry: str) -> Hue:
    looks = {each: options.clouds.get(each, _NO_LOOK) for each in entries}
    plain = [each for each, look in looks.items() if not look.colour and not look.production]
    return _UNASKED[plain.index(entry) % len(_UNASKED)]


def strongest(wears: Iterable[Wear]) -> Wear | None:
    """Return the one whose frame several clouds share: production first, else the first with a colour."""
    return max(wears, key=lambda each: (each.production, each.hue is not None), default=None)
