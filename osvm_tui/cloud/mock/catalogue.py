"""The service catalogue that tokens carry: which services there are and where each one is reached.

Knows only names, ids and address forms. Placement is not simulated and so not listed.
Cinder's address carries the project.
"""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.accounts import REGION, stable_id

INTERFACES = ("public", "internal", "admin")
_OWN = "$(project_id)s"
SERVICES = {
    "identity": ("keystone", "/identity/v3/"),
    "compute": ("nova", "/compute/v2.1"),
    "image": ("glance", "/image"),
    "network": ("neutron", "/network"),
    "volumev3": ("cinderv3", "/volume/v3/$(project_id)s"),
}


def catalogue(base_url: str, project: str) -> list[dict[str, Any]]:
    """Return the catalogue below `base_url`; without a project no endpoint that carries one."""
    listed = []
    for kind, (name, path) in SERVICES.items():
        shown = [] if _OWN in path and not project else INTERFACES
        endpoints = [_endpoint(kind, interface, base_url) for interface in shown]
        for endpoint in endpoints:
            endpoint["url"] = endpoint["url"].replace(_OWN, project)
        listed.append({"endpoints": endpoints, "id": stable_id("service", kind), "type": kind, "name": name})
    return listed


def services(base_url: str) -> list[dict[str, Any]]:
    """Return Keystone's list of services, as administrators see it."""
    return [
        {
            "id": stable_id("service", kind),
            "name": name,
            "type": kind,
            "enabled": True,
            "links": {"self": f"{base_url}/identity/v3/services/{stable_id('service', kind)}"},
        }
        for kind, (name, _) in SERVICES.items()
    ]


def endpoints(base_url: str) -> list[dict[str, Any]]:
    """Return Keystone's list of endpoints, as administrators see it."""
    return [
        {
            **_endpoint(kind, interface, base_url),
            "service_id": stable_id("service", kind),
            "enabled": True,
            "links": {"self": f"{base_url}/identity/v3/endpoints/{_endpoint_id(kind, interface)}"},
        }
        for kind in SERVICES
        for interface in INTERFACES
    ]


def _endpoint(kind: str, interface: str, base_url: str) -> dict[str, Any]:
    return {
        "id": _endpoint_id(kind, interface),
        "interface": interface,
        "region_id": REGION,
        "region": REGION,
        "url": base_url + SERVICES[kind][1],
    }


def _endpoint_id(kind: str, interface: str) -> str:
    return stable_id("endpoint", f"{kind}/{interface}")
