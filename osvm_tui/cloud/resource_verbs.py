"""RESOURCE_VERBS: how every change of RESOURCE_ACTIONS is said to Glance, Neutron, Cinder or Nova. No gates here.

Source of paths, bodies and success codes: the API references of the four, and the answers of a Zed control plane.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from osvm_tui.cloud.transport import Call, filled
from osvm_tui.cloud.wire.rules import rule_body

Params = Mapping[str, Any]
Version = tuple[int, int]
Body = Callable[[str, Params, Version], object]

_PATCH = "application/openstack-images-v2.1-json-patch"
_GENERATES = (2, 91)
"""From 2.92 on Nova makes no key pairs any more; it only takes public keys."""


class ResourceVerb(Struct, frozen=True, kw_only=True):
    """One request form. `path` may name `id`, `project` and parameters; `body` None sends no body."""

    method: str
    path: str
    service: str
    ok: frozenset[int]
    body: Body | None = None
    microversion: Version = (2, 95)
    """The newest compute (or exact volume) microversion that this form is written for."""
    made: str = ""
    """Under which key the answer has what was made; empty: nothing new."""
    content_type: str = "application/json"

    def call(self, resource_id: str, params: Params, highest: Version, project_id: str) -> Call:
        """Return the request; raise KeyError naming a missing parameter, ValueError for one that means nothing."""
        version = min(self.microversion, highest)
        body = None if self.body is None else self.body(resource_id, params, version)
        return Call(
            service=self.service,
            method=self.method,
            path=filled(self.path, {**params, "id": resource_id, "project": project_id}),
            body=b"" if body is None else msgspec.json.encode(body),
            content_type=self.content_type,
            microversion=self._spoken(version),
            timeout_s=60.0,
        )

    def _spoken(self, compute: Version) -> Version | None:
        if self.service == "compute":
            return compute
        return self.microversion if self.service == "volume" and self.microversion[0] == 3 else None


def _given(params: Params, *names: str, **wire_names: str) -> dict[str, Any]:
    found = {name: params[name] for name in names if params.get(name) not in (None, "")}
    return found | {wire: params[name] for name, wire in wire_names.items() if params.get(name) not in (None, "")}


def _new(params: Params) -> dict[str, Any]:
    return {"name": params["name"], **_given(params, "description")}


def _edited(params: Params) -> dict[str, Any]:
    """Return what of name and description was given; an empty description takes the old one away."""
    about = {"description": params["description"]} if params.get("description") is not None else {}
    return {**_given(params, "name"), **about}


def _image_name(image_id: str, params: Params, version: Version) -> object:
    return [{"op": "replace", "path": "/name", "value": params["name"]}]


def _allocate(_: str, params: Params, version: Version) -> object:
    return {"floatingip": {"floating_network_id": params["network_id"], **_given(params, "description")}}


def _volume(_: str, params: Params, version: Version) -> object:
    wanted = _given(params, "volume_type", "snapshot_id", "description", image_id="imageRef")
    return {"volume": {"name": params["name"], "size": int(params["size_gib"]), **wanted}}


def _volume_copy(volume_id: str, params: Params, version: Version) -> object:
    # Without force Cinder refuses while the volume is in a VM.
    return {
        "snapshot": {"volume_id": volume_id, "name": params["name"], "force": True, **_given(params, "description")}
    }


def _key(_: str, params: Params, version: Version) -> object:
    kind = {"type": "ssh"} if version >= (2, 2) else {}
    return {"keypair": {"name": params["name"], **kind, **_given(params, "public_key")}}


def _public_key(_: str, params: Params, version: Version) -> object:
    return _key(_, {"name": params["name"], "public_key": params["public_key"].strip()}, version)


def _server_group(_: str, params: Params, version: Version) -> object:
    policy = params["policy"]
    wanted = {"policy": policy} if version >= (2, 64) else {"policies": [policy]}
    return {"server_group": {"name": params["name"], **wanted}}


def _disabled(_: str, params: Params, version: Version) -> object:
    return {"status": "disabled", **_given(params, reason="disabled_reason")}


def _neutron(method: str, path: str, ok: int, body: Body | None = None, made: str = "") -> ResourceVerb:
    return ResourceVerb(
        method=method, path=f"/v2.0/{path}", service="network", ok=frozenset({ok}), body=body, made=made
    )


def _cinder(
    method: str, path: str, ok: int, body: Body | None = None, made: str = "", version: Version = (2, 95)
) -> ResourceVerb:
    return ResourceVerb(
        method=method,
        path=f"/v3/{{project}}/{path}",
        service="volume",
        ok=frozenset({ok}),
        body=body,
        made=made,
        microversion=version,
    )


def _nova(
    method: str, path: str, *ok: int, body: Body | None = None, made: str = "", version: Version = (2, 95)
) -> ResourceVerb:
    return ResourceVerb(
        method=method, path=path, service="compute", ok=frozenset(ok), body=body, made=made, microversion=version
    )


RESOURCE_VERBS: dict[str, ResourceVerb] = {
    "image.rename": ResourceVerb(
        method="PATCH",
        path="/v2/images/{id}",
        service="image",
        ok=frozenset({200}),
        body=_image_name,
        content_type=_PATCH,
    ),
    "image.delete": ResourceVerb(method="DELETE", path="/v2/images/{id}", service="image", ok=frozenset({204})),
    "floating-ip.allocate": _neutron("POST", "floatingips", 201, _allocate, "floatingip"),
    "floating-ip.release": _neutron("DELETE", "floatingips/{id}", 204),
    "floating-ip.disassociate": _neutron(
        "PUT", "floatingips/{id}", 200, lambda _id, params, version: {"floatingip": {"port_id": None}}
    ),
    "security-group.create": _neutron(
        "POST",
        "security-groups",
        201,
        lambda _id, params, version: {"security_group": _new(params)},
        "security_group",
    ),
    "security-group.add-rule": _neutron(
        "POST",
        "security-group-rules",
        201,
        lambda group_id, params, version: {"security_group_rule": rule_body(group_id, params)},
        "security_group_rule",
    ),
    "security-group.delete-rule": _neutron("DELETE", "security-group-rules/{rule_id}", 204),
    "security-group.rename": _neutron(
        "PUT", "security-groups/{id}", 200, lambda _id, params, version: {"security_group": _edited(params)}
    ),
    "security-group.delete": _neutron("DELETE", "security-groups/{id}", 204),
    "volume.create": _cinder("POST", "volumes", 202, _volume, "volume"),
    "volume.extend": _cinder(
        "POST",
        "volumes/{id}/action",
        202,
        lambda _id, params, version: {"os-extend": {"new_size": int(params["size_gib"])}},
        # Before 3.42 only a volume that is in no VM could be extended.
        version=(3, 42),
    ),
    "volume.snapshot": _cinder("POST", "snapshots", 202, _volume_copy, "snapshot"),
    "volume.rename": _cinder("PUT", "volumes/{id}", 200, lambda _id, params, version: {"volume": _edited(params)}),
    "volume.delete": _cinder("DELETE", "volumes/{id}", 202),
    "volume-snapshot.rename": _cinder(
        "PUT", "snapshots/{id}", 200, lambda _id, params, version: {"snapshot": _edited(params)}
    ),
    "volume-snapshot.delete": _cinder("DELETE", "snapshots/{id}", 202),
    "keypair.create": _nova("POST", "/os-keypairs", 200, 201, body=_key, made="keypair", version=_GENERATES),
    "keypair.import": _nova("POST", "/os-keypairs", 200, 201, body=_public_key, made="keypair"),
    "keypair.delete": _nova("DELETE", "/os-keypairs/{id}", 202, 204),
    "server-group.create": _nova("POST", "/os-server-groups", 200, body=_server_group, made="server_group"),
    "server-group.delete": _nova("DELETE", "/os-server-groups/{id}", 204),
    "service.disable": _nova("PUT", "/os-services/{id}", 200, body=_disabled),
    "service.enable": _nova("PUT", "/os-services/{id}", 200, body=lambda _id, params, version: {"status": "enabled"}),
}
"""Every change of RESOURCE_ACTIONS."""
