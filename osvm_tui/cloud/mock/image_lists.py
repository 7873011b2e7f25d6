"""How Glance filters, sorts and pages its list of images.

Pure: takes image objects as Glance shows them and the query. Knows no request, no state and no owner rules.
Order, filters and texts were observed on a Zed Glance; a page is 25 images unless asked, 1000 at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

PAGE = 25
MOST = 1000
SORT_KEYS = (
    "name",
    "status",
    "container_format",
    "disk_format",
    "size",
    "id",
    "created_at",
    "updated_at",
)
VISIBILITIES = ("public", "private", "shared", "community", "all")
_NOT_FILTERS = {"limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status", "os_hidden"}
_BOOLEANS = ("protected",)

Image = dict[str, Any]
Query = Sequence[tuple[str, str]]


class BadQuery(Exception):
    """Say in Glance's words why a list request is 400."""


def page_of(images: Iterable[Image], query: Query) -> tuple[list[Image], str | None]:
    """Return one page and the marker of the next, or None if the page is not full; raise BadQuery."""
    limit = _limit(query)
    rows = _sorted([image for image in images if _wanted(image, query)], query)
    marker = _value(query, "marker")
    if marker is not None:
        ids = [image["id"] for image in rows]
        if marker not in ids:
            raise BadQuery(f"No image found with ID {marker}")
        rows = rows[ids.index(marker) + 1 :]
    page = rows[:limit]
    return page, page[-1]["id"] if page and len(page) == limit else None


def _value(query: Query, name: str, default: str | None = None) -> str | None:
    return next((value for key, value in query if key == name), default)


def _limit(query: Query) -> int:
    text = _value(query, "limit", str(PAGE)) or ""
    try:
        limit = int(text)
    except ValueError:
        raise BadQuery("limit param must be an integer") from None
    if limit < 0:
        raise BadQuery("limit param must be positive")
    return min(limit, MOST)


def _wanted(image: Image, query: Query) -> bool:
    visibility = _value(query, "visibility", "all")
    if visibility not in VISIBILITIES:
        raise BadQuery(f"Invalid visibility value: {visibility}")
    if visibility not in ("all", image.get("visibility")):
        return False
    hidden = (_value(query, "os_hidden", "false") or "").lower() == "true"
    if hidden != bool(image.get("os_hidden")):
        return False
    return all(_passes(image, key, value) for key, value in query if key not in _NOT_FILTERS)


def _passes(image: Image, key: str, value: str) -> bool:
    if key == "tag":
        return value in image.get("tags", ())
    if key in ("size_min", "size_max"):
        return _size_passes(image.get("size") or 0, key, value)
    held = image.get(key)
    if held is None:
        return False
    if key in _BOOLEANS:
        return (value.lower() == "true") == bool(held)
    if value.startswith("in:"):
        return str(held) in (part.strip('"') for part in value[3:].split(","))
    return str(held) == value


def _size_passes(size: int, key: str, value: str) -> bool:
    if not value.isdigit():
        raise BadQuery(f"Cannot convert image size '{value}' to an integer.")
    return size >= int(value) if key == "size_min" else size <= int(value)


def _sorted(images: list[Image], query: Query) -> list[Image]:
    orders = _orders(query)
    named = {key for key, _ in orders}
    direction = orders[0][1]
    orders += [(key, direction) for key in ("created_at", "id") if key not in named]
    for key, way in reversed(orders):
        images.sort(key=lambda image: _sortable(image.get(key)), reverse=way == "desc")
    return images


def _orders(query: Query) -> list[tuple[str, str]]:
    """Return (key, "asc" or "desc") pairs of `sort`, or of sort_key and sort_dir; created_at desc if none."""
    combined = _value(query, "sort")
    if combined is not None:
        pairs = [part.strip().partition(":") for part in combined.split(",")]
        orders = [(key, way or "desc") for key, _, way in pairs]
    else:
        keys = [value for key, value in query if key == "sort_key"] or ["created_at"]
        ways = [value for key, value in query if key == "sort_dir"] or ["desc"]
        ways += [ways[-1]] * (len(keys) - len(ways))
        orders = list(zip(keys, ways, strict=False))
    for key, way in orders:
        if key not in SORT_KEYS:
            known = ", ".join(SORT_KEYS)
            raise BadQuery(f"Invalid sort key: {key}. It must be one of the following: {known}.")
        if way not in ("asc", "desc"):
            raise BadQuery(f"Invalid sort direction: {way}")
    return orders


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
