"""How Keystone turns a login into a token: the methods it takes, the scopes it gives.

Pure apart from the cloud's clock and key, which tokens need. Knows no HTTP: refusals are raised as `Refused`.
Observed on a Zed Keystone: an unknown token method answers 400, a stale token 404, all else that is wrong 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osvm_tui.cloud.mock import accounts, tokens
from osvm_tui.cloud.mock.replies import NEEDS_LOGIN
from osvm_tui.cloud.mock.world import World

STALE = "Could not recognize Fernet token"


class Refused(Exception):
    """Say that Keystone refuses, with its HTTP status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def log_in(world: World, body: Mapping[str, Any] | None) -> tokens.Token:
    """Return the token for the body of POST /v3/auth/tokens; raise Refused (400, 401 or 404)."""
    auth = _part(body or {}, "auth", "request body")
    identity = _part(auth, "identity", "auth")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods:
        raise _missing("methods", "identity")
    user: accounts.User | None = None
    parent: tokens.Token | None = None
    for method in methods:
        given = _part(identity, str(method), "identity")
        if method == "password":
            user = _by_password(given)
        elif method == "token":
            parent = tokens.opened(world, str(given.get("id", "")))
            if parent is None:
                raise Refused(404, STALE)
            user = accounts.user_by(user_id=parent.u)
        else:
            raise Refused(401, NEEDS_LOGIN)
    if user is None:
        raise Refused(401, NEEDS_LOGIN)
    scope, project_id = _scope_of(user, auth.get("scope"))
    return tokens.new_token(world, user.id, project_id, scope, parent=parent)


def _by_password(given: Mapping[str, Any]) -> accounts.User:
    login = _part(given, "user", "password")
    name = login.get("name") if _in_default_domain(login) else None
    user = accounts.user_by(name=name, user_id=login.get("id"))
    if user is None or login.get("password") != accounts.PASSWORD:
        raise Refused(401, NEEDS_LOGIN)
    return user


def _scope_of(user: accounts.User, scope: Any) -> tuple[str, str]:
    if not scope or scope == "unscoped" or "unscoped" in scope:
        return "unscoped", ""
    if "system" in scope and user.name in accounts.SYSTEM_ADMINS:
        return "system", ""
    wanted = scope.get("project") if isinstance(scope, dict) else None
    if isinstance(wanted, dict):
        name = wanted.get("name") if _in_default_domain(wanted) else None
        project = accounts.project_by(name=name, project_id=wanted.get("id"))
        if project is not None and accounts.roles_on(user, project):
            return "project", project.id
    raise Refused(401, NEEDS_LOGIN)


def _in_default_domain(named: Mapping[str, Any]) -> bool:
    domain = named.get("domain") or {}
    return domain.get("name") == accounts.DOMAIN_NAME or domain.get("id") == accounts.DOMAIN_ID


def _part(outer: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    part = outer.get(name)
    if not isinstance(part, dict):
        raise _missing(name, where)
    return part


def _missing(name: str, where: str) -> Refused:
    return Refused(
        400,
        f"Expecting to find {name} in {where}. The server could not comply with the request since it is either"
        " malformed or otherwise incorrect. The client is assumed to be in error.",
    )
