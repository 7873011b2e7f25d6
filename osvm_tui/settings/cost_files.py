"""`CostFiles`: the rate, policy and budget files that the settings name, read again when they change.

A file with a mistake gives one sentence, and what was last good of it still holds. Its methods block: call them in a
thread.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.cost_book import CostBook
from osvm_tui.settings.cost_text import CostText, Mistake, read_cost_text
from osvm_tui.settings.lines import line_of

_Stamp = tuple[tuple[str, int, int], ...]


class CostFiles:
    """The files of `[cost]`; names are relative to the settings' file and may hold `*`."""

    def __init__(self, config_file: Path, names: tuple[str, ...], chosen: Mapping[str, str]) -> None:
        self._config, self._names, self._chosen = config_file, names, dict(chosen)
        self._stamp: _Stamp | None = None
        self._good: dict[Path, CostText] = {}

    def changed(self) -> CostBook | None:
        """Return the book anew if any file has changed since the last call, else None. The first call always reads."""
        files = self._files()
        stamp = tuple(_stamp(file) for file in files)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        return self._read(files)

    def _files(self) -> list[Path]:
        found: list[Path] = []
        for name in self._names:
            path = self._config.parent / Path(name).expanduser()
            matches = sorted(glob.glob(str(path))) if glob.has_magic(str(path)) else [str(path)]
            found += [Path(match) for match in matches]
        return list(dict.fromkeys(found))

    def _read(self, files: list[Path]) -> CostBook:
        problems: list[str] = []
        texts: dict[Path, CostText] = {}
        for file in files:
            found, problem = _read_file(file, must_exist=self._names != DEFAULT_NAMES)
            if problem:
                problems.append(problem)
                found = self._good.get(file, CostText())
            texts[file] = found
        self._good = texts
        policies = {**PRESETS, **{each.name: each for text in texts.values() for each in text.policies}}
        problems += self._unknown_policies(texts, policies)
        return CostBook(
            cards=tuple(card for text in texts.values() for card in text.cards),
            policies=policies,
            chosen=self._chosen,
            budgets=tuple(budget for text in texts.values() for budget in text.budgets),
            problems=tuple(problems),
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


DEFAULT_NAMES = ("rates.toml",)
"""Read where the settings name none; it need not exist."""


def check_file(file: Path) -> tuple[CostText, tuple[Mistake, ...]]:
    """Read one file whole and return what it says with all its mistakes. A policy of another file counts as known."""
    text, problem = _text(file)
    if problem:
        return CostText(), (Mistake(1, "", problem),)
    found = read_cost_text(text)
    return found, found.mistakes


def _read_file(file: Path, *, must_exist: bool) -> tuple[CostText, str]:
    if not must_exist and not file.exists():
        return CostText(), ""
    text, problem = _text(file)
    if problem:
        return CostText(), f"{file}: {problem}"
    found = read_cost_text(text)
    if not found.mistakes:
        return found, ""
    more = len(found.mistakes) - 1
    return found, f"{file}, {found.mistakes[0]}" + (f" (and {more} more)" if more else "")


def _text(file: Path) -> tuple[str, str]:
    try:
        return file.read_text(encoding="utf-8"), ""
    except FileNotFoundError:
        return "", "there is no such file"
    except (OSError, UnicodeDecodeError) as error:
        return "", f"cannot be read: {error}"


def _line(file: Path, path: tuple[str, ...]) -> int:
    return line_of(_text(file)[0], path)


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        told = file.stat()
    except OSError:
        return str(file), 0, -1
    return str(file), told.st_mtime_ns, told.st_size
