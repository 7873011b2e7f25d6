"""What is wrong with the keys that an operator set in `ui.keys`: unknown ids, no keys, two meanings. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from textual.keys import Keys, _character_to_key

from osvm_tui.ui.bindings import ALL, KEYS, TABLES, Key, keys_of, shown

_NAMED = {key.value for key in Keys} | {_character_to_key(chr(code)) for code in range(33, 127)}
"""Keys by their names; signs go by the names that Textual makes of Unicode's (`less_than_sign`)."""
_MODIFIERS = ("ctrl+", "shift+", "alt+", "super+", "hyper+", "meta+")


class Wrong(NamedTuple):
    """The id in the settings, and the sentence about it."""

    id: str
    sentence: str


def wrongs(rebound: Mapping[str, str]) -> Iterator[Wrong]:
    """Yield everything that is wrong with keys by id, each clash once."""
    known = {key.id: key for key in KEYS}
    for name, keys in rebound.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            yield Wrong(name, f"nothing is called {name}" + (f"; did you mean {near[0]}?" if near else ""))
            continue
        for pressed in keys.split(","):
            if not _is_key(pressed.strip()):
                yield Wrong(name, f"{pressed.strip() or 'nothing'} is not a key; f9, ctrl+x, x or slash are")
    yield from _clashes(rebound)


def _is_key(pressed: str) -> bool:
    for modifier in _MODIFIERS:
        pressed = pressed.removeprefix(modifier)
    if len(pressed) == 1 or pressed in _NAMED:
        return pressed.isprintable()
    try:
        unicodedata.lookup(pressed.replace("_", " "))
    except KeyError:
        return pressed in ("slash", "minus", "plus")
    return True


def _clashes(rebound: Mapping[str, str]) -> Iterator[Wrong]:
    told: set[frozenset[str]] = set()
    for place in ALL:
        meant: dict[str, Key] = {}
        for key in (*keys_of(place), *(keys_of("table") if place in TABLES else ())):
            for pressed in _pressed(rebound.get(key.id, key.keys)):
                other = meant.setdefault(pressed, key)
                pair = frozenset((key.id, other.id))
                if other is not key and pair not in told and (mine := _mine(rebound, key, other)):
                    told.add(pair)
                    rest = other if mine is key else key
                    where = "the fleet" if place == "fleet" else f":{place}"
                    yield Wrong(mine.id, f"{shown(pressed)} is already {rest.id} ({rest.help}) in {where}")


def _mine(rebound: Mapping[str, str], one: Key, other: Key) -> Key | None:
    """Return the one of two clashing rows that the operator has set; the later one when both were."""
    return one if one.id in rebound else other if other.id in rebound else None


def _pressed(keys: str) -> set[str]:
    return {_character_to_key(each.strip()) if len(each.strip()) == 1 else each.strip() for each in keys.split(",")}
