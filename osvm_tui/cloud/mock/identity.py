"""The simulated Keystone v3: tokens, the catalogue, and reading of projects, users, roles and regions.

Holds Keystone's routes and its policy for them. Knows no other service. Accounts cannot be changed, so the
writing half of Keystone's interface is not routed. Texts and field sets are those of a Zed Keystone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from osvm_tui.cloud.mock import accounts, catalogue, directory, login, tokens
from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.replies import keystone_fault, keystone_reply, unauthorized
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

_BEFORE_MANAGER = frozenset({"yoga", "zed", "2023.1"})
"""Releases whose Keystone does not yet bootstrap the manager role."""


class _Session(msgspec.Struct, frozen=True):
    world: World
    request: SimRequest
    token: tokens.Token
    caller: Caller

    @property
    def root(self) -> str:
        return f"{self.request.base_url}/identity/v3"


def authenticate(world: World, token: str) -> Caller | None:
    """Return who holds this X-Auth-Token; None if it is missing, forged, expired or withdrawn."""
    opened = tokens.opened(world, token)
    return None if opened is None else accounts.caller_of({"u": opened.u, "p": opened.p, "s": opened.s})


def handle(world: World, request: SimRequest) -> SimReply:
    """Answer one request to Keystone."""
    if request.match("POST", "/v3/auth/tokens"):
        return _log_in(world, request)
    text = request.headers.get("x-auth-token", "")
    token, caller = tokens.opened(world, text), authenticate(world, text)
    if token is None or caller is None:
        return unauthorized(request)
    session = _Session(world, request, token, caller)
    own = _OWN.get(request.path.rstrip("/"))
    if own is not None and request.method in ("GET", "HEAD"):
        return own(session)
    if found := request.match("GET", "/v3/users/([^/]+)/projects"):
        return _projects_of(session, found[1])
    found = request.match("GET", "/v3/([a-z_]+)(?:/([^/]+))?")
    if found is None or found[1] not in _RECORDS:
        return keystone_fault(request, 404, "The requested URL was not found on the server.")
    return _show(session, found[1], found[2]) if found[2] else _list(session, found[1])


def _log_in(world: World, request: SimRequest) -> SimReply:
    try:
        token = login.log_in(world, request.json())
    except login.Refused as refused:
        return keystone_fault(request, refused.status, refused.message)
    return _described(world, request, token, 201)


def _described(world: World, request: SimRequest, token: tokens.Token, status: int) -> SimReply:
    caller = accounts.caller_of({"u": token.u, "p": token.p, "s": token.s})
    if caller is None:
        return keystone_fault(request, 404, login.STALE)
    domain = {"id": accounts.DOMAIN_ID, "name": accounts.DOMAIN_NAME}
    user = {"domain": domain, "id": caller.user_id, "name": caller.user_name, "password_expires_at": None}
    body: dict[str, Any] = {
        "methods": token.methods,
        "user": user,
        "audit_ids": token.audit,
        "expires_at": _stamp(token.expires),
        "issued_at": _stamp(token.issued),
    }
    if token.s == "project":
        body["project"] = {"domain": domain, "id": caller.project_id, "name": caller.project_name}
        body["is_domain"] = False
    if token.s == "system":
        body["system"] = {"all": True}
    if token.s != "unscoped":
        body["roles"] = [{"id": accounts.ROLES[name], "name": name} for name in _role_names(world, caller)]
        if request.first("nocatalog") is None:
            body["catalog"] = catalogue.catalogue(request.base_url, caller.project_id)
    return keystone_reply(request, status, {"token": body}, {"x-subject-token": tokens.sealed(world, token)})


def _role_names(world: World, caller: Caller) -> list[str]:
    return sorted(caller.roles & _known_roles(world))


def _known_roles(world: World) -> frozenset[str]:
    known = frozenset(accounts.ROLES)
    return known - {"manager"} if world.release.name in _BEFORE_MANAGER else known


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(at))


# --- what every user may read -------------------------------------------------------------------------


def _validate(session: _Session) -> SimReply:
    if "x-subject-token" not in session.request.headers:
        return _forbidden(session, "validate_token")
    subject = tokens.opened(session.world, session.request.headers["x-subject-token"])
    if subject is None:
        return keystone_fault(session.request, 404, login.STALE)
    if subject.u != session.caller.user_id and not session.caller.is_admin:
        return _forbidden(session, "validate_token")
    return _described(session.world, session.request, subject, 200)


def _catalog(session: _Session) -> SimReply:
    listed = catalogue.catalogue(session.request.base_url, session.caller.project_id)
    links = {"self": f"{session.root}/auth/catalog"}
    return keystone_reply(session.request, 200, {"catalog": listed, "links": links})


def _own_projects(session: _Session) -> SimReply:
    mine = accounts.projects_of(accounts.USERS[session.caller.user_name])
    return _rows(session, "projects", directory.projects(session.root, mine))


def _projects_of(session: _Session, user_id: str) -> SimReply:
    if user_id != session.caller.user_id and not session.caller.is_admin:
        return _forbidden(session, "list_user_projects")
    user = accounts.user_by(user_id=user_id)
    if user is None:
        return keystone_fault(session.request, 404, f"Could not find user: {user_id}.")
    return _rows(session, "projects", directory.projects(session.root, accounts.projects_of(user)))


def _own_system(session: _Session) -> SimReply:
    held = [{"all": True}] if session.caller.user_name in accounts.SYSTEM_ADMINS else []
    links = {"self": f"{session.root}/auth/system"}
    return keystone_reply(session.request, 200, {"system": held, "links": links})


def _own_domains(session: _Session) -> SimReply:
    return _rows(session, "domains", [])


_OWN: dict[str, Callable[[_Session], SimReply]] = {
    "/v3/auth/tokens": _validate,
    "/v3/auth/catalog": _catalog,
    "/v3/auth/projects": _own_projects,
    "/v3/auth/system": _own_system,
    "/v3/auth/domains": _own_domains,
}

# --- records ------------------------------------------------------------------------------------------

_RECORDS: dict[str, Callable[[_Session], directory.Rows]] = {
    "projects": lambda session: directory.projects(session.root),
    "users": lambda session: directory.users(session.root),
    "roles": lambda session: directory.roles(session.root, _known_roles(session.world)),
    "domains": lambda session: directory.domains(session.root),
    "regions": lambda session: directory.regions(session.root),
    "services": lambda session: catalogue.services(session.request.base_url),
    "endpoints": lambda session: catalogue.endpoints(session.request.base_url),
    "role_assignments": lambda session: directory.role_assignments(
        session.root, named=session.request.first("include_names") is not None
    ),
}
_FILTERS = ("name", "type", "domain_id", "service_id", "interface")


def _list(session: _Session, kind: str) -> SimReply:
    if not session.caller.is_admin and kind != "regions":
        return _forbidden(session, f"list_{kind}")
    rows = _RECORDS[kind](session)
    asked = [(key, value) for key, value in session.request.query if key in _FILTERS]
    kept = [row for row in rows if all(str(row.get(key)) == value for key, value in asked)]
    return _rows(session, kind, kept)


def _show(session: _Session, kind: str, wanted: str) -> SimReply:
    one = kind.removesuffix("s")
    caller = session.caller
    mine = {"projects": caller.project_id, "users": caller.user_id, "regions": wanted}.get(kind) == wanted
    if not mine and not caller.is_admin:
        return _forbidden(session, f"get_{one}")
    row = next((row for row in _RECORDS[kind](session) if row.get("id") == wanted), None)
    if row is None:
        return keystone_fault(session.request, 404, f"Could not find {one}: {wanted}.")
    return keystone_reply(session.request, 200, {one: row})


def _rows(session: _Session, kind: str, rows: directory.Rows) -> SimReply:
    asked = "&".join(f"{key}={value}" for key, value in session.request.query)
    own = f"{session.request.base_url}/identity{session.request.path}" + (f"?{asked}" if asked else "")
    links = {"next": None, "self": own, "previous": None}
    return keystone_reply(session.request, 200, {kind: rows, "links": links})


def _forbidden(session: _Session, rule: str) -> SimReply:
    message = f"You are not authorized to perform the requested action: identity:{rule}."
    return keystone_fault(session.request, 403, message)
