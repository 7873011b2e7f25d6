"""The simulated Nova: which handler answers which path, and how refusals become fault bodies."""

from __future__ import annotations

import re
from collections.abc import Callable

from osvm_tui.cloud.mock import (
    diagnostics,
    history,
    keypairs,
    migrations,
    nova_catalog,
    nova_hosts,
    quotas,
    security_groups,
    server_actions,
    server_create,
    server_groups,
    server_interfaces,
    server_lists,
    server_parts,
    server_volumes,
    usage,
)
from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused, microversion
from osvm_tui.cloud.mock.replies import nova_fault, nova_unknown_path
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

Handler = Callable[..., SimReply]
READS = frozenset({"GET", "HEAD"})
_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/servers", server_lists.index),
    ("GET", "/servers/detail", server_lists.detail),
    ("POST", "/servers", server_create.create),
    ("POST", "/servers/{}/action", server_actions.act),
    ("GET", "/servers/{}/diagnostics", diagnostics.diagnostics),
    ("GET", "/servers/{}/ips", server_parts.ips),
    ("GET", "/servers/{}/os-instance-actions", history.actions),
    ("GET", "/servers/{}/os-instance-actions/{}", history.action),
    ("GET", "/servers/{}/os-security-groups", security_groups.of_server),
    ("GET", "/servers/{}/migrations", migrations.of_server),
    ("POST", "/servers/{}/migrations/{}/action", migrations.force_complete),
    ("GET", "/servers/{}/migrations/{}", migrations.one_of_server),
    ("DELETE", "/servers/{}/migrations/{}", migrations.abort),
    ("POST", "/servers/{}/remote-consoles", server_parts.remote_console),
    ("GET POST PUT", "/servers/{}/metadata", server_parts.metadata),
    ("GET PUT DELETE", "/servers/{}/metadata/{}", server_parts.metadata_item),
    ("GET PUT DELETE", "/servers/{}/tags", server_parts.tags),
    ("GET PUT DELETE", "/servers/{}/tags/{}", server_parts.tag),
    ("GET POST", "/servers/{}/os-interface", server_interfaces.interfaces),
    ("GET DELETE", "/servers/{}/os-interface/{}", server_interfaces.interface),
    ("GET POST", "/servers/{}/os-volume_attachments", server_volumes.attachments),
    ("GET PUT DELETE", "/servers/{}/os-volume_attachments/{}", server_volumes.attachment),
    ("GET", "/servers/{}", server_parts.show),
    ("PUT", "/servers/{}", server_parts.update),
    ("DELETE", "/servers/{}", server_actions.delete),
    ("GET", "/flavors", lambda call: nova_catalog.flavors(call, False)),
    ("GET", "/flavors/detail", lambda call: nova_catalog.flavors(call, True)),
    ("GET", "/flavors/{}/os-extra_specs", nova_catalog.extra_specs),
    ("GET", "/flavors/{}", nova_catalog.flavor),
    ("GET", "/os-keypairs", keypairs.index),
    ("POST", "/os-keypairs", keypairs.create),
    ("GET DELETE", "/os-keypairs/{}", keypairs.one),
    ("GET", "/os-availability-zone", lambda call: nova_catalog.zones(call, False)),
    ("GET", "/os-availability-zone/detail", lambda call: nova_catalog.zones(call, True)),
    ("GET", "/os-server-groups", server_groups.index),
    ("POST", "/os-server-groups", server_groups.create),
    ("GET DELETE", "/os-server-groups/{}", server_groups.one),
    ("GET", "/extensions", nova_catalog.extensions),
    ("GET", "/limits", quotas.limits),
    ("GET", "/os-quota-sets/{}", quotas.show),
    ("GET", "/os-quota-sets/{}/detail", lambda call, project: quotas.show(call, project, True)),
    ("GET", "/os-quota-sets/{}/defaults", quotas.defaults),
    ("GET", "/os-simple-tenant-usage", usage.every_project),
    ("GET", "/os-simple-tenant-usage/{}", usage.one_project),
    ("GET", "/os-services", nova_hosts.services),
    ("PUT", "/os-services/{}", nova_hosts.update_service),
    ("GET", "/os-hypervisors", lambda call: nova_hosts.hypervisors(call, False)),
    ("GET", "/os-hypervisors/detail", lambda call: nova_hosts.hypervisors(call, True)),
    ("GET", "/os-hypervisors/statistics", nova_hosts.statistics),
    ("GET", "/os-hypervisors/{}", nova_hosts.hypervisor),
    ("GET", "/os-aggregates", nova_hosts.aggregates),
    ("GET", "/os-migrations", migrations.every),
]
_COMPILED = [
    (method, re.compile(path.replace("{}", "([^/]+)")), handler)
    for methods, path, handler in _ROUTES
    for method in methods.split()
]


def handle(world: World, caller: Caller, request: SimRequest) -> SimReply:
    """Answer one request to Nova; everything that is not a read runs inside one transaction."""
    path = request.path.rstrip("/") or "/"
    method = "GET" if request.method == "HEAD" else request.method
    for allowed, pattern, handler in _COMPILED:
        match = pattern.fullmatch(path) if allowed == method else None
        if match is not None:
            return _answer(world, caller, request, handler, match.groups())
    return nova_unknown_path(request)


def _answer(world: World, caller: Caller, request: SimRequest, handler: Handler, parts: tuple[str, ...]) -> SimReply:
    try:
        version = microversion(world, request)
    except Refused as refused:
        asked = request.headers.get("openstack-api-version", "").removeprefix("compute ").strip()
        return nova_fault(request, refused.status, refused.message, microversion=asked or "2.1")
    call = NovaCall(world, caller, request, version)
    try:
        call.allow("reader", MINIMUM_POLICY)
        if request.method in READS:
            return handler(call, *parts)
        with world.transaction():
            return handler(call, *parts)
    except Refused as refused:
        return call.fault(refused)


MINIMUM_POLICY = "servers:index"
"""An unscoped token holds no role and may do nothing here."""
