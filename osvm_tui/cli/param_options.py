"""Parameters of verbs as options: generated from `Param`, and collected into what the services take. Knows no verb.

A secret is no option: it is asked for on a terminal, else taken from a variable or from standard input, so that no
process list and no shell history shows it.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from osvm_tui.domain.action import Param

PLAIN = frozenset({"text", "secret", "flag", "choice", "int", "pairs", "words"})
"""Kinds that are given as they are; all others are chosen from a list of the cloud."""
_TYPES: dict[str, click.ParamType[Any]] = {"int": click.INT, "flag": click.BOOL}
_SECRETS = "OSVM_SECRET_"


def flag_of(param: Param) -> str:
    """Return the option of a parameter: `--size-gib`, and `--flavor` for what takes a flavor's name or id."""
    return f"--{param.name.removesuffix('_id').replace('_', '-')}"


def options(params: Iterable[Param], *, required: bool = True) -> list[click.Parameter]:
    """Return the options of parameters; those of an edit (`required` False) may each be left out."""
    return [_option(param, required) for param in params if param.kind != "secret"]


def collected(params: Iterable[Param], values: Mapping[str, Any]) -> dict[str, object]:
    """Return what was given, by parameter: pairs as a dict, words as a list, secrets asked for."""
    found: dict[str, object] = {}
    for param in params:
        value = values.get(param.name)
        if param.kind == "secret":
            found[param.name] = _secret(param)
        elif param.kind == "pairs" and value:
            found[param.name] = dict(pair(text, flag_of(param)) for text in value)
        elif param.kind == "words" and value:
            found[param.name] = list(value)
        elif value not in (None, ()):
            found[param.name] = value
    return found


def pair(text: str, option: str) -> tuple[str, str]:
    """Return `KEY=VALUE` as a pair; a usage error that names the option otherwise."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.UsageError(f"{option} {text}: expected KEY=VALUE")
    return key, value


def _option(param: Param, required: bool) -> click.Option:
    many = param.kind in ("pairs", "words")
    metavar = {"pairs": "KEY=VALUE", "words": "WORD"}.get(param.kind)
    return click.Option(
        [flag_of(param), param.name],
        type=click.Choice(param.choices) if param.choices else _TYPES.get(param.kind, click.STRING),
        required=required and param.required and not param.default,
        default=None if many else param.default or None,
        show_default=bool(param.default),
        multiple=many,
        metavar=metavar if param.kind in PLAIN else "NAME",
        help=_help(param, many),
    )


def _help(param: Param, many: bool) -> str:
    how = "; may be repeated" if many else "" if param.kind in PLAIN else "; name or id"
    return f"{param.help}{how}."


def _secret(param: Param) -> str:
    variable = f"{_SECRETS}{param.name.upper()}"
    if given := os.environ.get(variable):
        return given
    what = param.name.replace("_", " ")
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise click.UsageError(f"the {what} is read from standard input or from {variable}; both are empty")
        return line
    first = getpass.getpass(f"{param.help}: ")
    if getpass.getpass("once more: ") != first:
        raise click.UsageError(f"the two are not the same: the {what} was not set")
    return first
