"""Version discovery: the documents at the roots of the simulated services, which need no token.

Holds their JSON and tells which requests ask for them. Texts and fields are those of a Zed control plane;
only Nova's maximum microversion follows the release.
"""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import volume
from osvm_tui.cloud.mock.nova_call import maximum, version_text
from osvm_tui.cloud.mock.replies import glance_reply, keystone_reply, neutron_reply, nova_reply
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

GLANCE_MINORS = range(16, -1, -1)
_ROOTS = {("identity", "/"), ("identity", "/v3"), ("compute", "/"), ("image", "/"), ("network", "/")}
_ROOTS |= {("volume", "/"), ("volume", "/v3")}
_NOVA_UPDATED = "2013-07-23T11:33:21Z"


def is_discovery(request: SimRequest) -> bool:
    """Tell whether the request asks for a version document: then it needs no token."""
    if request.service == "versions":
        return True
    path = request.path.rstrip("/") or "/"
    return request.method == "GET" and (
        (request.service, path) in _ROOTS or (request.service, path) == ("image", "/versions")
    )


def handle(world: World, request: SimRequest) -> SimReply:
    """Answer one request for a version document; service "versions" names the service in its path."""
    path = request.path.rstrip("/") or "/"
    service = path.strip("/") if request.service == "versions" else request.service
    if service == "identity":
        return _keystone(request, single=path == "/v3")
    if service == "compute":
        return _nova(world, request, single=request.service == "compute")
    if service == "image":
        return glance_reply(request, 200 if path == "/versions" else 300, {"versions": _glance(request)})
    if service == "network":
        links = [{"rel": "self", "href": f"{request.base_url}/network/v2.0/"}]
        return neutron_reply(request, 200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})
    if service == "volume":
        return volume.document(world, request)
    return SimReply(404, {"content-type": "text/plain"}, b"no such service\n")


def _keystone(request: SimRequest, *, single: bool) -> SimReply:
    root = f"{request.base_url}/identity/v3/"
    version = {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": root}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }
    if single:
        return keystone_reply(request, 200, {"version": version})
    return keystone_reply(request, 300, {"versions": {"values": [version]}}, {"location": root})


def _nova(world: World, request: SimRequest, *, single: bool) -> SimReply:
    current: dict[str, Any] = {
        "id": "v2.1",
        "status": "CURRENT",
        "version": version_text(maximum(world)),
        "min_version": "2.1",
        "updated": _NOVA_UPDATED,
        "links": [{"rel": "self", "href": f"{request.base_url}/compute/v2.1/"}],
    }
    if not single:
        return SimReply(
            200, {"content-type": "application/json"}, nova_reply(request, 200, {"versions": [current]}).body
        )
    current["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
    return nova_reply(request, 200, {"version": current | {"media-types": [media]}})


def _glance(request: SimRequest) -> list[dict[str, Any]]:
    return [
        {
            "id": f"v2.{minor}",
            "status": "CURRENT" if minor == GLANCE_MINORS[0] else "SUPPORTED",
            "links": [{"rel": "self", "href": f"{request.base_url}/image/v2/"}],
        }
        for minor in GLANCE_MINORS
    ]
