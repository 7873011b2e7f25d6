"""Names for ids of projects, users and images, gathered from what the services already know. Asks no cloud."""

from __future__ import annotations

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.vm_fields import Names
from osvm_tui.services.api import CatalogKind, ConsoleApi


def known_names(api: ConsoleApi) -> Names:
    """Return the names known now, over all entries."""
    projects: dict[str, str] = {}
    users: dict[str, str] = {}
    images: dict[str, str] = {}
    for scope in api.scopes():
        more_projects, more_users = api.names(scope.entry)
        projects |= more_projects
        users |= more_users
        view = api.catalog(scope.entry, CatalogKind.IMAGE)
        images |= {item.id: item.name for item in view.items if isinstance(item, Image)} if view else {}
    return Names(projects, users, images)
