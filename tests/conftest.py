"""What every test shares: a style sheet is parsed once a process, since hundreds of consoles start here."""

from __future__ import annotations

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def _parse_once(self: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
    key = (given, *named.items(), *self._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(self, *given, **named)
    return _parsed[key]


Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]
