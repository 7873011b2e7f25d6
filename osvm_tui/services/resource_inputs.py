"""`checked`: the parameters of a resource's change as they are sent, and `told`: as the audit tells them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget

_KEY_BYTES = 20_000
_MAX_TOLD = 200


def checked(spec: ResourceSpec, target: ResourceTarget, given: Mapping[str, object]) -> dict[str, object]:
    """Return what is sent: numbers as numbers, `{name}` filled in, a key read from its file; Refused in words."""
    unknown = given.keys() - {param.name for param in spec.params}
    if unknown:
        raise Refused(f"{spec.id} has no parameter {', '.join(sorted(unknown))}")
    found = {param.name: _value(param, given.get(param.name), target) for param in spec.params}
    missing = [param.name for param in spec.params if param.required and found[param.name] in (None, "")]
    if missing:
        raise Refused(f"{spec.label.lower()} needs {', '.join(name.replace('_', ' ') for name in missing)}")
    emptied = {name for name in given if spec.edits and given[name] == ""}
    kept = {name: value for name, value in found.items() if value not in (None, "") or name in emptied}
    if spec.edits and not kept:
        raise Refused("nothing is to be changed")
    return kept


def told(params: Mapping[str, object]) -> str:
    """Return parameters for the audit, in one line; long ones (a public key) are cut."""
    return ", ".join(f"{name} {str(value)[:_MAX_TOLD]}" for name, value in params.items())


def _value(param: Param, value: object, target: ResourceTarget) -> object:
    if value in (None, ""):
        value = param.default
    if isinstance(value, str):
        value = value.strip()
        if param.kind == "int" and value:
            return _number(param, value)
        if param.name == "public_key":
            return _public_key(value)
        value = value.replace("{name}", target.name)
    if param.choices and value and value not in param.choices:
        raise Refused(f"{param.name.replace('_', ' ')} is one of {', '.join(param.choices)}, not {value}")
    return value


def _number(param: Param, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise Refused(f"{param.name.replace('_', ' ')} is a whole number above 0, not {text}")
    return int(text)


def _public_key(text: str) -> str:
    """Return a key's line, read from a file when it is not the line itself."""
    if not text or " " in text:
        return text
    file = Path(text).expanduser()
    try:
        with file.open("rb") as stream:
            line = stream.read(_KEY_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{text} is neither a public key nor a file with one") from None
    if "PRIVATE KEY" in line:
        raise Refused(f"{text} holds a private key; give the .pub file beside it")
    return line
