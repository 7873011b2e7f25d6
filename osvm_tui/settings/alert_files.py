"""`AlertFiles`: the alert files that the settings name, read again when they change.

Its method blocks: call it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from osvm_tui.domain.alerts import DEFAULT_RULES, AlertBook, AlertRule
from osvm_tui.settings.alert_text import AlertText, read_alert_text
from osvm_tui.settings.watched_files import WatchedFiles

DEFAULT_NAMES = ("alerts.toml",)
"""Read where the settings name none; it need not exist."""


class AlertFiles:
    """The files of `[alerting] rules`; names are relative to the settings' file and may hold `*`."""

    def __init__(self, config_file: Path, names: tuple[str, ...]) -> None:
        self._files = WatchedFiles(config_file, names, DEFAULT_NAMES, read_alert_text, AlertText())

    def changed(self) -> AlertBook | None:
        """Return the rules anew if any file has changed since the last call, else None. The first call always reads."""
        return AlertBook(_rules(self._files.texts), self._files.problems) if self._files.changed() else None


def _rules(texts: Mapping[Path, AlertText]) -> tuple[AlertRule, ...]:
    """Return the defaults with what the files put in their places, then the rest; of two with a name the later."""
    rules = {rule.name: rule for rule in DEFAULT_RULES}
    for text in texts.values():
        rules |= {rule.name: rule for rule in text.rules}
        for name in text.without:
            rules.pop(name, None)
    return tuple(rules.values())
