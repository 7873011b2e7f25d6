"""`AlertFiles`: the alert files that the settings name, read again when they change.

A file with a mistake gives one sentence, and what was last good of it still holds. Its methods block: call them in a
thread.
"""

from __future__ import annotations

import glob
from pathlib import Path

from osvm_tui.domain.alerts import DEFAULT_RULES, AlertBook, AlertRule
from osvm_tui.settings.alert_text import AlertText, read_alert_text

DEFAULT_NAMES = ("alerts.toml",)
"""Read where the settings name none; it need not exist."""
_Stamp = tuple[tuple[str, int, int], ...]


class AlertFiles:
    """The files of `[alerting] rules`; names are relative to the settings' file and may hold `*`."""

    def __init__(self, config_file: Path, names: tuple[str, ...]) -> None:
        self._config, self._names = config_file, names
        self._stamp: _Stamp | None = None
        self._good: dict[Path, AlertText] = {}

    def changed(self) -> AlertBook | None:
        """Return the rules anew if any file has changed since the last call, else None. The first call always reads."""
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
            found += sorted(map(Path, glob.glob(str(path)))) if glob.has_magic(str(path)) else [path]
        return list(dict.fromkeys(found))

    def _read(self, files: list[Path]) -> AlertBook:
        problems: list[str] = []
        texts: dict[Path, AlertText] = {}
        for file in files:
            found, problem = self._one(file)
            if problem:
                problems.append(problem)
                found = self._good.get(file, AlertText())
            texts[file] = found
        self._good = texts
        return AlertBook(_rules(texts), tuple(problems))

    def _one(self, file: Path) -> tuple[AlertText, str]:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            # A file that was there and is gone has no rules; one that was never there is a mistake if it is named.
            needed = self._names != DEFAULT_NAMES
            return AlertText(), f"{file}: there is no such file" * needed
        except (OSError, UnicodeDecodeError) as error:
            return AlertText(), f"{file}: cannot be read: {error}"
        found = read_alert_text(text)
        if not found.mistakes:
            return found, ""
        more = len(found.mistakes) - 1
        return found, f"{file}, {found.mistakes[0]}" + (f" (and {more} more)" if more else "")


def _rules(texts: dict[Path, AlertText]) -> tuple[AlertRule, ...]:
    """Return the defaults with what the files put in their places, then the rest; of two with a name the later."""
    rules = {rule.name: rule for rule in DEFAULT_RULES}
    for text in texts.values():
        rules |= {rule.name: rule for rule in text.rules}
        for name in text.without:
            rules.pop(name, None)
    return tuple(rules.values())


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        told = file.stat()
    except OSError:
        return str(file), 0, -1
    return str(file), told.st_mtime_ns, told.st_size
