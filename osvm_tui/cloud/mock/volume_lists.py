"""How Cinder filters, sorts and pages its lists of volumes and snapshots, and the words of a bad query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from osvm_tui.cloud.mock.cinder_call import CinderCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.world import Thing

MOST = 1000
_SORT = {"created_at": "created", "updated_at": "updated", "id": "id", "name": "name", "status": "status"} | {
    "display_name": "name",
    "size": "size",
    "bootable": "bootable",
    "volume_id": "volume",
    "availability_zone": "id",
}
_FILTERS = {"name": "name", "status": "status", "volume_id": "volume", "bootable": "bootable", "project_id": "project"}


def answer(call: CinderCall, plural: str, rows: Iterable[Thing], show: Callable[[Thing], Thing]) -> SimReply:
    """Return one page of the rows that the caller asks for, newest first, with a next link if it is full."""
    every = call.caller.is_admin and (call.request.first("all_tenants") or "0").lower() in ("1", "true")
    wanted = [row for row in rows if (every or row["project"] == call.caller.project_id) and _passes(call, row)]
    limit = _limit(call)
    page = _behind_marker(call, plural, _sorted(call, wanted))[:limit]
    body: dict[str, Any] = {plural: [show(row) for row in page]}
    if page and len(page) == limit:
        kept = [pair for pair in call.request.query if pair[0] != "marker"]
        query = urlencode([*kept, ("marker", page[-1]["id"])])
        body[f"{plural}_links"] = [{"rel": "next", "href": f"{call.root}{call.request.path}?{query}"}]
    return call.reply(200, body)


def _limit(call: CinderCall) -> int:
    text = call.request.first("limit")
    if text is None:
        return MOST
    try:
        limit = int(text)
    except ValueError:
        raise Refused(400, "limit param must be an integer") from None
    if limit < 0:
        raise Refused(400, "limit param must be positive")
    return min(limit, MOST)


def _passes(call: CinderCall, row: Thing) -> bool:
    for name, value in call.request.query:
        field = _FILTERS.get(name)
        if field in row and str(row[field]).lower() != value.lower():
            return False
    return True


def _sorted(call: CinderCall, rows: list[Thing]) -> list[Thing]:
    text = call.request.first("sort") or "created_at:desc"
    pairs = [part.strip().partition(":") for part in text.split(",")]
    order = [(key, way or "desc") for key, _, way in pairs]
    if call.request.first("sort_key"):
        order = [(call.request.first("sort_key") or "", call.request.first("sort_dir") or "desc")]
    for key, way in reversed([*order, ("id", order[0][1])]):
        if key not in _SORT:
            raise Refused(400, "Invalid input received: Invalid sort key")
        field = _SORT[key]
        rows.sort(key=lambda row: (row.get(field) is not None, row.get(field) or 0), reverse=way == "desc")
    return rows


def _behind_marker(call: CinderCall, plural: str, rows: list[Thing]) -> list[Thing]:
    marker = call.request.first("marker")
    if marker is None:
        return rows
    keys = [row["id"] for row in rows]
    if marker not in keys:
        raise Refused(404, f"{plural.removesuffix('s').capitalize()} {marker} could not be found.")
    return rows[keys.index(marker) + 1 :]
