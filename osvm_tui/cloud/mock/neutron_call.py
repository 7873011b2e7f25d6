"""One call to the simulated Neutron: who asks, what of the project is there, and how it is refused."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.action_bodies import is_uuid
from osvm_tui.cloud.mock.port_records import present
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
        if kind == "port":
            row = present(row, self.now)
        return row if self.caller.is_admin or row["project_id"] == self.caller.project_id else None

    def count(self, kind: str, project: str) -> int:
        """Return how many rows of a kind a project has."""
        rows = self.world.things(kind).values()
        return sum(row["project_id"] == project and row.get("_gone", self.now + 1) > self.now for row in rows)

    def limit(self, name: str, default: int) -> int:
        """Return the caller's project's quota of `name`; -1 is unlimited."""
        return int(self.world.things("network_quota").get(self.caller.project_id, {}).get(name, default))

    def within(self, kind: str, default: int) -> None:
        """Refuse with 409 one more row of a kind if the caller's project has as many as it may."""
        if 0 <= self.limit(kind, default) <= self.count(kind, self.caller.project_id):
            raise Refused(409, "OverQuota", f"Quota exceeded for resources: ['{kind}'].")

    def known(self, body: Thing, names: frozenset[str]) -> None:
        """Refuse with 400 a body with attributes beyond `names`."""
        unknown = [name for name in body if name not in names]
        if unknown:
            listed = ", ".join(f"'{name}'" for name in unknown)
            raise Refused(400, "HTTPBadRequest", f"Unrecognized attribute(s) {listed}")

    def required_network(self, body: Thing) -> Thing:
        """Return the network that a body must name; refuse (400, 404)."""
        if "network_id" not in body:
            text = "Failed to parse request. Required attribute 'network_id' not specified"
            raise Refused(400, "HTTPBadRequest", text)
        key = body["network_id"]
        if not is_uuid(key):
            raise Refused(400, "HTTPBadRequest", f"Invalid input for network_id. Reason: '{key}' is not a valid UUID.")
        network = self.world.things("network").get(key)
        if network is None:
            raise Refused(404, "NetworkNotFound", f"Network {key} could not be found.")
        return network

    @staticmethod
    def public(row: Thing) -> Thing:
        """Return a row without what the simulation keeps for itself."""
        return {name: value for name, value in row.items() if name[0] != "_"}

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
