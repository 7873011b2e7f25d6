"""What is typed for a `Param` read as the value that is sent, and a present value as it is typed. Pure; no widget."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.parameters import parsed as as_sent

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
    if not text.strip() and param.kind != FLAG:
        return _NOTHING.get(param.kind, "")
    alone = replace(param, required=False, default="")
    try:
        value = as_sent([alone], {param.name: text or "no"}, verb=param.name)[param.name]
    except Refused as no:
        raise ValueError(no.detail) from None
    pairs = value if isinstance(value, dict) and param.kind == "pairs" else {}
    for key, each in pairs.items():
        if len(key) > _LONGEST or len(each) > _LONGEST:
            raise ValueError(f"{key[:20]}: keys and values have at most {_LONGEST} characters")
    return value


def empty(value: object) -> bool:
    """Return whether a value says nothing; a flag and a number always say something."""
    return value is None or value == "" or value == [] or value == {}


_NOTHING: dict[str, object] = {"int": None, "words": [], "pairs": {}}
"""What an empty field means."""
_LONGEST = 255
"""Nova's limit for metadata."""
