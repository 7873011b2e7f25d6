"""`command_of_call`: the `openstack` command that asks what one API request asked. Pure; no body is known here."""

from __future__ import annotations

import re

from osvm_tui.domain.openstack_cli import line

_ID = r"([^/]+)"


def command_of_call(method: str, path: str, service: str, cloud: str = "", project: str = "") -> str:
    """Return the command, empty for a request that no command makes or whose body would have to be known."""
    bare = path.partition("?")[0].rstrip("/")
    for pattern, words in _CALLS.get(service, ()):
        asked, _, shape = pattern.partition(" ")
        found = re.fullmatch(f"(?:.*)?{shape}", bare) if asked == method else None
        if found:
            return line([*words.format(*found.groups()).split(" ")], cloud, project)
    return ""


_CALLS: dict[str, tuple[tuple[str, str], ...]] = {
    "compute": (
        ("GET /servers/detail", "server list --long"),
        ("GET /servers", "server list"),
        (f"GET /servers/{_ID}/os-instance-actions/{_ID}", "server event show {} {}"),
        (f"GET /servers/{_ID}/os-instance-actions", "server event list {}"),
        (f"GET /servers/{_ID}/os-volume_attachments", "server volume list {}"),
        (f"GET /servers/{_ID}/migrations", "server migration list --server {}"),
        (f"GET /servers/{_ID}/diagnostics", "server show --diagnostics {}"),
        (f"GET /servers/{_ID}", "server show {}"),
        (f"DELETE /servers/{_ID}", "server delete {}"),
        (f"POST /servers/{_ID}/remote-consoles", "console url show --novnc {}"),
        (f"GET /flavors/{_ID}/os-extra_specs", "flavor show {}"),
        ("GET /flavors(?:/detail)?", "flavor list --all"),
        ("GET /os-keypairs", "keypair list"),
        (f"DELETE /os-keypairs/{_ID}", "keypair delete {}"),
        ("GET /os-server-groups", "server group list --long"),
        (f"DELETE /os-server-groups/{_ID}", "server group delete {}"),
        ("GET /os-hypervisors(?:/detail)?", "hypervisor list --long"),
        ("GET /os-services", "compute service list --long"),
        ("GET /os-availability-zone(?:/detail)?", "availability zone list --compute"),
        ("GET /limits", "limits show --absolute"),
        (r"GET /os-quota-sets/[^/]+(?:/detail)?", "quota show"),
    ),
    "network": (
        ("GET /networks", "network list --long"),
        ("GET /subnets", "subnet list --long"),
        ("GET /ports", "port list --long"),
        ("GET /routers", "router list --long"),
        ("GET /floatingips", "floating ip list --long"),
        ("GET /security-groups", "security group list"),
        (f"DELETE /floatingips/{_ID}", "floating ip delete {}"),
        (f"DELETE /security-groups/{_ID}", "security group delete {}"),
        (f"DELETE /security-group-rules/{_ID}", "security group rule delete {}"),
        (r"GET /quotas/[^/]+(?:/details(?:\.json)?)?", "quota show"),
    ),
    "image": (("GET /images", "image list --long"), (f"DELETE /images/{_ID}", "image delete {}")),
    "volume": (
        ("GET /volumes(?:/detail)?", "volume list --long"),
        ("GET /snapshots(?:/detail)?", "volume snapshot list --long"),
        ("GET /types", "volume type list --long"),
        (f"DELETE /volumes/{_ID}", "volume delete {}"),
        (f"DELETE /snapshots/{_ID}", "volume snapshot delete {}"),
        (r"GET /os-quota-sets/[^/]+", "quota show"),
        ("GET /limits", "limits show --absolute"),
    ),
    "identity": (
        ("POST /auth/tokens", "token issue"),
        ("GET /auth/projects", "project list --my-projects"),
        ("GET /projects", "project list"),
        ("GET /users", "user list"),
    ),
}
"""By service, the first match counts; what stands before the shape (a version, a project) does not."""
