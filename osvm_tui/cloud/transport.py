"""`Transport`: how one HTTP request reaches a cloud's service. Knows sending and logging in, nothing of Nova's meaning.

Errors raised here are only those of a request that got no answer; a reply with any status is a `Reply`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct


class Login(Struct, frozen=True, kw_only=True):
    """What the token and the catalog say."""

    user_id: str
    user_name: str
    project_id: str
    project_name: str
    roles: frozenset[str]
    region: str
    compute_endpoint: str
    """The compute service's address as in the catalog, without a project id and without a final slash."""
    services: frozenset[str]
    """Those of compute, image, network, volume and metric that the catalog has."""
    max_microversion: tuple[int, int]
    issued_at: datetime | None = None
    """Keystone's clock when it made the token: tells the cloud's time where replies carry no Date."""
    expires_at: datetime | None = None


class Call(Struct, frozen=True, kw_only=True):
    """One HTTP request. `path` is below the service's root: `/servers/detail`, `/v2.0/ports`, `/v2/images`,
    `/v3/PROJECT/volumes`."""

    service: str
    """compute, network, image, volume or identity."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = "application/json"
    """What the body is; only sent with one."""
    microversion: tuple[int, int] | None = None
    """Of compute or volume; None lets the service answer in its oldest."""
    timeout_s: float = 30.0
    looks: bool = False
    """True for a POST that only reads, such as the console log."""

    @property
    def changes(self) -> bool:
        """Whether the request may change something, so that its outcome is unknown when the answer is lost."""
        return self.method not in ("GET", "HEAD") and not self.looks


class Reply(Struct, frozen=True):
    """One HTTP reply. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def request_id(self) -> str:
        """The cloud's own name for the request; Nova's instance actions carry the same."""
        return self.headers.get("x-openstack-request-id") or self.headers.get("x-compute-request-id", "")


class Transport(ABC):
    """A way to one cloud as one user in one project."""

    @abstractmethod
    async def open(self) -> Login:
        """Log in anew and read the catalog; raise Unauthorized, Unreachable or ConfigError."""

    @abstractmethod
    async def request(self, call: Call) -> Reply:
        """Send one request once and return whatever was answered.

        A 401 is answered by one new login and one repetition (the refused request had no effect). Raises
        Unreachable when nothing can have been carried out, AnswerLost when a changing request may have been.
        """

    @property
    def expires_at(self) -> datetime | None:
        """When the present token ends; None when that is not known."""
        return None

    @abstractmethod
    async def close(self) -> None:
        """Give connections and threads back; requests in flight are not waited for."""


def filled(form: str, values: Mapping[str, object]) -> str:
    """Return a path with quoted values in place of its names; KeyError for one that is missing.

    Raises ValueError for a value that is empty, `.` or `..`: HTTP clients and proxies resolve such segments, however
    they are quoted (RFC 3986, 5.2.4), and DELETE would fall upon what stands above.
    """
    path = form.format_map({name: quote(str(value), safe="") for name, value in values.items()})
    if not {"", ".", ".."}.isdisjoint(path.split("/")[1:]):
        raise ValueError(f"no request can name what is called . or .. or nothing: {path}")
    return path


def is_id(text: str) -> bool:
    """Whether this is what Keystone gives as an id (32 hex digits, or a UUID) and so hardly anybody's name."""
    return re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None
