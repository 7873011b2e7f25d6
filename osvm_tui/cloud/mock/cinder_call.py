"""One call to the simulated Cinder v3: who asks, for which project, under which microversion, and how it is refused.

Holds parsing of the version header, policy checks and the Refused exception. Knows no volume.
"""

from __future__ import annotations

import re
from typing import Any

from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.replies import cinder_fault, cinder_reply
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import Thing, World

MINIMUM = (3, 0)
_FORM = re.compile(r"([1-9]\d*)\.([1-9]\d*|0)")


class Refused(Exception):
    """Cinder's refusal: an HTTP status and the text of the fault body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class CinderCall:
    """Carries one request with what its handlers need; `now` is the same throughout."""

    def __init__(self, world: World, caller: Caller, request: SimRequest, version: tuple[int, int]) -> None:
        self.world = world
        self.caller = caller
        self.request = request
        self.version = version
        self.now = world.now()

    @property
    def minor(self) -> int:
        """The minor number of the microversion (the major one is always 3)."""
        return self.version[1]

    @property
    def root(self) -> str:
        """Where links to Cinder's resources begin, without the version."""
        return self.request.base_url + "/volume"

    def reply(self, status: int, body: Any = None) -> SimReply:
        """Return an answer under this call's microversion."""
        return cinder_reply(self.request, status, body, microversion=version_text(self.version))

    def fault(self, refused: Refused) -> SimReply:
        """Return the fault body of a refusal."""
        return cinder_fault(self.request, refused.status, refused.message, microversion=version_text(self.version))

    def allow(self, role: str, policy: str) -> None:
        """Refuse with 403 unless the caller holds `role` (reader, member, admin) in the project."""
        if role not in self.caller.roles:
            raise Refused(403, f"Policy doesn't allow {policy} to be performed.")

    def own(self, thing: Thing) -> bool:
        """Tell whether a thing is in the caller's project, or the caller is an admin."""
        return self.caller.is_admin or thing["project"] == self.caller.project_id

    def body(self, key: str) -> dict[str, Any]:
        """Return the object under `key` of the JSON body; refuse with 400 otherwise."""
        body = self.request.json()
        if body is None or key not in body:
            raise Refused(400, f"{key!r} is a required property")
        if not isinstance(body[key], dict):
            raise invalid(key, body[key], f"{body[key]!r} is not of type 'object'")
        found: dict[str, Any] = body[key]
        return found


def invalid(field: str, value: Any, why: str) -> Refused:
    """Return Cinder's refusal of a body that breaks its schema."""
    return Refused(400, f"Invalid input for field/attribute {field}. Value: {value}. {why}")


def whole(value: Any, field: str) -> int:
    """Return a positive whole number given as a number or as digits; refuse with 400."""
    if not str(value).isdigit() or isinstance(value, bool):
        raise invalid(field, value, f"{str(value)!r} does not match '^[0-9]+$'")
    if int(value) < 1:
        raise invalid(field, value, f"{value} is less than the minimum of 1")
    return int(value)


def version_text(version: tuple[int, int]) -> str:
    """Return a microversion as 3.70."""
    return f"{version[0]}.{version[1]}"


def microversion(world: World, request: SimRequest) -> tuple[int, int]:
    """Return the microversion that the request asks for; none means 3.0. Raise Refused (400, 406)."""
    asked = next(
        (words[1] for part in request.headers.get("openstack-api-version", "").split(",")
         if len(words := part.split()) == 2 and words[0] == "volume"), None,
    )  # fmt: skip
    top = world.release.volume_maximum
    if asked is None:
        return MINIMUM
    if asked == "latest":
        return top
    match = _FORM.fullmatch(asked)
    if match is None:
        text = f"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."
        raise Refused(400, text)
    version = int(match[1]), int(match[2])
    if not MINIMUM <= version <= top:
        text = f"Version {asked} is not supported by the API. Minimum is {version_text(MINIMUM)}"
        raise Refused(406, f"{text} and maximum is {version_text(top)}.")
    return version
