"""The one filter grammar of the console and of `osvm vm list --filter`: text becomes a predicate over a row. Pure.

    web              any column contains it, case-insensitive      col:x   contains     col=x   equals
    "two words"      quotes keep blanks                            col>x   col<x   col>=x   col<=x   compare
    !term            not                                           ~re  col~re   regular expression
    -f word          fuzzy: its letters in this order              terms stand side by side: all must hold

Which columns there are is the caller's business. Ages are written 90s, 5m, 2h, 30d, 4w, 1y; sizes 512M, 4G, 1T.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Predicate = Callable[[T], bool]
_AGES = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}
_SIZES = {"": 1.0, "k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0**2}
_TERM = re.compile(r"(?P<column>[A-Za-z_]+)(?P<sign>>=|<=|[:=<>~])(?P<value>.*)", re.DOTALL)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")


class FilterError(ValueError):
    """A filter that means nothing: a sentence, and where in the text the trouble begins (from 0)."""

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position


class Kind(StrEnum):
    """What a column holds, which decides how a typed value is read."""

    TEXT = "text"
    NUMBER = "number"
    SIZE = "size"
    """MiB; typed with K, M, G or T, plain numbers are MiB."""
    AGE = "age"
    """Seconds; typed with s, m, h, d, w or y."""
    FLAG = "flag"
    """yes or no."""


class Field(NamedTuple, Generic[T]):
    """A column: its kind and how to read it. `read` gives text, several texts as a tuple, a number, a bool, None."""

    kind: Kind
    read: Callable[[T], object]
    bare: bool = False
    """Whether a flag's name alone, as a word of its own, means `=yes`."""


class Filter(NamedTuple, Generic[T]):
    """A filter ready to use. `ageing`: rows may start or cease to pass while time goes by and nothing changes."""

    text: str
    passes: Predicate[T]
    ageing: bool = False


class _Word(NamedTuple):
    text: str
    at: int
    quoted: bool


def compile_filter(text: str, fields: Mapping[str, Field[T]], any_text: Callable[[T], str]) -> Filter[T] | None:
    """Return the filter that `text` means, None for a blank one; `any_text` is all a bare word may match, lower case.

    Raises FilterError.
    """
    terms: list[Predicate[T]] = []
    ageing = fuzzy = False
    for word in _words(text):
        if word.text == "-f" and not word.quoted:
            fuzzy = True
            continue
        term, ages = _term(word, fields, any_text, fuzzy)
        terms.append(term)
        ageing, fuzzy = ageing or ages, False
    if fuzzy:
        raise FilterError("-f wants a word behind it", len(text))
    if not terms:
        return None
    only = terms[0]
    return Filter(text.strip(), only if len(terms) == 1 else lambda row: all(term(row) for term in terms), ageing)


def _words(text: str) -> list[_Word]:
    words, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start, made, quoted = at, "", False
        while at < len(text) and not text[at].isspace():
            if text[at] == '"':
                end = text.find('"', at + 1)
                if end < 0:
                    raise FilterError('a quote is not closed: "', at)
                quoted = quoted or at == start
                made, at = made + text[at + 1 : end], end + 1
            else:
                made, at = made + text[at], at + 1
        words.append(_Word(made, start, quoted))
    return words


def _term(
    word: _Word, fields: Mapping[str, Field[T]], any_text: Callable[[T], str], fuzzy: bool
) -> tuple[Predicate[T], bool]:
    if word.quoted:
        return _contains(any_text, word.text), False
    if word.text.startswith("!"):
        if word.text == "!":
            raise FilterError("! wants something to negate", word.at)
        inner, ages = _term(_Word(word.text[1:], word.at + 1, False), fields, any_text, fuzzy)
        return (lambda row: not inner(row)), ages
    if fuzzy:
        return _fuzzy(any_text, word.text), False
    if word.text.startswith("~"):
        return _matches(any_text, word.text[1:], word.at + 1), False
    flag = fields.get(word.text.lower())
    if flag is not None and flag.bare:
        return _flag(flag.read, "=", "yes", word.at), False
    found = _TERM.fullmatch(word.text)
    if found is None or (found["sign"] == ":" and _ADDRESS.fullmatch(word.text)):
        return _contains(any_text, word.text), False
    name = found["column"].lower()
    field = fields.get(name)
    if field is None:
        raise FilterError(_no_column(name, fields), word.at)
    at = word.at + found.start("value")
    return _column_term(field, found["sign"], found["value"], at), field.kind is Kind.AGE


def _no_column(name: str, fields: Mapping[str, Field[T]]) -> str:
    near = get_close_matches(name, fields, n=1, cutoff=0.6)
    known = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(fields))}"
    return f"no column {name}; {known}"


def _column_term(field: Field[T], sign: str, value: str, at: int) -> Predicate[T]:
    read = field.read
    if not value:
        raise FilterError("a value is missing", at)
    if sign == "~":
        return _matches(lambda row: _text(read(row)), value, at)
    if sign == ":" or (sign == "=" and field.kind is Kind.TEXT):
        wanted = value.lower()
        if sign == "=":
            return lambda row: _is(read(row), wanted)
        return lambda row: wanted in _text(read(row))
    if field.kind is Kind.FLAG:
        return _flag(read, sign, value, at)
    if field.kind is Kind.TEXT:
        wanted = value.lower()
        return _compare(lambda row: _text(read(row)) or None, sign, wanted)
    return _compare(read, sign, _number(field.kind, value, at))


def _number(kind: Kind, value: str, at: int) -> float:
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)", value)
    units = {Kind.AGE: _AGES, Kind.SIZE: _SIZES}.get(kind, {"": 1.0})
    unit = found[2].lower().removesuffix("ib").removesuffix("b") if found else ""
    if found is None or unit not in units:
        example = {Kind.AGE: "30d or 12h", Kind.SIZE: "4G or 512M"}.get(kind, "a number")
        raise FilterError(f"{value} is not {example}", at)
    return float(found[1]) * units[unit]


def _flag(read: Callable[[T], object], sign: str, value: str, at: int) -> Predicate[T]:
    if sign != "=" or value.lower() not in ("yes", "no"):
        raise FilterError("this column is =yes or =no", at)
    wanted = value.lower() == "yes"
    return lambda row: bool(read(row)) is wanted


def _compare(read: Callable[[T], object], sign: str, wanted: str | float) -> Predicate[T]:
    def term(row: T) -> bool:
        value = read(row)
        if value is None:
            return False
        if sign == "=":
            return value == wanted
        less, equal = value < wanted, value == wanted  # type: ignore[operator]
        return bool((less if "<" in sign else not less and not equal) or (equal and "=" in sign))

    return term


def _contains(read: Callable[[T], str], value: str) -> Predicate[T]:
    wanted = value.lower()
    return lambda row: wanted in read(row)


def _matches(read: Callable[[T], str], pattern: str, at: int) -> Predicate[T]:
    try:
        search = re.compile(pattern, re.IGNORECASE).search
    except re.error as error:
        raise FilterError(f"not a regular expression: {error.msg}", at + (error.pos or 0)) from None
    return lambda row: search(read(row)) is not None


def _fuzzy(read: Callable[[T], str], letters: str) -> Predicate[T]:
    # Each letter skips over anything but a line's end, so that letters are not gathered from several columns.
    search = re.compile("".join(f"{re.escape(letter)}[^\n]*?" for letter in letters.lower())).search
    return lambda row: search(read(row)) is not None


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, tuple):
        return any(_text(each) == wanted for each in value)
    return _text(value) == wanted


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).lower()
