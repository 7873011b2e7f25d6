"""`CostFiles`: the rate, policy and budget files that the settings name, read again when they change.

Its methods block: call them in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from osvm_tui.domain.billing import PRESETS
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
        self._files = WatchedFiles(config_file, names, DEFAULT_NAMES, read_cost_text, CostText())

    def changed(self) -> CostBook | None:
        """Return the book anew if any file has changed since the last call, else None. The first call always reads."""
        return self._book(self._files.texts) if self._files.changed() else None

    def _book(self, texts: Mapping[Path, CostText]) -> CostBook:
        policies = {**PRESETS, **{each.name: each for text in texts.values() for each in text.policies}}
        return CostBook(
            cards=tuple(card for text in texts.values() for card in text.cards),
            policies=policies,
            chosen=self._chosen,
            budgets=tuple(budget for text in texts.values() for budget in text.budgets),
            problems=(*self._files.problems, *self._unknown_policies(texts, policies)),
        )

    def _unknown_policies(self, texts: Mapping[Path, CostText], policies: Mapping[str, object]) -> list[str]:
        known = ", ".join(policies)
        found = [
            f"{file}: policy of the card {card.name}: expected one of {known}, got {card.policy!r}"
            for file, text in texts.items()
            for card in text.cards
            if card.policy and card.policy not in policies
        ]
        for entry, name in self._chosen.items():
            if name not in policies:
                line = _line(self._config, ("cost", "policy", entry))
                found.append(f"{self._config}, line {line}: cost.policy.{entry}: expected one of {known}, got {name!r}")
        return found


def check_file(file: Path) -> tuple[CostText, tuple[Mistake, ...]]:
    """Read one file whole and return what it says with all its mistakes. A policy of another file counts as known."""
    text, problem = file_text(file)
    if problem:
        return CostText(), (Mistake(1, "", problem),)
    found = read_cost_text(text)
    return found, found.mistakes


def _line(file: Path, path: tuple[str, ...]) -> int:
    return line_of(file_text(file)[0], path)
