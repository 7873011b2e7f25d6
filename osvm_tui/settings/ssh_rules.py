"""`ssh_rules`: the `[[ssh]]` tables of the settings file as rules, each mistake with file, line and key."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.guest import RULE_KEYS, GuestRule, wrong_in

SECTION = "ssh"
_HEAD = re.compile(r"\s*\[\[\s*ssh\s*\]\]")
_OTHER = re.compile(r"\s*\[")


def ssh_rules(tables: Any, text: str, file: Path) -> tuple[GuestRule, ...]:
    """Return the rules in their order; ConfigError for the first thing that is wrong. `text` is the whole file."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        where = f"{file}, line {_line(text, 0, SECTION)}"
        raise ConfigError(f"{where}: ssh: expected [[ssh]] tables, got {tables!r}", hint="README shows one")
    return tuple(_rule(table, number, text, file) for number, table in enumerate(tables))


def _rule(table: dict[str, Any], number: int, text: str, file: Path) -> GuestRule:
    def wrong(key: str, what: str) -> ConfigError:
        return ConfigError(f"{file}, line {_line(text, number, key)}: {what}", hint="README shows a rule")

    for key in table:
        if key not in RULE_KEYS:
            near = "".join(f"; did you mean {found}?" for found in get_close_matches(key, RULE_KEYS, n=1))
            raise wrong(key, f"unknown setting ssh.{key}{near}")
        try:
            msgspec.convert({key: table[key]}, GuestRule, strict=True)
        except msgspec.ValidationError:
            kind = {"port": "a whole number", "agent": "true or false"}.get(key, "a text")
            raise wrong(key, f"ssh.{key}: expected {kind}, got {table[key]!r}") from None
    rule = msgspec.convert(table, GuestRule)
    for key, expected in wrong_in(rule):
        raise wrong(key, f"ssh.{key}: expected {expected}, got {table[key]!r}")
    return msgspec.structs.replace(rule, key_file=str(Path(rule.key_file).expanduser())) if rule.key_file else rule


def _line(text: str, number: int, key: str) -> int:
    """Return the line of `key` in the table of this number (from 0), or of the table, or 1."""
    seen, best, inside = -1, 1, False
    for at, line in enumerate(text.splitlines(), 1):
        if _HEAD.match(line):
            seen += 1
            inside = seen == number
            best = at if inside else best
        elif _OTHER.match(line):
            inside = False
        elif inside and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
            return at
        elif seen < 0 and re.match(rf"\s*{SECTION}\s*=", line):
            best = at
    return best
