"""One HTTP request and one reply as the simulated services see them.

Holds the two values that cross the edge of the simulator. Knows no service, no state and no socket:
the in-process client and the HTTP face build the first and read the second.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec


class SimRequest(msgspec.Struct, frozen=True):
    """Hold one request to one simulated service.

    `service` is "identity", "compute", "image", "network", "volume", or "versions" (the unversioned roots, with the
    service's name as path). `path` is below the service root: "/servers/detail" (compute),
    "/v3/auth/tokens" (identity), "/v2/images", "/v2.0/ports", "/v3/PROJECT/volumes"; compute's "/" is
    its version document.
    Header names are lower-case. `base_url` (no final slash) is where links and the catalog point;
    `request_id` is the id that the service gives this request; `addressed` fills in both.
    """

    service: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}
    body: bytes = b""
    base_url: str = ""
    request_id: str = ""

    def addressed(self, base_url: str) -> SimRequest:
        """Return the request with a base URL and a request id, each kept where it is already there."""
        if self.base_url and self.request_id:
            return self
        return msgspec.structs.replace(
            self, base_url=self.base_url or base_url, request_id=self.request_id or f"req-{uuid.uuid4()}"
        )

    def first(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a query parameter, or `default`."""
        return next((value for key, value in self.query if key == name), default)

    def every(self, name: str) -> list[str]:
        """Return all values of a query parameter, in order."""
        return [value for key, value in self.query if key == name]

    def json(self) -> dict[str, Any] | None:
        """Return the body as an object, or None if it is empty, not JSON, or not an object."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def match(self, method: str, pattern: str) -> re.Match[str] | None:
        """Return the match of the whole path (a final slash is ignored), None if method or path differ."""
        if method != self.method:
            return None
        return re.fullmatch(pattern, self.path.rstrip("/") or "/")


class SimReply(msgspec.Struct, frozen=True):
    """Hold one reply, and how it reaches the caller.

    `delay_s` is how many seconds the face waits before it answers. `fate` is "answer", "lost" (carried out,
    closed without a reply), "cut" (half of the body, then closed) or "unsent" (closed before anything was
    done). Header names are lower-case.
    """

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    delay_s: float = 0.0
    fate: str = "answer"

    def json(self) -> Any:
        """Return the decoded JSON body; raise ValueError if there is none."""
        return json.loads(self.body)
