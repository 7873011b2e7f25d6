"""The people of the simulated cloud: users, projects, roles and who holds which role where.

Static and pure: ids follow from names, so every seed, process and test agrees on them. Knows no token,
no state file and no service.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

DOMAIN_ID = "default"
DOMAIN_NAME = "Default"
REGION = "RegionOne"
PASSWORD = "mock"
_NAMESPACE = uuid.UUID("6f0c5b52-8f3e-4d5a-9c9b-0d9f5b8f7a10")


def stable_id(kind: str, name: str) -> str:
    """Return the 32 hex digits that Keystone would call this thing, the same in every run."""
    return uuid.uuid5(_NAMESPACE, f"{kind}:{name}").hex


class User(msgspec.Struct, frozen=True):
    """Hold one user of the default domain."""

    id: str
    name: str


class Project(msgspec.Struct, frozen=True):
    """Hold one project of the default domain."""

    id: str
    name: str
    description: str


class Caller(msgspec.Struct, frozen=True):
    """Hold who sent a request: user, project and roles, implied roles included (all names).

    Without a project (an unscoped or system token) `project_id` and `project_name` are empty.
    """

    user_id: str
    user_name: str
    project_id: str
    project_name: str
    roles: frozenset[str]

    @property
    def is_admin(self) -> bool:
        """Tell whether the admin role is held."""
        return "admin" in self.roles

    @property
    def is_member(self) -> bool:
        """Tell whether the member role is held: may change things of the project."""
        return "member" in self.roles


USERS: Mapping[str, User] = {
    name: User(stable_id("user", name), name) for name in ("admin", "demo", "reader", "operator")
}
PROJECTS: Mapping[str, Project] = {
    name: Project(stable_id("project", name), name, description)
    for name, description in (
        ("admin", "Bootstrap project for initializing the cloud."),
        ("demo", "Applications under trial"),
        ("ops", "Tools of the operators"),
        ("web", "Public web sites"),
        ("batch", "Overnight batch work"),
        ("service", "Accounts of the services"),
    )
}
ROLES: Mapping[str, str] = {
    name: stable_id("role", name) for name in ("admin", "manager", "member", "reader", "service")
}
_IMPLIED = {
    "admin": frozenset({"admin", "manager", "member", "reader"}),
    "manager": frozenset({"manager", "member", "reader"}),
    "member": frozenset({"member", "reader"}),
    "reader": frozenset({"reader"}),
}
_ASSIGNED: Mapping[tuple[str, str], str] = {
    ("admin", "admin"): "admin",
    ("admin", "demo"): "admin",
    ("demo", "demo"): "member",
    ("reader", "demo"): "reader",
    ("operator", "ops"): "member",
    ("operator", "web"): "member",
    ("operator", "batch"): "member",
}
SYSTEM_ADMINS = frozenset({"admin"})


def user_by(name: str | None = None, user_id: str | None = None) -> User | None:
    """Return the user of this name or, failing that, of this id; None if there is none."""
    return next((u for u in USERS.values() if u.name == name or u.id == user_id), None)


def project_by(name: str | None = None, project_id: str | None = None) -> Project | None:
    """Return the project of this name or, failing that, of this id; None if there is none."""
    return next((p for p in PROJECTS.values() if p.name == name or p.id == project_id), None)


def roles_on(user: User, project: Project) -> frozenset[str]:
    """Return the roles that the user holds on the project, implied ones included; empty if none."""
    return _IMPLIED.get(_ASSIGNED.get((user.name, project.name), ""), frozenset())


def projects_of(user: User) -> list[Project]:
    """Return the projects on which the user holds a role, in the order of PROJECTS."""
    return [project for project in PROJECTS.values() if roles_on(user, project)]


def assignments() -> list[tuple[User, Project, str]]:
    """Return who was given which role (by name) on which project, implied roles left out."""
    return [(USERS[user], PROJECTS[project], role) for (user, project), role in _ASSIGNED.items()]


def caller_of(token_payload: Mapping[str, Any]) -> Caller | None:
    """Return the caller whom a token's payload describes: user id `u`, project id `p`, scope `s`.

    None if the user or the project is unknown. A payload without a project is unscoped and holds no role,
    unless its scope is "system" and the user administers the system.
    """
    user = user_by(user_id=token_payload.get("u"))
    if user is None:
        return None
    project_id = token_payload.get("p")
    if not project_id:
        system = token_payload.get("s") == "system" and user.name in SYSTEM_ADMINS
        return Caller(user.id, user.name, "", "", _IMPLIED["admin"] if system else frozenset())
    project = project_by(project_id=project_id)
    if project is None:
        return None
    return Caller(user.id, user.name, project.id, project.name, roles_on(user, project))
