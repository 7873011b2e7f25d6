"""Who acts: the operator, the console role and the cloud roles; release profiles of clouds. Knows no policy file."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ConsoleRole(StrEnum):
    """What the console itself lets an operator do. An auditor reads everything and changes nothing."""

    VIEWER = "viewer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"

    def may(self, needed: ConsoleRole) -> bool:
        """Return whether this role includes `needed`."""
        return _RANK[self] >= _RANK[needed]


_RANK = {ConsoleRole.VIEWER: 0, ConsoleRole.AUDITOR: 0, ConsoleRole.OPERATOR: 1, ConsoleRole.ADMIN: 2}


class CloudRole(StrEnum):
    """Keystone's usual ladder: each role includes those below it."""

    READER = "reader"
    MEMBER = "member"
    MANAGER = "manager"
    ADMIN = "admin"


_LADDER = (CloudRole.READER, CloudRole.MEMBER, CloudRole.MANAGER, CloudRole.ADMIN)


class Actor(Struct, frozen=True):
    """Who asks, through which token: `roles` are the names Keystone gave, unknown ones included."""

    operator: str
    console_role: ConsoleRole = ConsoleRole.OPERATOR
    roles: frozenset[str] = frozenset()
    project_id: str = ""
    user_id: str = ""
    read_only: str = ""
    """Why nothing may be changed through this entry, as a sentence; empty where changes are let through."""

    def holds(self, needed: CloudRole) -> bool:
        """Return whether the token carries `needed` or a role above it."""
        at = _LADDER.index(needed)
        return any(role in self.roles for role in _LADDER[at:])

    @property
    def is_admin(self) -> bool:
        """Whether the token carries the admin role; Nova lets it past locks."""
        return CloudRole.ADMIN in self.roles


class ReleaseProfile(Struct, frozen=True):
    """What a cloud's release and catalog change about actions."""

    max_microversion: tuple[int, int] = (2, 95)
    services: frozenset[str] = frozenset({"compute", "image", "network"})
    soft_delete: bool = False
    """Whether deletes are deferred (reclaim_instance_interval > 0); off by default and invisible in the API."""

    @property
    def manager_may_migrate(self) -> bool:
        """Since Nova 32.0.0 (2025.2) a project manager may migrate; before, only an admin.

        2025.1 and 2025.2 share the maximum 2.100, so at 2.100 the older, stricter rule is assumed.
        """
        return self.max_microversion > (2, 100)


class Scope(Struct, frozen=True, kw_only=True):
    """What one clouds.yaml entry's token sees. Leases, snapshots and fleets belong to a scope."""

    entry: str
    """The name in clouds.yaml, `mock` for the simulated cloud."""
    endpoint: str
    """As in `VmRef.endpoint`."""
    region: str = ""
    project_id: str = ""
    project_name: str = ""
    user_id: str = ""
    user_name: str = ""
    roles: frozenset[str] = frozenset()
    all_projects: bool = False
    profile: ReleaseProfile = ReleaseProfile()
    simulated: bool = False

    @property
    def key(self) -> str:
        """The scope's name in the store: entries with the same reach share lease, snapshot and rows."""
        reach = "*" if self.all_projects else self.project_id
        return f"{self.endpoint}|{reach}"

    def actor(self, operator: str, console_role: ConsoleRole, read_only: str = "") -> Actor:
        """Return the actor that `operator` is when acting through this entry."""
        return Actor(operator, console_role, self.roles, self.project_id, self.user_id, read_only)
