"""One call to the simulated Nova: who asks, under which microversion, and how it is refused.

Holds parsing of the version header, policy checks and the Refused exception. Knows no resource.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.releases import Microversion
from osvm_tui.cloud.mock.replies import nova_fault, nova_reply
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.rules import Rule
from osvm_tui.cloud.mock.server_view import Viewer, viewer
from osvm_tui.cloud.mock.world import World

MINIMUM: Microversion = (2, 1)
UNEXPECTED = (
    "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log"
    " if possible.\n<class 'nova.exception.NovaException'>"
)
_FORM = re.compile(r"([1-9]\d*)\.([1-9]\d*|0)")


class Refused(Exception):
    """Nova's refusal: an HTTP status and the text of the fault body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class NovaCall:
    """Carries one request with all that its handlers need; `now` is the same throughout."""

    def __init__(self, world: World, caller: Caller, request: SimRequest, version: Microversion) -> None:
        self.world = world
        self.caller = caller
        self.request = request
        self.version = version
        self.now = world.now()

    @property
    def minor(self) -> int:
        """The minor number of the microversion (the major one is always 2)."""
        return self.version[1]

    @property
    def root(self) -> str:
        """Where links to Nova's resources begin."""
        return self.request.base_url + "/compute"

    def viewer(self) -> Viewer:
        """Return how this caller sees servers."""
        world = self.world
        hosts = host_statuses(world) if self.caller.is_admin else {}
        return viewer(self.caller.is_admin, self.version, self.request.base_url, hosts, world.thing_rev("service"))

    def reply(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> SimReply:
        """Return an answer under this call's microversion."""
        return nova_reply(self.request, status, body, microversion=version_text(self.version), headers=headers)

    def fault(self, refused: Refused) -> SimReply:
        """Return the fault body of a refusal."""
        return nova_fault(self.request, refused.status, refused.message, microversion=version_text(self.version))

    def allow(self, role: str, policy: str) -> None:
        """Refuse with 403 unless the caller holds `role` (reader, member, manager, admin) in the project."""
        if not holds(self.world, self.caller, role):
            raise Refused(403, f"Policy doesn't allow os_compute_api:{policy} to be performed.")

    def allow_rule(self, rule: Rule) -> None:
        """Refuse with 403 unless the caller may do what `rule` describes."""
        self.allow(rule.role, rule.policy.removeprefix("os_compute_api:"))

    def since(self, version: Microversion) -> None:
        """Refuse with 404 what this microversion does not have yet."""
        if self.version < version:
            raise Refused(404, "The resource could not be found.")

    def server(self, server_id: str) -> Entry:
        """Return the server, or refuse with 404: unknown, deleted, or of another project for a non-admin."""
        entry = self.world.fleet.get(server_id, self.now)
        if entry is None or entry.moment.deleted or not self.may_see(entry):
            raise Refused(404, f"Instance {server_id} could not be found.")
        return entry

    def may_see(self, entry: Entry) -> bool:
        """Tell whether the server is in the caller's project, or the caller is an admin."""
        return self.caller.is_admin or entry.server.project == self.caller.project_id

    def body(self, key: str) -> Any:
        """Return the value of the only key of the JSON body; refuse with 400 otherwise."""
        body = self.request.json()
        if not body:
            raise Refused(400, "Malformed request body")
        if key not in body:
            raise Refused(400, f"Invalid input for field/attribute {next(iter(body))}. {key!r} is a required property")
        return body[key]


def holds(world: World, caller: Caller, role: str) -> bool:
    """Tell whether the caller holds a role, given what the cloud's release makes of managers."""
    if role == "manager" and not world.release.manager_migrates:
        return caller.is_admin
    return role in caller.roles


def host_statuses(world: World) -> dict[str, str]:
    """Return UP, DOWN or MAINTENANCE for every compute host."""
    found = {}
    for service in world.things("service").values():
        if service["binary"] == "nova-compute":
            maintained = service["status"] == "disabled"
            up = "UP" if service["state"] == "up" else "DOWN"
            found[service["host"]] = "MAINTENANCE" if maintained and up == "UP" else up
    return found


def version_text(version: Microversion) -> str:
    """Return a microversion as 2.93."""
    return f"{version[0]}.{version[1]}"


def maximum(world: World) -> Microversion:
    """Return the highest microversion of this cloud."""
    override = world.knobs.maximum_microversion
    if override is None:
        return world.release.maximum
    major, minor = override.split(".")
    return int(major), int(minor)


def microversion(world: World, request: SimRequest) -> Microversion:
    """Return the microversion that the request asks for; none means 2.1. Raise Refused (400, 406)."""
    asked = _asked(request)
    if asked is None:
        return MINIMUM
    if asked == "latest":
        return maximum(world)
    match = _FORM.fullmatch(asked)
    if match is None:
        _bad_form(asked)
    version = int(match[1]), int(match[2])
    top = maximum(world)
    if not MINIMUM <= version <= top:
        raise Refused(
            406,
            f"Version {asked} is not supported by the API. Minimum is {version_text(MINIMUM)}"
            f" and maximum is {version_text(top)}.",
        )
    return version


def _asked(request: SimRequest) -> str | None:
    for part in request.headers.get("openstack-api-version", "").split(","):
        words = part.split()
        if len(words) == 2 and words[0] == "compute":
            return words[1]
    return request.headers.get("x-openstack-nova-api-version") or None


def _bad_form(asked: str) -> NoReturn:
    raise Refused(
        400,
        f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.",
    )
