"""What may be meant by the beginning of a line given to `:`: words first, then what may stand behind one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from osvm_tui.ui.places import PLACES, WORDS, completions, nearest, place_named
from osvm_tui.ui.theme import THEMES

Arguments = Callable[[str], Sequence[str]]
"""What may stand behind a word, as the place on top says."""


def complete(line: str, arguments: Arguments) -> list[str]:
    """Return the whole lines that `line` may become, best first; a line that is complete is among them."""
    word, blank, rest = line.partition(" ")
    if not blank:
        return completions(word) if word else []
    before, _, last = rest.rpartition(" ")
    head = f"{word} {before} " if before else f"{word} "
    offered = _offered(word, arguments)
    whole = [f"{word} {each}" for each in offered if each.startswith(rest)]
    parts = [f"{head}{each}" for each in offered if before and last and each.startswith(last)]
    return list(dict.fromkeys([*whole, *parts]))


def help_for(line: str, arguments: Arguments) -> str:
    """Return what the end of the line tells while it is typed."""
    word, blank, rest = line.partition(" ")
    if not blank:
        return "  ".join(completions(word))
    if rest and (found := complete(line, arguments)):
        return "  ".join(each.rpartition(" ")[2] for each in found[:8])
    place = place_named(word)
    return WORDS.get(word) or (place.help if place else "")


def slip(line: str) -> str:
    """Return what is wrong with the first word of a line, with what was probably meant; empty for a known word."""
    word = line.partition(" ")[0]
    if place_named(word) is not None or word in WORDS:
        return ""
    near = nearest(word)
    return f"no :{word}" + (f"; did you mean :{near}?" if near else "; tab shows what there is")


def arguments_of(word: str) -> Sequence[str]:
    """Return what may stand behind a word in any place."""
    match word:
        case "theme":
            return [theme.name.removeprefix("osvm-") for theme in THEMES]
        case "set":
            return ["mouse on", "mouse off"]
        case "project":
            return ["all"]
        case "help":
            return [place.name for place in PLACES]
        case _:
            return ()


def _offered(word: str, arguments: Arguments) -> Sequence[str]:
    place = place_named(word)
    return arguments(place.name if place else word)
