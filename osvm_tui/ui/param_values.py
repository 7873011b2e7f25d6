"""What is typed for a `Param` read as the value that is sent, and a present value as it is typed. Pure; no widget."""

from __future__ import annotations

from collections.abc import Mapping

from osvm_tui.domain.action import Param

TYPED = frozenset({"text", "secret", "int", "pairs", "words"})
"""Kinds that are typed; flag and choice are chosen at once, every other kind is picked from a list of the cloud's."""
FLAG, CHOICE = "flag", "choice"


def picked(param: Param) -> bool:
    """Return whether it is picked from a list that the cloud gives."""
    return param.kind not in TYPED and param.kind not in (FLAG, CHOICE)


def label_of(param: Param) -> str:
    """Return what a form calls it: `security group`, `image`, `fixed ip`."""
    words = param.name.removesuffix("_id").split("_")
    return " ".join(_UNITS.get(word, word) for word in words)


_UNITS = {"ip": "IP", "gib": "in GiB", "cidr": "CIDR", "vm": "VM"}


def typed_of(value: object) -> str:
    """Return a present value as a field shows it: pairs as `k=v, k=v`, words with commas, flags as yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(each) for each in value)
    return str(value)


def parsed(param: Param, typed: str) -> object:
    """Return what `typed` means for this parameter; raises ValueError whose text is a sentence for the operator."""
    text = typed if param.kind == "secret" else typed.strip()
    match param.kind:
        case "flag":
            return text in ("yes", "true", "1")
        case "int":
            return _number(text)
        case "words":
            return list(dict.fromkeys(_split(text)))
        case "pairs":
            return dict(_pair(each) for each in _split(text))
        case _:
            return text


def empty(value: object) -> bool:
    """Return whether a value says nothing; a flag and a number always say something."""
    return value is None or value == "" or value == [] or value == {}


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(f"{text} is not a whole number")
    return int(text)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise ValueError(f"{text} is not key=value")
    if len(key.strip()) > _LONGEST or len(value.strip()) > _LONGEST:
        raise ValueError(f"{key.strip()[:20]}: keys and values have at most {_LONGEST} characters")
    return key.strip(), value.strip()


_LONGEST = 255
"""Nova's limit for metadata."""
