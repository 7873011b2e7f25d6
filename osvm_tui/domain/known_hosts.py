"""Host keys and the text of a known_hosts file in OpenSSH's format (sshd(8)). Pure: who keeps the file is not known.

Lines that are not understood (markers, hashed names, remarks) are kept as they are and never match.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from msgspec import Struct


class HostKey(Struct, frozen=True):
    """A key that a host shows. `fingerprint` is OpenSSH's, `SHA256:...`."""

    type: str
    fingerprint: str
    line: str
    """As it stands in known_hosts."""

    @property
    def blob(self) -> str:
        """The key itself, in base64."""
        return self.line.split()[2]


def host_key(name: str, key_type: str, blob: bytes) -> HostKey:
    """Return the key of the host that ssh looks up as `name`."""
    text = base64.b64encode(blob).decode()
    return HostKey(key_type, fingerprint(blob), f"{name} {key_type} {text}")


def fingerprint(blob: bytes) -> str:
    """Return OpenSSH's fingerprint of a public key: SHA-256 in base64 without padding."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def keys_of(text: str, name: str) -> tuple[HostKey, ...]:
    """Return the keys that a file accepts for the host that ssh looks up as `name`."""
    return tuple(key for line in text.splitlines() if (key := _key(line, name)) is not None)


def with_keys(text: str, keys: Iterable[HostKey], remark: str) -> str:
    """Return the file's text with more keys; `remark` is for people and is kept on one line."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in remark).split())
    lines = [*text.splitlines(), *(f"{key.line} {words}".rstrip() for key in keys)]
    return "".join(f"{line}\n" for line in lines)


def without(text: str, name: str) -> str:
    """Return the file's text without the keys of one host."""
    return "".join(f"{line}\n" for line in text.splitlines() if _key(line, name) is None)


def changed(accepted: Iterable[HostKey], shown: Iterable[HostKey]) -> tuple[HostKey, HostKey] | None:
    """Return (accepted, shown) of a host that is not the one it was, None when one key at least is the same.

    A host may drop or gain kinds of keys; one of a kind that was accepted must still be the same.
    """
    before, now = {key.type: key for key in accepted}, tuple(shown)
    for key in now:
        if key.type in before and before[key.type].blob != key.blob:
            return before[key.type], key
    if before and now and not any(key.type in before for key in now):
        return next(iter(before.values())), now[0]
    return None


def _key(line: str, name: str) -> HostKey | None:
    words = line.split()
    if len(words) < 3 or words[0].startswith(("#", "@", "|")) or name not in words[0].split(","):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return HostKey(words[1], fingerprint(blob), f"{name} {words[1]} {words[2]}")
