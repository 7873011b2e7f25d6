"""GET /servers and /servers/detail: order, pages, next links and changes-since of the simulated Nova."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import msgspec

from osvm_tui.cloud.mock import server_filters
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.oddities import oddly
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server_filters import Wanted
from osvm_tui.cloud.mock.server_view import brief, encoded

MAX_LIMIT = 1000
_KEYS: dict[str, Callable[[Entry], Any]] = {
    "created_at": lambda e: e.server.created,
    "updated_at": lambda e: e.updated,
    "launched_at": lambda e: e.moment.launched_at,
    "terminated_at": lambda e: e.moment.terminated_at,
    "display_name": lambda e: e.server.name,
    "vm_state": lambda e: e.moment.vm_state,
    "task_state": lambda e: e.moment.task_state,
    "power_state": lambda e: e.moment.power_state,
    "uuid": lambda e: e.server.id,
    "host": lambda e: e.moment.host,
    "node": lambda e: e.moment.host,
    "hostname": lambda e: e.server.hostname,
    "key_name": lambda e: e.server.key_name,
    "project_id": lambda e: e.server.project,
    "user_id": lambda e: e.server.user,
    "image_ref": lambda e: e.moment.image,
    "instance_type_id": lambda e: e.moment.flavor.name,
    "availability_zone": lambda e: "nova" if e.moment.host else None,
    "display_description": lambda e: e.server.description,
    "locked": lambda e: e.server.locked_by is not None,
}
_CONSTANT = frozenset(
    {"progress", "access_ip_v4", "access_ip_v6", "launch_index", "ramdisk_id", "kernel_id", "root_device_name"}
    | {"auto_disk_config", "config_drive"}
)


def index(call: NovaCall) -> SimReply:
    """List ids, names and links: a fifth of the work and size of the details."""
    page, more = _page(call, "index")
    viewer = call.viewer()
    return _reply(call, "/servers", [msgspec.json.encode(brief(e.server, viewer)) for e in page], page, more)


def detail(call: NovaCall) -> SimReply:
    """List servers with all details."""
    page, more = _page(call, "detail")
    viewer = call.viewer()
    if call.world.knobs.odd:
        views = [oddly(call, entry, viewer) for entry in page]
    else:
        views = [encoded(entry, viewer, call.now) for entry in page]
    return _reply(call, "/servers/detail", views, page, more)


def _reply(call: NovaCall, path: str, views: list[bytes], page: list[Entry], more: bool) -> SimReply:
    body = b'{"servers":[' + b",".join(views) + b"]"
    if more:
        kept = [pair for pair in call.request.query if pair[0] != "marker"]
        query = urlencode([*kept, ("marker", page[-1].server.id)])
        link = {"rel": "next", "href": f"{call.root}/v2.1{path}?{query}"}
        body += b',"servers_links":' + msgspec.json.encode([link])
    return call.reply(200, body + b"}")


def _page(call: NovaCall, policy: str) -> tuple[list[Entry], bool]:
    limit = _limit(call)
    wanted = server_filters.read(call, policy)
    marker = _marker(call)
    order = _order(call)
    requests = [e for e in call.world.fleet.moving(wanted.project, call.now) if e.moment.request]
    requests = [e for e in requests if not wanted.deleted and _passes(e, wanted.tests)]
    first, marker = _requests_behind(requests, marker)
    rest = _sorted(call, wanted, order, marker)
    page = list(islice(_chain(first, (e for e in rest if _shown(call, e, wanted))), limit))
    return page, bool(page) and len(page) == (limit or MAX_LIMIT)


def _chain(first: Iterable[Entry], rest: Iterable[Entry]) -> Iterator[Entry]:
    yield from first
    yield from rest


def _requests_behind(requests: list[Entry], marker: Entry | None) -> tuple[list[Entry], Entry | None]:
    """Build requests stand in front of everything: on the first page, or behind a marker among them."""
    if marker is None:
        return requests, None
    if marker in requests:
        return requests[requests.index(marker) + 1 :], None
    return [], marker


def _sorted(call: NovaCall, wanted: Wanted, order: list[tuple[str, bool]], marker: Entry | None) -> Iterable[Entry]:
    entries = call.world.fleet.of(wanted.project, call.now)
    if order == [("created_at", True)]:
        return entries if marker is None else call.world.fleet.after(entries, marker)
    ordered = list(entries)
    for key, descending in reversed(order):
        ordered.sort(key=_with_nulls_first(_KEYS.get(key, _nothing)), reverse=descending)
    if marker is None:
        return ordered
    places = [place for place, entry in enumerate(ordered) if entry is marker]
    return ordered[places[0] + 1 :] if places else []


def _nothing(entry: Entry) -> None:
    """Stand for the keys that are the same for every server here."""


def _with_nulls_first(read: Callable[[Entry], Any]) -> Callable[[Entry], tuple[bool, Any]]:
    return lambda entry: ((value := read(entry)) is not None, value if value is not None else 0)


def _shown(call: NovaCall, entry: Entry, wanted: Wanted) -> bool:
    moment = entry.moment
    if moment.request:
        return False
    if wanted.since is not None and entry.updated < wanted.since:
        return False
    if wanted.before is not None and entry.updated > wanted.before:
        return False
    soft = moment.vm_state == "soft-delete"
    if wanted.deleted is True:
        if not moment.deleted and not soft:
            return False
    elif wanted.deleted is False and (moment.deleted or (soft and not wanted.soft_deleted)):
        return False
    if call.world.knobs.cell_down and moment.host in call.world.knobs.cell_down:
        return False
    return _passes(entry, wanted.tests)


def _passes(entry: Entry, tests: list[server_filters.Test]) -> bool:
    return all(test(entry) for test in tests)


def _limit(call: NovaCall) -> int:
    text = call.request.first("limit")
    if text is None:
        return MAX_LIMIT
    if not text.isdigit():
        raise Refused(
            400,
            f"Invalid input for query parameters limit. Value: {text}. '{text}' does not match '^[0-9]*$'",
        )
    return min(int(text), MAX_LIMIT)


def _marker(call: NovaCall) -> Entry | None:
    marker = call.request.first("marker")
    if not marker:
        return None
    entry = call.world.fleet.get(marker, call.now)
    if entry is None or not call.may_see(entry):
        raise Refused(400, f"marker [{marker}] not found")
    return entry


def _order(call: NovaCall) -> list[tuple[str, bool]]:
    keys, directions = call.request.every("sort_key"), call.request.every("sort_dir")
    for key in keys:
        _check_key(call, key)
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise Refused(
                400,
                f"Invalid input for query parameters sort_dir. Value: {direction}. '{direction}' is not one of"
                " ['asc', 'desc']",
            )
    if not keys:
        return [("created_at", (directions or ["desc"])[0] == "desc")]
    padded = directions + [(directions or ["desc"])[-1]] * len(keys)
    return [(key, direction == "desc") for key, direction in zip(keys, padded, strict=False)]


def _check_key(call: NovaCall, key: str) -> None:
    if (key not in _KEYS and key not in _CONSTANT) or (key == "locked" and call.minor < 73):
        names = sorted(_KEYS.keys() | _CONSTANT)
        raise Refused(400, f"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of {names}")
    if key in ("host", "node") and not call.caller.is_admin:
        raise Refused(403, f"Only administrators can sort servers by {key}")
