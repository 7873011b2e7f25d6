"""`SdkTransport`: logs in and sends requests through openstacksdk's session, blocking, on threads of its own.

The SDK reads credentials and catalog and discovers versions. Retries and rate limits of the SDK stay off: they repeat
a POST whose answer timed out. Every request has a time-out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from osvm_tui.cloud.openstack import entries
from osvm_tui.cloud.openstack.errors import refused_login, unanswered
from osvm_tui.cloud.transport import Call, Login, Reply, Transport
from osvm_tui.cloud.wire.times import utc
from osvm_tui.cloud.workers import Workers
from osvm_tui.domain.errors import AnswerLost, ConfigError, OsvmError, Unauthorized, Unreachable

if TYPE_CHECKING:
    from keystoneauth1.session import Session
    from openstack.config.cloud_region import CloudRegion

_CONNECT_S = 10.0
_LOGIN_S = 30.0
_KINDS = {
    "compute": "compute",
    "image": "image",
    "network": "network",
    "volumev3": "volume",
    "block-storage": "volume",
    "block-store": "volume",
    "volume": "volume",
    "metric": "metric",
}
_VERSION = re.compile(r"/v\d+(\.\d+)?/?$")
_PROJECT = re.compile(r"/v3(/[^/]*)?/?$")
"""Cinder's endpoint names version and project; both are part of `Call.path`."""
_HTML = re.compile(rb"\s*<(!doctype|html)", re.IGNORECASE)


