"""`?` and `:help`: the keys of a place, the verbs of the action menu, the places and the filter."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.actions import offered
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.bindings import VMS, bindings_of, keys_of, shown
from osvm_tui.ui.facts import facts
from osvm_tui.ui.places import PLACES, WORDS, resource_of
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.sections import Sections

_GROUPS = ("Go", "Move", "Look", "Sort", "Mark", "Change", "Copy")
_FILTER = (
    ("web", "any column contains web; upper and lower case alike"),
    ("name:web", "the column contains it"),
    ("status=ERROR", "the column is it"),
    ("age>30d", "more than; also <, >=, <="),
    ("changed", "changed since you looked; X says that you did"),
    ("!lab", "not"),
    ("~^web-0[12]", "regular expression; name~... for one column"),
    ("-f wb17", "fuzzy: these letters in this order"),
    ('"two words"', "quotes keep blanks"),
)


class HelpScreen(PlaceScreen):
    """Help for the place named by `text`, the fleet when none is."""

    place: ClassVar[str] = "help"
    BINDINGS = bindings_of("help")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-two"), (170, "-three")]

    def body(self) -> Iterable[Widget]:
        yield About("")
        yield Sections((*(group.lower() for group in _GROUPS), "action menu", "places", "words", "filter"))

    def on_mount(self) -> None:
        """Show the asked place's keys."""
        self.query_one(Sections).focus()
        self.show_text(self.text)

    def show_text(self, text: str) -> None:
        """Show the keys of the place `text`."""
        known = {"vm-list": "fleet", "": "fleet"}
        place = known.get(text, text)
        blocks = key_blocks(place, self.options.keys)
        self.query_one(About).tell(f"help · keys of {'the fleet' if place == 'fleet' else ':' + place} · esc leaves")
        self.query_one(Sections).show(blocks)


def key_blocks(place: str, rebound: dict[str, str]) -> dict[str, Content]:
    """Return every block of help for a place; `rebound` holds keys by id from the settings."""
    keys = (*keys_of(place), *(() if place in ("vm", "help", "health") else keys_of("table")))
    ordered = sorted(keys, key=lambda key: _GROUPS.index(key.group))
    groups = {
        group: facts([(shown_all(rebound.get(key.id, key.keys)), key.help) for key in rows])
        for group, rows in groupby(ordered, key=lambda key: key.group)
    }
    blocks = {group.lower(): groups.get(group, Content("")) for group in _GROUPS}
    return {
        **blocks,
        "action menu": facts(_menu(place)),
        "places": facts([(f":{place.name}", place.help) for place in PLACES]),
        "words": facts([(f":{word}", told) for word, told in WORDS.items()]),
        "filter": facts(_FILTER),
    }


def _menu(place: str) -> list[tuple[str, str]]:
    if place in VMS:
        return [(f"a {spec.key}", f"{verb(spec)}: {spec.help}") for spec in offered() if spec.key]
    resource = resource_of(place)
    return [(f"a {spec.key}", f"{spec.label.lower()}: {spec.help}") for spec in resource.verbs()] if resource else []


def shown_all(keys: str) -> str:
    """Return all keys of a row as the screen names them: `j, down`."""
    return ", ".join(shown(key) for key in keys.split(","))
