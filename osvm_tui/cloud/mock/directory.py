"""Keystone's records of projects, users, roles, domains, regions and role assignments as JSON.

Pure: each function takes the address of Keystone's v3 root (no final slash) and returns rows with links.
Knows no request and no policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from osvm_tui.cloud.mock import accounts

Rows = list[dict[str, Any]]


def projects(root: str, among: Sequence[accounts.Project] | None = None) -> Rows:
    """Return the given projects, or all."""
    return [
        {
            "id": project.id,
            "name": project.name,
            "domain_id": accounts.DOMAIN_ID,
            "description": project.description,
            "enabled": True,
            "parent_id": accounts.DOMAIN_ID,
            "is_domain": False,
            "tags": [],
            "options": {},
            "links": {"self": f"{root}/projects/{project.id}"},
        }
        for project in (accounts.PROJECTS.values() if among is None else among)
    ]


def users(root: str) -> Rows:
    """Return all users."""
    return [
        {
            "id": user.id,
            "name": user.name,
            "domain_id": accounts.DOMAIN_ID,
            "enabled": True,
            "password_expires_at": None,
            "options": {},
            "links": {"self": f"{root}/users/{user.id}"},
        }
        for user in accounts.USERS.values()
    ]


def roles(root: str, among: frozenset[str]) -> Rows:
    """Return the roles of these names."""
    return [
        {
            "id": role_id,
            "name": name,
            "domain_id": None,
            "description": None,
            "options": {} if name == "service" else {"immutable": True},
            "links": {"self": f"{root}/roles/{role_id}"},
        }
        for name, role_id in accounts.ROLES.items()
        if name in among
    ]


def domains(root: str) -> Rows:
    """Return the one domain."""
    return [
        {
            "id": accounts.DOMAIN_ID,
            "name": accounts.DOMAIN_NAME,
            "description": "The default domain",
            "enabled": True,
            "tags": [],
            "options": {},
            "links": {"self": f"{root}/domains/{accounts.DOMAIN_ID}"},
        }
    ]


def regions(root: str) -> Rows:
    """Return the one region."""
    link = {"self": f"{root}/regions/{accounts.REGION}"}
    return [{"id": accounts.REGION, "description": "", "parent_region_id": None, "links": link}]


def role_assignments(root: str, *, named: bool) -> Rows:
    """Return who holds which role on which project; with names and domains if `named`."""
    domain = {"domain": {"id": accounts.DOMAIN_ID, "name": accounts.DOMAIN_NAME}}
    rows = []
    for user, project, role in accounts.assignments():
        path = f"projects/{project.id}/users/{user.id}/roles/{accounts.ROLES[role]}"
        rows.append(
            {
                "links": {"assignment": f"{root}/{path}"},
                "scope": {"project": {"id": project.id} | ({"name": project.name, **domain} if named else {})},
                "user": {"id": user.id} | ({"name": user.name, **domain} if named else {}),
                "role": {"id": accounts.ROLES[role]} | ({"name": role} if named else {}),
            }
        )
    return rows