class SdkTransport(Transport):
    """One clouds.yaml entry, or another `project` of its user.

    `secrets` are what `entries.needs` asked for; `workers` bounds requests at once.
    """

    def __init__(
        self, entry: str, *, workers: int, secrets: Mapping[str, str] | None = None, project: str = ""
    ) -> None:
        self._entry, self._project = entry, project
        self._secrets = dict(secrets or {})
        self._count = workers
        self._workers = Workers(workers, f"osvm-{entry}")
        self._session: Session | None = None
        self._roots: dict[str, str] = {}

    async def open(self) -> Login:
        try:
            # keystoneauth locks itself out for ever when the version document of a Keystone is answered with 401.
            async with asyncio.timeout(2 * _LOGIN_S):
                return await self._workers.run(self._open)
        except TimeoutError:
            raise Unreachable(f"the login did not end within {2 * _LOGIN_S:g} s") from None

    async def request(self, call: Call) -> Reply:
        try:
            # requests limits the pauses of a reply, not its whole length; a reply that drips is cut off here.
            async with asyncio.timeout(2 * call.timeout_s + _CONNECT_S + _LOGIN_S):
                return await self._workers.run(lambda: self._send(call))
        except TimeoutError:
            words = f"{call.service} did not end its answer in time"
            raise (AnswerLost(words) if call.changes else Unreachable(words)) from None

    async def close(self) -> None:
        self._workers.close()
        if self._session is not None:
            self._session.session.close()

    # -- on a thread ------------------------------------------------------------

    def _open(self) -> Login:
        region = entries.region_of(self._entry, self._secrets, self._project)
        auth_url = str(region.config["auth"].get("auth_url") or "")
        session = self._new_session(region)
        try:
            login = self._log_in(region, session, auth_url)
        except OsvmError:
            raise
        except Exception as error:
            raise refused_login(error, auth_url) from None
        self._session = session
        return login

    def _new_session(self, region: CloudRegion) -> Session:
        import urllib3
        from keystoneauth1.session import TCPKeepAliveAdapter

        session = region.get_session()
        if not session.verify:
            # The operator chose `insecure`; a warning per request would be written across the screen.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        session.timeout = min(float(region.config.get("api_timeout") or _LOGIN_S), _LOGIN_S)
        for scheme in ("http://", "https://"):
            session.session.mount(scheme, TCPKeepAliveAdapter(pool_connections=8, pool_maxsize=self._count))
        return session

    def _log_in(self, region: CloudRegion, session: Session, auth_url: str) -> Login:
        from keystoneauth1.identity.base import BaseIdentityPlugin

        plugin = session.auth
        if not isinstance(plugin, BaseIdentityPlugin):
            raise ConfigError(
                f"cloud {self._entry} logs in without Keystone; a project's token is needed", hint="set auth_type"
            )
        access = plugin.get_access(session)
        if not access.project_id:
            raise ConfigError(
                f"cloud {self._entry} names no project: Nova takes tokens of a project only",
                hint="set project_name in clouds.yaml",
            )
        found = set(access.service_catalog.get_endpoints())
        endpoint, highest = self._compute(region, access.project_id)
        self._roots = {"compute": endpoint, "identity": _VERSION.sub("", auth_url)}
        for service in ("network", "image"):
            self._roots[service] = _VERSION.sub("", region.get_session_endpoint(service) or "").rstrip("/")
        self._roots["volume"] = _PROJECT.sub("", region.get_session_endpoint("block-storage") or "").rstrip("/")
        # The SDK warns of services that are not there.
        self._roots["metric"] = _VERSION.sub(
            "", (region.get_session_endpoint("metric") or "") if "metric" in found else ""
        )
        return Login(
            user_id=access.user_id or "",
            user_name=access.username or "",
            project_id=access.project_id,
            project_name=access.project_name or "",
            roles=frozenset(access.role_names or ()),
            region=region.get_region_name("compute") or _only_region(access),
            compute_endpoint=endpoint,
            services=frozenset(_KINDS[kind] for kind in found if kind in _KINDS),
            max_microversion=highest,
            issued_at=utc(access.issued),
            expires_at=utc(access.expires),
        )

    @property
    def expires_at(self) -> datetime | None:
        """Read what the plugin holds: no request."""
        held = getattr(self._session.auth, "auth_ref", None) if self._session is not None else None
        return utc(held.expires) if held is not None else None

    def _compute(self, region: CloudRegion, project_id: str) -> tuple[str, tuple[int, int]]:
        data = region.get_session_client("compute").get_endpoint_data()
        if data is None or not data.url:
            where = region.get_region_name("compute") or "any region"
            raise ConfigError(
                f"the catalog of cloud {self._entry} has no compute service in {where}", hint="check region_name"
            )
        root = data.url.rstrip("/").removesuffix(project_id).removesuffix("/AUTH_").rstrip("/")
        highest = data.max_microversion or (2, 1)
        return root, (int(highest[0]), int(highest[1]))

    def _send(self, call: Call) -> Reply:
        session, root = self._session, self._roots.get(call.service, "")
        if session is None:
            raise Unreachable("not connected yet")
        if not root:
            raise Unreachable(f"this cloud has no {call.service} service in its catalog")
        auth = session.auth
        try:
            # A token is fetched first and by itself, so that its failure is known to have sent nothing else.
            session.get_auth_headers(auth)
        except Exception as error:
            raise self._login_lost(error) from None
        url = root + call.path
        try:
            answer = session.request(url, call.method, **_options(call))
        except Exception as error:
            raise unanswered(error, call, url) from None
        return Reply(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    def _login_lost(self, error: Exception) -> OsvmError:
        lost = refused_login(error, self._roots["identity"])
        if isinstance(lost, Unauthorized) and "passcode" in self._secrets:
            lost.hint = "a one-time code is good for one login: open this cloud again and type a new one"
        return lost


def _options(call: Call) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    if call.body:
        headers["Content-Type"] = call.content_type
    if call.microversion:
        version = f"{call.microversion[0]}.{call.microversion[1]}"
        headers["OpenStack-API-Version"] = f"{call.service} {version}"
        if call.service == "compute":
            headers["X-OpenStack-Nova-API-Version"] = version
    return {
        "params": list(call.query),
        "data": call.body or None,
        "headers": headers,
        "timeout": (_CONNECT_S, call.timeout_s),
        "authenticated": True,
        "raise_exc": False,
        "log": False,
        "redirect": not call.changes,
        "connect_retries": 0,
        "status_code_retries": 0,
    }


def _only_region(access: Any) -> str:
    endpoints = access.service_catalog.get_endpoints(service_type="compute").get("compute", [])
    return str(endpoints[0].get("region_id") or endpoints[0].get("region") or "") if endpoints else ""
