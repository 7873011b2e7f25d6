"""Decoding of list answers into typed rows: strict and fast first, then leniently, field by field.

One odd row (a null where none should be, a number as text) costs its odd fields and never its page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Raw, Struct

Row = TypeVar("Row", bound=Struct)
Query = tuple[tuple[str, str], ...]
_TURN = 250
"""Rows that are decoded in one call."""


class Link(Struct, gc=False):
    """One of `servers_links` and the like."""

    rel: str = ""
    href: str = ""


def one(raw: bytes | Raw, kind: type[Row]) -> Row:
    """Decode one JSON object into `kind`, whose fields must all have defaults; never raise for an odd field."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _field_by_field(raw, kind)


def many(raw: bytes | Raw, kind: type[Row]) -> list[Row]:
    """Decode a JSON array of objects into rows of `kind`; what is no object at all is left out."""
    try:
        return msgspec.json.decode(raw, type=list[kind])  # type: ignore[valid-type]
    except (msgspec.ValidationError, UnicodeDecodeError):
        pass
    try:
        parts = msgspec.json.decode(raw, type=list[Raw])
    except msgspec.ValidationError:
        return []
    return [one(part, kind) for part in parts if bytes(part)[:1] == b"{"]


def many_in_turns(raw: bytes | Raw, kind: type[Row]) -> list[Row]:
    """Decode as `many` does, in parts: one call for ten thousand rows would hold up every other thread."""
    try:
        parts = msgspec.json.decode(raw, type=list[Raw])
    except msgspec.ValidationError:
        return []
    found: list[Row] = []
    for start in range(0, len(parts), _TURN):
        found += many(b"[" + b",".join(map(bytes, parts[start : start + _TURN])) + b"]", kind)
    return found


def _field_by_field(raw: bytes | Raw, kind: type[Row]) -> Row:
    try:
        found = msgspec.json.decode(bytes(raw).decode("utf-8", "replace"))
    except msgspec.DecodeError:
        found = {}
    kept: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        if isinstance(found, dict) and field.encode_name in found:
            try:
                kept[field.name] = _tolerant(found[field.encode_name], field.type)
            except (msgspec.ValidationError, ValueError):
                continue
    return kind(**kept)


def _tolerant(value: object, kind: object) -> object:
    if kind is Raw:
        return Raw(msgspec.json.encode(value))
    return msgspec.convert(value, kind, strict=False)


def parts(body: bytes) -> dict[str, Raw]:
    """Split a JSON object into its members without decoding them; raise DecodeError when it is none."""
    return msgspec.json.decode(body, type=dict[str, Raw])


def next_query(members: Mapping[str, Raw], key: str) -> Query:
    """Return the query of the page after this one, empty for the last page.

    Nova, Neutron and Cinder give `<key>_links` (Cinder `volume_type_links` for types), Nova `links` for instance
    actions, Glance and Keystone a `next` address.
    """
    for name in (f"{key}_links", f"{key.removesuffix('s')}_links", "links"):
        if name in members:
            href = _next_of(members[name])
            if href:
                return _query(href)
    return _query(_text(members["next"])) if "next" in members else ()


def _next_of(raw: Raw) -> str:
    if bytes(raw)[:1] == b"{":
        found = msgspec.json.decode(raw)
        return str(found.get("next") or "")
    return next((link.href for link in many(raw, Link) if link.rel == "next"), "")


def _text(raw: Raw) -> str:
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else ""


def _query(href: str) -> Query:
    return tuple(parse_qsl(urlsplit(href).query, keep_blank_values=True))
