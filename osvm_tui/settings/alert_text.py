"""`read_alert_text`: a TOML text with `[[alert]]` tables as rules, every mistake with line and key.

A table has a `name`, a `kind` (`metric` unless said) and, by kind, `metric` with `above` or `below` and `clear`,
`within_h`, `for_s`; then `severity`, and whom it is for: `clouds`, `projects`, `names`, `tags`. `enabled = false` takes
a default of that name out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from math import isfinite
from typing import Any

from msgspec import Struct

from osvm_tui.domain.alerts import DEFAULT_RULES, AlertKind, AlertRule, AlertSeverity
from osvm_tui.domain.metrics import Metric
from osvm_tui.settings.cost_text import Mistake
from osvm_tui.settings.lines import line_of

_SCOPE = ("clouds", "projects", "names", "tags")
_COMMON = ("name", "kind", "enabled", "severity", *_SCOPE)
_KEYS: dict[AlertKind, tuple[str, ...]] = {
    AlertKind.METRIC: ("metric", "above", "below", "clear", "for_s"),
    AlertKind.NO_DATA: ("for_s",),
    AlertKind.ERROR: (),
    AlertKind.STUCK: (),
    AlertKind.DISK_FULL: ("within_h",),
}
_LONGEST_S = 7 * 86400.0
_LONGEST_H = 30 * 24.0
_MISSING = object()


class AlertText(Struct, frozen=True):
    """What a text says, as far as it can be read: rules, names of defaults that it takes out, mistakes by line."""

    rules: tuple[AlertRule, ...] = ()
    without: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def read_alert_text(text: str) -> AlertText:
    """Read a whole text; never raises."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        line = int(told[1]) if told else len(text.splitlines()) or 1
        return AlertText(mistakes=(Mistake(line, "", f"not valid TOML: {error}"),))
    mistakes: list[Mistake] = []
    for key in data:
        if key != "alert":
            mistakes.append(Mistake(line_of(text, (key,)), key, "unknown key, expected [[alert]] tables"))
    tables = data.get("alert", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        mistakes.append(Mistake(line_of(text, ("alert",)), "alert", f"expected [[alert]] tables, got {tables!r}"))
        return AlertText(mistakes=tuple(mistakes))
    rules, without = list[AlertRule](), list[str]()
    for number, table in enumerate(tables):
        reader = _Table(table, number, text)
        rule, enabled = reader.rule()
        if rule.name in {*(one.name for one in rules), *without}:
            reader.wrong("name", f"there is another rule named {rule.name}")
        (rules.append(rule) if enabled else without.append(rule.name))
        mistakes += reader.mistakes
    return AlertText(tuple(rules), tuple(without), tuple(sorted(mistakes, key=lambda one: one.line)))


class _Table:
    """One `[[alert]]` table; notes what is wrong with it."""

    def __init__(self, table: dict[str, Any], number: int, text: str) -> None:
        self._table, self._number, self._text = table, number, text
        self.mistakes: list[Mistake] = []

    def wrong(self, key: str, text: str) -> None:
        path = ("alert", self._number, key) if key in self._table else ("alert", self._number)
        self.mistakes.append(Mistake(line_of(self._text, path), f"alert.{self._number + 1}.{key}", text))

    def rule(self) -> tuple[AlertRule, bool]:
        """Return the rule as far as it can be read, and whether it is enabled."""
        name, enabled = self._text_of("name").strip(), self._flag("enabled", True)
        if not name:
            self.wrong("name", "expected a name")
        default = next((one for one in DEFAULT_RULES if one.name == name), None)
        kind = self._choice("kind", AlertKind, default.kind if default else AlertKind.METRIC)
        self._known((*_COMMON, *_KEYS[kind]), kind)
        if not enabled:
            return AlertRule(name=name), False
        severity = self._choice("severity", AlertSeverity, default.severity if default else AlertSeverity.WARNING)
        scope: dict[str, Any] = {key: self._texts(key) for key in _SCOPE}
        return AlertRule(name=name, kind=kind, severity=severity, **scope, **dict(self._values(kind))), True

    def _values(self, kind: AlertKind) -> Iterator[tuple[str, Any]]:
        if kind is AlertKind.DISK_FULL:
            yield "bound", self._number_of("within_h", 24.0, _LONGEST_H)
        if kind is AlertKind.NO_DATA:
            yield "for_s", self._number_of("for_s", 600.0, _LONGEST_S)
        if kind is not AlertKind.METRIC:
            return
        yield "metric", self._choice("metric", Metric, None)
        yield "for_s", self._number_of("for_s", 0.0, _LONGEST_S)
        if ("above" in self._table) == ("below" in self._table):
            self.wrong("above", "expected either above or below")
        below = "below" in self._table
        told = len(self.mistakes)
        bound = self._number_of("below" if below else "above", 0.0)
        yield "below", below
        yield "bound", bound
        if "clear" in self._table:
            clear = self._number_of("clear", bound)
            if told == len(self.mistakes) and (clear < bound if below else clear > bound):
                self.wrong("clear", f"expected {'at least' if below else 'at most'} {bound:g}, got {clear:g}")
            yield "clear", clear

    def _known(self, keys: tuple[str, ...], kind: AlertKind) -> None:
        for key in self._table:
            if key not in keys:
                near = "".join(f"; did you mean {found}?" for found in get_close_matches(key, keys, n=1))
                self.wrong(key, f"unknown key of a rule of kind {kind.value}{near}")

    def _text_of(self, key: str) -> str:
        value = self._table.get(key, "")
        if isinstance(value, str):
            return value
        self.wrong(key, f"expected a text, got {value!r}")
        return ""

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.wrong(key, f"expected a list of texts, got {value!r}")
        return ()

    def _flag(self, key: str, default: bool) -> bool:
        value = self._table.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(key, f"expected true or false, got {value!r}")
        return default

    def _number_of(self, key: str, default: float, most: float = 1e15) -> float:
        value = self._table.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and 0 <= value <= most:
            return float(value)
        limit = f" up to {most:g}" if most < 1e15 else ""
        self.wrong(key, f"expected a number of 0 or more{limit}, got {value!r}")
        return default

    def _choice(self, key: str, kind: Any, default: Any) -> Any:
        value = self._table.get(key, _MISSING if default is None else default.value)
        if isinstance(value, str) and value in {one.value for one in kind}:
            return kind(value)
        names = ", ".join(one.value for one in kind)
        missing = "it is missing" if value is _MISSING else f"got {value!r}"
        self.wrong(key, f"expected one of {names}, {missing}")
        return default or next(iter(kind))
