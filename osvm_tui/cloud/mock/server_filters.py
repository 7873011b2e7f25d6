"""Which servers a list request asks for: parameters, their checks, and the test on one server.

Follows nova-facts.md, section 3.1. Knows how to read parameters; paging is in server_lists.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.server_view import addresses
from osvm_tui.cloud.mock.statuses import KNOWN, status_of

TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE = frozenset({"0", "f", "false", "off", "n", "no"})
PAGING = frozenset({"limit", "marker", "sort_key", "sort_dir", "all_tenants"})
FOR_MEMBERS = frozenset(
    {"name", "status", "image", "flavor", "ip", "changes-since", "reservation_id", "ip6", "tags", "tags-any"}
) | {"not-tags", "not-tags-any", "locked", "hostname", "changes-before"}
FROM_283 = frozenset(
    [
        "vm_state",
        "task_state",
        "power_state",
        "availability_zone",
        "key_name",
        "user_id",
        "created_at",
        "launched_at",
        "terminated_at",
        "progress",
        "config_drive",
    ]
)
FOR_ADMINS = frozenset(
    [
        "host",
        "node",
        "project_id",
        "tenant_id",
        "deleted",
        "uuid",
        "instance_name",
        "root_device_name",
        "description",
        "display_name",
        "display_description",
        "access_ip_v4",
        "access_ip_v6",
        "kernel_id",
        "ramdisk_id",
        "image_ref",
        "instance_type_id",
        "launch_index",
        "auto_disk_config",
        "cell_name",
        "soft_deleted",
        "locked_by",
    ]
)
KNOWN_NAMES = PAGING | FOR_MEMBERS | FROM_283 | FOR_ADMINS
SINCE = {"changes-before": 66, "locked": 73, "hostname": 90, "tags": 26, "tags-any": 26, "not-tags": 26, "ip6": 5}
Test = Callable[[Entry], bool]


class Wanted(msgspec.Struct, frozen=True):
    """A read request: `project` None means all; `deleted` None means both; `tests` must all hold."""

    project: str | None
    deleted: bool | None
    soft_deleted: bool
    since: float | None
    before: float | None
    tests: list[Test]


def read(call: NovaCall, policy: str) -> Wanted:
    """Return what the request's parameters ask for; raise Refused (400, 403)."""
    given = _given(call)
    project = _project(call, given, policy)
    since, before = _moment(given, "changes-since"), _moment(given, "changes-before")
    if since is not None and before is not None and since > before:
        raise Refused(400, "The value of changes-since must be less than or equal to changes-before.")
    tests = _tests(call, given)
    deleted = _deleted(call, given, since is not None or before is not None)
    soft = since is not None or before is not None or "SOFT_DELETED" in map(str.upper, given.get("status", []))
    return Wanted(project, deleted, soft, since, before, tests)


def _given(call: NovaCall) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in call.request.query:
        known = name in KNOWN_NAMES and call.minor >= SINCE.get(name, 1)
        if not known and not name.startswith("_") and call.minor >= 75:
            raise Refused(400, f"{name!r} does not match any of the regexes: '^_'")
        if known and _permitted(call, name):
            given.setdefault(name, []).append(value)
    return given


def _permitted(call: NovaCall, name: str) -> bool:
    if call.caller.is_admin or name in PAGING or name in FOR_MEMBERS:
        return True
    return name in FROM_283 and call.minor >= 83


def _project(call: NovaCall, given: dict[str, list[str]], policy: str) -> str | None:
    if not flag(given.get("all_tenants", ["0"])[0] or "1"):
        return call.caller.project_id
    call.allow("admin", f"servers:{policy}:get_all_tenants")
    return (given.get("project_id") or given.get("tenant_id") or [None])[0]  # type: ignore[list-item]


