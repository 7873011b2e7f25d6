"""`checked`: the parameters of a resource's change as they are sent, and `told`: as the audit tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from osvm_tui.domain.errors import Refused
from osvm_tui.domain.parameters import expanded, parsed
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget

_KEY_BYTES = 20_000
_PUBLIC = re.compile(r"[a-z][a-z0-9@.-]+ +AAAA[A-Za-z0-9+/=]*(?: [^\n]*)?")
"""One line of OpenSSH's authorized_keys without options: kind, key (its first field has a length below 256), remark."""
_MAX_TOLD = 200


def checked(
    spec: ResourceSpec, target: ResourceTarget, given: Mapping[str, object], asked_at: datetime
) -> dict[str, object]:
    """Return what is sent: by kind, `{name}` filled in, a public key read from its file; Refused in words."""
    values = parsed(spec.params, given, verb=spec.label, edits=spec.edits)
    found = expanded(spec.params, values, target.name, asked_at)
    key = found.get("public_key")
    return found if key is None else {**found, "public_key": _public_key(str(key).strip())}


def told(params: Mapping[str, object]) -> str:
    """Return parameters for the audit, in one line; long ones (a public key) are cut."""
    return ", ".join(f"{name} {str(value)[:_MAX_TOLD]}" for name, value in params.items())


def _public_key(text: str) -> str:
    """Return a key's line, read from a file when it is not the line itself; what is no public key goes nowhere."""
    if "PRIVATE KEY" in text:
        raise Refused("that is a private key; give the public one")
    line = text if " " in text else _line_of(text)
    if not _PUBLIC.fullmatch(line):
        raise Refused("that is no public key in OpenSSH's format: ssh-ed25519 AAAA... remark")
    return line


def _line_of(path: str) -> str:
    file = Path(path).expanduser()
    try:
        with file.open("rb") as stream:
            line = stream.read(_KEY_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{path} is neither a public key nor a file with one") from None
    if "PRIVATE KEY" in line:
        raise Refused(f"{path} holds a private key; give the .pub file beside it")
    return line
