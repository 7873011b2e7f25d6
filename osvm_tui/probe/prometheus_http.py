"""`PrometheusHttp`: queries of one Prometheus server, by requests; every call blocks and is bounded.

Secrets are read when they are used and go into no message.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from osvm_tui.domain.errors import ProbeFailed, ProbeNotPermitted

Row = TypeVar("Row", bound=Struct)


class Server(Struct, frozen=True, kw_only=True):
    """Where the server is and how to be let in; `token_file` comes before `token`, and both before a password."""

    url: str
    user: str = ""
    password: str = ""
    token: str = ""
    token_file: str = ""
    ca: str = ""
    connect_s: float = 5.0
    read_s: float = 10.0
    reply_bytes: int = 32 * 1024 * 1024

    def __repr__(self) -> str:
        """Leave secrets out: representations end in logs."""
        return f"Server({self.url.rpartition('@')[2]!r})"


class Element(Struct, frozen=True, gc=False):
    """One element of an instant vector."""

    labels: Mapping[str, str]
    at: float
    """The server's clock, in seconds since 1970."""
    value: float


class Line(Struct, frozen=True, gc=False):
    """One series of a range: points of the server's clock and value, by time; a step without a value is left out."""

    labels: Mapping[str, str]
    points: list[tuple[float, float]]


class _Row(Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Rows(Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(Struct):
    result: msgspec.Raw = msgspec.Raw(b"[]")
    resultType: str = ""


class _Answer(Struct):
    status: str = ""
    error: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


class PrometheusHttp:
    """One kept connection to a server; one query at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: Any = None
        self._turn = threading.Lock()

    def query(self, text: str, at: float | None = None) -> list[Element]:
        """Return an instant vector without what is no number; ProbeNotPermitted, ProbeFailed.

        `at`: the moment, by the server's clock; now where there is none.
        """
        params = {"query": text} if at is None else {"query": text, "time": f"{at:.3f}"}
        rows = self._rows("/api/v1/query", params, "vector", _Row)
        found = (Element(row.metric, row.value[0], _number(row.value[1])) for row in rows)
        return [each for each in found if math.isfinite(each.value)]

    def query_range(self, text: str, since: int, until: int, step: int) -> list[Line]:
        """Return values at `since`, every `step` seconds after it and up to `until`; raises as `query` does.

        The server refuses more than 11 000 points a series.
        """
        params = {"query": text, "start": f"{since}", "end": f"{until}", "step": f"{step}"}
        rows = self._rows("/api/v1/query_range", params, "matrix", _Rows)
        return [Line(row.metric, _points(row.values)) for row in rows]

    def _rows(self, path: str, params: Mapping[str, str], form: str, kind: type[Row]) -> list[Row]:
        with self._turn:
            body = self._get(path, params)
        answer, text = _decoded(body), params["query"]
        if answer.status != "success":
            raise ProbeFailed(f"Prometheus refuses a query: {answer.error[:200]}", hint=f"the query: {text}")
        if answer.data.resultType != form:
            raise ProbeFailed(f"Prometheus answers a query with no {form}", hint=f"the query: {text}")
        try:
            return msgspec.json.decode(answer.data.result, type=list[kind])  # type: ignore[valid-type]
        except msgspec.DecodeError:
            raise ProbeFailed(f"Prometheus answers with something that is no {form}") from None

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.close()

    def _get(self, path: str, params: Mapping[str, str]) -> bytes:
        import requests

        server = self._server
        if self._session is None:
            self._session = requests.Session()
            self._session.verify = server.ca or True
        try:
            with self._session.get(
                server.url.rstrip("/") + path, params=params, auth=self._auth(), stream=True, allow_redirects=False,
                timeout=(server.connect_s, server.read_s), headers={"Accept": "application/json"},
            ) as answer:  # fmt: skip
                if answer.status_code in (401, 403):
                    raise ProbeNotPermitted("not permitted", hint=f"Prometheus answers {answer.status_code}")
                body = self._body(answer)
        except requests.exceptions.SSLError:
            raise ProbeFailed("Prometheus shows a certificate that is not trusted", hint="prometheus_ca") from None
        except requests.exceptions.Timeout:
            raise ProbeFailed("Prometheus gives no answer in time") from None
        except (requests.exceptions.RequestException, OSError):
            raise ProbeFailed("Prometheus cannot be reached", hint="check prometheus_url") from None
        # A query that is refused is told with 400 or 422 and a body of the same form.
        if answer.status_code not in (200, 400, 422):
            raise ProbeFailed(f"Prometheus answers {answer.status_code}")
        return body

    def _body(self, answer: Any) -> bytes:
        found, end = bytearray(), time.monotonic() + self._server.read_s
        for piece in answer.iter_content(65536):
            found += piece
            if len(found) > self._server.reply_bytes:
                raise ProbeFailed(f"Prometheus answers with more than {self._server.reply_bytes} bytes")
            # requests bounds the pauses of an answer, not its whole length.
            if time.monotonic() > end:
                raise ProbeFailed("Prometheus does not end its answer in time")
        return bytes(found)

    def _auth(self) -> Any:
        """Return what signs a request; given also when it signs nothing, lest requests look into a .netrc file."""
        from requests.auth import HTTPBasicAuth

        server, token = self._server, self._server.token
        if server.token_file:
            try:
                token = Path(server.token_file).expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError):
                raise ProbeFailed("the file with Prometheus's token cannot be read", hint="token_file") from None
        if not token and server.user:
            return HTTPBasicAuth(server.user.encode(), server.password.encode())

        def sign(request: Any) -> Any:
            if token:
                request.headers["Authorization"] = f"Bearer {token}"
            return request

        return sign


def _decoded(body: bytes) -> _Answer:
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeError):
        raise ProbeFailed("Prometheus answers with something that is not its JSON", hint="check its url") from None


def _points(told: list[tuple[float, str]]) -> list[tuple[float, float]]:
    found = ((at, _number(text)) for at, text in told)
    return [(at, value) for at, value in found if math.isfinite(value)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
