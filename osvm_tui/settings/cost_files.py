"""`CostFiles`: the rate, policy and budget files that the settings name, read again when they change.

Its methods block: call them in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from osvm_tui.domain.billing import PRESETS, BillingPolicy
from osvm_tui.domain.cost_book import CostBook
from osvm_tui.settings.cost_text import CostText, Mistake, read_cost_text
from osvm_tui.settings.lines import line_of
from osvm_tui.settings.watched_files import WatchedFiles, file_text

DEFAULT_NAMES = ("rates.toml",)
"""Read where the settings name none; it need not exist."""


class CostFiles:
    """The files of `[cost]`; names are relative to the settings' file and may hold `*`."""

    def __init__(self, config_file: Path, names: tuple[str, ...], chosen: Mapping[str, str]) -> None:
        self._config, self._chosen = config_file, dict(chosen)
        self._files = WatchedFiles(config_file, names, DEFAULT_NAMES, read_cost_text, CostText(), _beside_each_other)
        self._policies: dict[str, BillingPolicy] = dict(PRESETS)

    def changed(self) -> CostBook | None:
        """Return the book anew if any file has changed since the last call, else None. The first call always reads."""
        return self._book(self._files.texts) if self._files.changed() else None

    def _book(self, texts: Mapping[Path, CostText]) -> CostBook:
        own = {each.name: each for text in texts.values() for each in text.policies}
        problems = (*self._files.problems, *self._unknown_choices(own))
        # A card that holds goes on by its policy even where the file that said it says it no more.
        named = {*self._chosen.values(), *(place.name for text in texts.values() for place in text.uses)}
        before = {name: policy for name, policy in self._policies.items() if name in named}
        self._policies = {**before, **PRESETS, **own}
        return CostBook(
            cards=tuple(card for text in texts.values() for card in text.cards),
            policies=self._policies,
            chosen=self._chosen,
            budgets=tuple(budget for text in texts.values() for budget in text.budgets),
            problems=problems,
        )

    def _unknown_choices(self, own: Mapping[str, BillingPolicy]) -> list[str]:
        found = []
        for entry, name in self._chosen.items():
            if name not in PRESETS and name not in own:
                path = ("cost", "policy", entry)
                at = f"{self._config}, line {line_of(file_text(self._config)[0], path)}: {'.'.join(path)}"
                found.append(f"{at}: {_expected(name, own)}; until then it is billed as its card says")
        return found


def _beside_each_other(texts: Mapping[Path, CostText]) -> dict[Path, str]:
    """Return which files name a policy that no file has, or have one that an earlier file has already."""
    wrong: dict[Path, str] = {}
    owners: dict[str, Path] = {}
    for file, text in texts.items():
        for place in text.gives:
            owner = owners.setdefault(place.name, file)
            if owner != file:
                said = f"expected a name of its own, {place.name!r} is in {owner}"
                wrong.setdefault(file, f"{file}, {Mistake(place.line, place.key, said)}")
    for file, text in texts.items():
        for mistake in _unknown(text, owners):
            wrong.setdefault(file, f"{file}, {mistake}")
    return wrong


def _unknown(text: CostText, known: Iterable[str]) -> list[Mistake]:
    known = tuple(known)
    return [
        Mistake(place.line, place.key, _expected(place.name, known)) for place in text.uses if place.name not in known
    ]


def _expected(name: str, own: Iterable[str]) -> str:
    known = [*PRESETS, *(each for each in own if each not in PRESETS)]
    hint = "".join(f"; did you mean {near}?" for near in get_close_matches(name, known, n=1))
    return f"expected one of {', '.join(known)}, got {name!r}{hint}"


def check_file(file: Path, elsewhere: Iterable[str] = ()) -> tuple[CostText, tuple[Mistake, ...]]:
    """Read one file whole and return what it says with all its mistakes; `elsewhere` are the policies that other files
    have."""
    text, problem = file_text(file)
    if problem:
        return CostText(), (Mistake(1, "", problem),)
    found = read_cost_text(text)
    return found, tuple(sorted((*found.mistakes, *_unknown(found, elsewhere)), key=lambda each: each.line))
