"""What is given with an action, read and checked before anything is planned, and filled in per VM. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Refused

_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def parsed(
    params: Sequence[Param], given: Mapping[str, object], *, verb: str, edits: bool = False
) -> dict[str, object]:
    """Return what is sent: text read as the parameter's kind, defaults filled in, what was left empty left out.

    With `edits` the parameters are present values: an empty text empties one that is not required, what is not given
    stays as it is, and at least one must be given. Raises Refused, naming the parameter, for one that is missing,
    unknown or not of its kind.
    """
    unknown = sorted(given.keys() - {param.name for param in params})
    if unknown:
        raise Refused(f"{verb.lower()} has no parameter {unknown[0]}")
    found: dict[str, object] = {}
    for param in params:
        value = given.get(param.name)
        if edits and not param.required and value == "" and param.name != "name":
            found[param.name] = ""
        elif not _empty(value) or not _empty(value := param.default):
            found[param.name] = _READ.get(param.kind, _text)(param, value)
        elif param.required and (param.name in given or not edits):
            raise Refused(f"{verb.lower()} needs {words(param)}" + (f": {param.help}" if param.help else ""))
    if edits and not found:
        raise Refused(f"{verb.lower()} needs {' or '.join(words(param) for param in params)}")
    return found


def expanded(params: Sequence[Param], values: Mapping[str, object], name: str, asked_at: datetime) -> dict[str, object]:
    """Return `values` for one VM: in text parameters `{name}` is its name and `{date}` the day of the request (UTC).

    The same for whoever sends the item, so that a plan which another console takes over keeps its names.
    """
    day = asked_at.astimezone(UTC).date().isoformat()
    texts = {param.name for param in params if param.kind == "text"}
    return {
        key: value.replace("{name}", name).replace("{date}", day) if key in texts and isinstance(value, str) else value
        for key, value in values.items()
    }


def secrets(params: Sequence[Param]) -> frozenset[str]:
    """Return the names of the parameters that no store, audit or log may hold."""
    return frozenset(param.name for param in params if param.kind == "secret")


def words(param: Param) -> str:
    """Return how a sentence calls a parameter: `backup type`, `image`."""
    return param.name.removesuffix("_id").replace("_", " ")


def _empty(value: object) -> bool:
    """An empty list that is given as a list is a value: a VM without tags."""
    return value is None or value == {} or (isinstance(value, str) and not value.strip())


def _text(param: Param, value: object) -> object:
    if not isinstance(value, str | int | float):
        raise Refused(f"{words(param)} is a text, not {value!r}")
    return str(value)


def _secret(param: Param, value: object) -> object:
    if not isinstance(value, str):
        raise Refused(f"{words(param)} is a text")
    return value


def _int(param: Param, value: object) -> object:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal():
        raise Refused(f"{words(param)} is a whole number, not {text}")
    return int(text)


def _flag(param: Param, value: object) -> object:
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise Refused(f"{words(param)} is yes or no, not {text}")
    return text in _YES


def _choice(param: Param, value: object) -> object:
    if value not in param.choices:
        raise Refused(f"{words(param)} is one of {', '.join(param.choices)}, not {value}")
    return value


def _pairs(param: Param, value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): str(one) for key, one in value.items()}
    found = {}
    for part in _parts(param, value):
        key, equals, one = part.partition("=")
        if not key.strip() or not equals:
            raise Refused(f"{words(param)} is key=value, not {part}")
        found[key.strip()] = one.strip()
    return found


def _words(param: Param, value: object) -> object:
    return list(dict.fromkeys(_parts(param, value)))


def _parts(param: Param, value: object) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise Refused(f"{words(param)} is a text separated by commas, not {value!r}")
    return [str(part) for part in value]


_READ: dict[str, Callable[[Param, object], object]] = {
    "secret": _secret,
    "int": _int,
    "flag": _flag,
    "choice": _choice,
    "pairs": _pairs,
    "words": _words,
}
