"""One call to the simulated Neutron: who asks, what of the project is there, and how it is refused."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.replies import neutron_reply
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

Thing = dict[str, Any]


class Refused(Exception):
    """Neutron's refusal: an HTTP status, the name of its exception, and the text."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


class NeutronCall:
    """Carries one request with what its handlers need."""

    def __init__(self, world: World, caller: Caller, request: SimRequest) -> None:
        self.world = world
        self.caller = caller
        self.request = request
        self.now = world.now()

    def reply(self, status: int, body: Any = None) -> SimReply:
        """Return an answer."""
        return neutron_reply(self.request, status, body)

    def body(self, kind: str) -> Thing:
        """Return the object under `kind` of the JSON body; refuse with 400."""
        body = self.request.json() or {}
        found = body.get(kind)
        if not isinstance(found, dict):
            raise Refused(400, "HTTPBadRequest", f"Unable to find '{kind}' in request body")
        return found

    def own(self, kind: str, key: str) -> Thing | None:
        """Return a row if it is there and the caller's (or the caller is an admin)."""
        row = self.world.things(kind).get(key)
        if row is None or row.get("_gone", self.now + 1) <= self.now:
            return None
        return row if self.caller.is_admin or row["project_id"] == self.caller.project_id else None

    def count(self, kind: str, project: str) -> int:
        """Return how many rows of a kind a project has."""
        rows = self.world.things(kind).values()
        return sum(row["project_id"] == project and row.get("_gone", self.now + 1) > self.now for row in rows)

    def limit(self, name: str, default: int) -> int:
        """Return the caller's project's quota of `name`; -1 is unlimited."""
        return int(self.world.things("network_quota").get(self.caller.project_id, {}).get(name, default))

    def must_be_member(self) -> None:
        """Refuse with 403 a caller who may only look."""
        if not self.caller.is_member:
            verb = {"POST": "create", "PUT": "update", "DELETE": "delete"}.get(self.request.method, "get")
            self._forbid(verb + "_" + self.request.path.split("/")[2].rstrip("s").replace("-", "_"))

    def must_be_admin(self, rule: str) -> None:
        """Refuse with 403 a caller who is no admin."""
        if not self.caller.is_admin:
            self._forbid(rule)

    def _forbid(self, rule: str) -> None:
        raise Refused(403, "PolicyNotAuthorized", f"(rule:{rule}) is disallowed by policy")
