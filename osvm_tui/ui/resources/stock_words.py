"""What a place of resources says where rows are missing: no service, no right, no answer, or simply none yet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.roles import CloudRole
from osvm_tui.services.api import CatalogView, ScopeView
from osvm_tui.ui.resources.resource import Resource


def served(resource: Resource[Any], scopes: Iterable[ScopeView]) -> list[ScopeView]:
    """Return the clouds that have the kind's service; one whose services are unknown yet is asked."""
    return [each for each in scopes if each.scope is None or resource.service in each.scope.profile.services]


def empty_words(resource: Resource[Any], scopes: Sequence[ScopeView], views: Sequence[CatalogView]) -> str:
    """Return why there is no row, and the key that helps."""
    if not served(resource, scopes):
        return f"this cloud has no {resource.service} service"
    wrong = next((view for view in views if view.error), None)
    if wrong is not None and resource.admin and not _is_admin(scopes, wrong.entry):
        return f"{resource.noun} are for admins, which the token of {wrong.entry} is not: {wrong.error}"
    if wrong is not None:
        return f"{wrong.error}; ctrl-r reads again"
    makes = RESOURCE_ACTIONS[resource.new].help if resource.new else ""
    return f"no {resource.one} here yet{f'; N: {makes}' if makes else ''}"


def trouble_words(resource: Resource[Any], scopes: Sequence[ScopeView], views: Sequence[CatalogView]) -> str:
    """Return which clouds' rows are missing or old beside those that are shown, empty when none is."""
    known = {scope.entry for scope in served(resource, scopes)}
    missing = [f"{each.entry} has no {resource.service} service" for each in scopes if each.entry not in known]
    return "; ".join([*missing, *(_wrong(view) for view in views if view.error)])


def _wrong(view: CatalogView) -> str:
    again = "could not be read again" if view.fetched_at else "could not be read"
    return f"{view.entry} {again}: {view.error}"


def _is_admin(scopes: Sequence[ScopeView], entry: str) -> bool:
    scope = next((each.scope for each in scopes if each.entry == entry), None)
    return scope is not None and CloudRole.ADMIN in scope.roles
