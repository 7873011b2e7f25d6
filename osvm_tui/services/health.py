"""Health: what `:health` and `osvm doctor` check, from what the services already know. Sends nothing by itself."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from osvm_tui import __version__
from osvm_tui.services.api import Check, ScopeState, ScopeView
from osvm_tui.store.base import StoreInfo

_PACKAGES = ("textual", "openstacksdk", "keystoneauth1", "sqlalchemy", "aiosqlite", "msgspec", "paramiko", "psutil")
_SOON = timedelta(minutes=10)


@cache
def versions() -> tuple[tuple[str, str], ...]:
    """Return (name, version) of this console, Python and the libraries it stands on."""
    from importlib import metadata

    found = [("osvm-tui", __version__), ("python", platform.python_version())]
    for name in _PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "missing"))
    return tuple(found)


def own_cost() -> tuple[float, float]:
    """Return (resident memory in MiB, CPU percent of one core since the process began)."""
    import psutil

    process = psutil.Process(os.getpid())
    with process.oneshot():
        spent = sum(process.cpu_times()[:2])
        lived = max(0.1, datetime.now().timestamp() - process.create_time())
        return process.memory_info().rss / 2**20, 100.0 * spent / lived


def checks(scopes: Iterable[ScopeView], store: StoreInfo | None, store_error: str, now: datetime) -> list[Check]:
    """Return one line per thing that was looked at, the worst first."""
    lines = [_store(store, store_error)]
    for scope in scopes:
        lines.append(_scope(scope))
        lines.extend(_token(scope, now))
        lines.extend(Check(f"cloud {scope.entry}", True, trouble, warning=True) for trouble in scope.troubles)
        lines.extend(_roles(scope))
    return sorted(lines, key=lambda check: (check.ok, not check.warning))


def _store(store: StoreInfo | None, error: str) -> Check:
    if store is None:
        return Check("store", False, error or "not open yet", "changes wait until an audit row can be written")
    size = f"{store.url} · schema {store.schema} · {store.size_bytes / 2**20:.1f} MiB"
    if not store.writable:
        return Check("store", False, f"{size} · not writable: {store.detail}", "free the disk or fix the permissions")
    if store.spooled:
        return Check("store", True, f"{size} · {store.spooled} audit rows wait in the spool", "", warning=True)
    return Check("store", True, size)


def _scope(view: ScopeView) -> Check:
    name = f"cloud {view.entry}"
    if view.state is ScopeState.LIVE:
        leader = "read here" if view.leader else f"read by {view.leader_owner}"
        return Check(name, True, f"live · {view.vms} VMs · poll {view.poll_ms:.0f} ms · {leader}")
    if view.error_detail:
        request = f" ({view.request_id})" if view.request_id else ""
        return Check(name, False, f"{view.state.value}: {view.error_detail}{request}", view.error_hint)
    waiting = view.state in (ScopeState.CONNECTING, ScopeState.CACHED)
    return Check(name, waiting, view.state.value, warning=True)


def _token(view: ScopeView, now: datetime) -> list[Check]:
    if view.token_expires_at is None or view.token_expires_at - now > _SOON:
        return []
    return [Check(f"token {view.entry}", True, "expires within 10 minutes", "it is renewed by itself", warning=True)]


def _roles(view: ScopeView) -> list[Check]:
    if view.scope is None:
        return []
    microversion = ".".join(map(str, view.scope.profile.max_microversion))
    services = ", ".join(sorted(view.scope.profile.services))
    roles = ", ".join(sorted(view.scope.roles)) or "none"
    reach = "all projects" if view.scope.all_projects else f"project {view.scope.project_name}"
    return [Check(f"access {view.entry}", True, f"{reach} · roles {roles} · compute {microversion} · {services}")]