def flag(text: str) -> bool:
    """Return a boolean parameter; raise Refused (400) for other words."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    accepted = ", ".join(repr(word) for word in sorted(TRUE | FALSE))
    raise Refused(400, f"Unrecognized value '{text}', acceptable values are: {accepted}")


def _moment(given: dict[str, list[str]], name: str) -> float | None:
    if name not in given:
        return None
    text = given[name][0]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            400,
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'date-time'",
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _deleted(call: NovaCall, given: dict[str, list[str]], changes: bool) -> bool | None:
    statuses = {status.upper() for status in given.get("status", [])}
    if "DELETED" in statuses:
        if not call.caller.is_admin:
            raise Refused(403, "Only administrators may list deleted instances")
        return True
    if "deleted" in given:
        return flag(given["deleted"][0] or "1")
    return None if changes else False


def _tests(call: NovaCall, given: dict[str, list[str]]) -> list[Test]:
    tests: list[Test] = []
    for name, values in given.items():
        make = _MAKERS.get(name)
        if make is not None:
            tests.append(make(call, values))
    return tests


def _pattern(name: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        raise Refused(
            400, f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'regex'"
        ) from None


def _name(call: NovaCall, values: list[str]) -> Test:
    pattern = _pattern("name", values[0])
    return lambda entry: pattern.search(entry.server.name) is not None


def _hostname(call: NovaCall, values: list[str]) -> Test:
    pattern = _pattern("hostname", values[0])
    return lambda entry: pattern.search(entry.server.hostname) is not None


def _status(call: NovaCall, values: list[str]) -> Test:
    wanted = {value.upper() for value in values}
    if not wanted & KNOWN:
        if call.minor >= 38:
            raise Refused(400, "Invalid status value")
        return lambda entry: False
    return lambda entry: status_of(entry.moment) in wanted


def _ip(call: NovaCall, values: list[str]) -> Test:
    pattern = _pattern("ip", values[0])

    def holds(entry: Entry) -> bool:
        shown = addresses(entry.server, entry.moment, call.now)
        return any(pattern.search(one["addr"]) for nets in shown.values() for one in nets)

    return holds


def _tags(call: NovaCall, values: list[str]) -> Test:
    wanted = set(values[0].split(","))
    return lambda entry: wanted <= set(entry.server.tags)


def _tags_any(call: NovaCall, values: list[str]) -> Test:
    wanted = set(values[0].split(","))
    return lambda entry: bool(wanted & set(entry.server.tags))


def _not_tags(call: NovaCall, values: list[str]) -> Test:
    unwanted = set(values[0].split(","))
    return lambda entry: not unwanted <= set(entry.server.tags)


def _not_tags_any(call: NovaCall, values: list[str]) -> Test:
    unwanted = set(values[0].split(","))
    return lambda entry: not unwanted & set(entry.server.tags)


def _locked(call: NovaCall, values: list[str]) -> Test:
    wanted = flag(values[0])
    return lambda entry: (entry.server.locked_by is not None) == wanted


def _equal(read: Callable[[Entry], object]) -> Callable[[NovaCall, list[str]], Test]:
    def make(call: NovaCall, values: list[str]) -> Test:
        return lambda entry: str(read(entry)) in values

    return make


_MAKERS: dict[str, Callable[[NovaCall, list[str]], Test]] = {
    "name": _name,
    "hostname": _hostname,
    "status": _status,
    "ip": _ip,
    "tags": _tags,
    "tags-any": _tags_any,
    "not-tags": _not_tags,
    "not-tags-any": _not_tags_any,
    "locked": _locked,
    "image": _equal(lambda entry: entry.moment.image),
    "flavor": _equal(lambda entry: entry.moment.flavor.id),
    "host": _equal(lambda entry: entry.moment.host),
    "node": _equal(lambda entry: entry.moment.host),
    "uuid": _equal(lambda entry: entry.server.id),
    "user_id": _equal(lambda entry: entry.server.user),
    "key_name": _equal(lambda entry: entry.server.key_name),
    "vm_state": _equal(lambda entry: entry.moment.vm_state),
    "task_state": _equal(lambda entry: entry.moment.task_state),
    "power_state": _equal(lambda entry: entry.moment.power_state),
    "availability_zone": _equal(lambda entry: "nova" if entry.moment.host else None),
    "reservation_id": _equal(lambda entry: entry.server.reservation),
    "locked_by": _equal(lambda entry: entry.server.locked_by),
}
