"""`MockCloud`: the simulated cloud in this process, behind the same requests and replies as a real one.

Holds the transport that calls the simulator instead of a socket. Knows nothing of the simulator's inside.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.cloud.exchange import Timing
from osvm_tui.cloud.limits import Limiter
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.mock.accounts import PASSWORD
from osvm_tui.cloud.mock.database import NotACloud
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.simulator import Simulator
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call, Login, Reply, Transport, is_id
from osvm_tui.cloud.workers import Workers
from osvm_tui.domain.errors import AnswerLost, CloudFault, ConfigError, OsvmError, Unauthorized, Unreachable

_TYPES = {"compute": "compute", "image": "image", "network": "network", "volumev3": "volume"}
_WORKERS = 4


class SimTransport(Transport):
    """Logs in at the simulated Keystone and hands requests to a `Simulator`, off the loop.

    A reply's delay is waited for here, and its fate played: a lost or cut answer is an error as on a socket.
    """

    def __init__(self, path: Path, user: str, project: str, password: str, timing: Timing) -> None:
        self._path = path
        self._opened: Simulator | None = None
        self._user, self._project, self._password = user, project, password
        self._sleep = timing.sleep
        self._token = ""
        self._expires_at: datetime | None = None
        self._threads = Workers(_WORKERS, "osvm-mock")

    @property
    def _simulator(self) -> Simulator:
        if self._opened is None:
            raise CloudFault("not connected yet")
        return self._opened

    async def open(self) -> Login:
        if self._opened is None:
            self._opened = await self._threads.run(self._load)
        token = await self._log_in()
        version = await self._once(Call(service="compute", method="GET", path="/"))
        found = msgspec.json.decode(version.body)["version"]["version"]
        major, minor = (int(part) for part in found.split("."))
        kinds = {_TYPES.get(service["type"]) for service in token["catalog"]} - {None}
        return Login(
            user_id=token["user"]["id"],
            user_name=token["user"]["name"],
            project_id=token["project"]["id"],
            project_name=token["project"]["name"],
            roles=frozenset(role["name"] for role in token["roles"]),
            region=_region(token),
            compute_endpoint=f"mock://{self._path.stem}",
            services=frozenset(str(kind) for kind in kinds),
            max_microversion=(major, minor),
            issued_at=_time(token["issued_at"]),
            expires_at=_time(token["expires_at"]),
        )

    async def request(self, call: Call) -> Reply:
        used = self._token
        reply = await self._once(call)
        if reply.status != 401:
            return reply
        if self._token == used:
            await self._log_in()
        return await self._once(call)

    @property
    def expires_at(self) -> datetime | None:
        return self._expires_at

    async def close(self) -> None:
        self._threads.close()
        if self._opened is not None:
            self._opened.close()

    def _load(self) -> Simulator:
        try:
            return Simulator(self._path)
        except NotACloud as error:
            raise ConfigError(str(error), hint="make one with: osvm mock reset") from error

    async def _log_in(self) -> dict[str, Any]:
        domain = {"name": "Default"}
        user = {"name": self._user, "domain": domain, "password": self._password}
        project = {"id": self._project} if is_id(self._project) else {"name": self._project, "domain": domain}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
        body = msgspec.json.encode({"auth": auth})
        call = Call(service="identity", method="POST", path="/v3/auth/tokens", body=body, looks=True)
        reply = await self._once(call)
        if reply.status == 401:
            raise Unauthorized("the simulated Keystone does not know this user, password or project", status=401)
        if reply.status != 201:
            raise CloudFault(f"the simulated Keystone answered {reply.status}", status=reply.status)
        self._token = reply.headers["x-subject-token"]
        token: dict[str, Any] = msgspec.json.decode(reply.body)["token"]
        self._expires_at = _time(token["expires_at"])
        return token

    async def _once(self, call: Call) -> Reply:
        request = SimRequest(
            service=call.service,
            method=call.method,
            path=call.path,
            query=call.query,
            headers=self._headers(call),
            body=call.body,
        )
        simulator = self._simulator
        reply = await self._threads.run(lambda: _handled(simulator, request))
        await self._play(call, reply)
        return Reply(reply.status, reply.headers, reply.body)

    def _headers(self, call: Call) -> dict[str, str]:
        headers = {"accept": "application/json", "x-auth-token": self._token}
        if call.body:
            headers["content-type"] = call.content_type
        if call.microversion:
            headers["openstack-api-version"] = f"{call.service} {call.microversion[0]}.{call.microversion[1]}"
        return headers

    async def _play(self, call: Call, reply: SimReply) -> None:
        late = reply.delay_s > call.timeout_s
        if reply.delay_s > 0:
            await self._sleep(min(reply.delay_s, call.timeout_s))
        if late:
            raise _no_answer(call, f"no answer from the simulated cloud within {call.timeout_s:g} s")
        if reply.fate == "unsent":
            raise Unreachable("the simulated cloud closed the connection before it read the request")
        if reply.fate in ("lost", "cut"):
            raise _no_answer(call, "the simulated cloud closed the connection before it had answered")


class MockCloud(RestCloud):
    """The simulated cloud kept in one file; any number of processes may use it at the same time.

    `user` is one of admin, demo, reader, operator; `all_projects` None means: if the token may; `read_only` lets
    no change out.
    """

    simulated = True

    def __init__(
        self,
        path: Path,
        *,
        user: str = "admin",
        project: str = "demo",
        password: str = PASSWORD,
        entry: str = "mock",
        all_projects: bool | None = None,
        limiter: Limiter | None = None,
        timing: Timing | None = None,
        page: PageSize | None = None,
        read_only: bool = False,
    ) -> None:
        timing = timing or Timing()
        # No socket is spared by holding calls back; the limit keeps the simulator's threads from piling up.
        limiter = limiter or Limiter(rate=200.0, burst=200.0, clock=time.monotonic)
        transport = SimTransport(path, user, project, password, timing)
        super().__init__(
            entry,
            transport,
            limiter=limiter,
            all_projects=all_projects,
            timing=timing,
            page=page,
            read_only=read_only,
        )


def _handled(simulator: Simulator, request: SimRequest) -> SimReply:
    try:
        return simulator.handle(request)
    except Exception as error:
        # A full disk or a damaged file under the simulator is to this client what a broken API is.
        raise CloudFault(f"the simulated cloud failed: {type(error).__name__}: {error}", status=500) from error


def _no_answer(call: Call, detail: str) -> OsvmError:
    return AnswerLost(detail) if call.changes else Unreachable(detail)


def _region(token: dict[str, Any]) -> str:
    compute = next((service for service in token["catalog"] if service["type"] == "compute"), None)
    return str(compute["endpoints"][0]["region"]) if compute and compute["endpoints"] else ""


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
