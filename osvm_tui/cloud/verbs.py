"""VERBS: how every action of the table is said to Nova or Neutron. No gates here: what is illegal, the cloud refuses.

Source of paths, bodies and success codes: Nova's API reference and controllers, 23.0.0 to 34.0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from osvm_tui.cloud.transport import Call, filled

Params = Mapping[str, Any]
Version = tuple[int, int]
Body = Callable[[Params, Version], object]

RPC_S = 75.0
"""Calls that wait for the compute host: Nova's own message time-out is 60 s."""


class Verb(Struct, frozen=True, kw_only=True):
    """One request form. `path` may name `id` and parameters; `body` None sends no body."""

    method: str = "POST"
    path: str = "/servers/{id}/action"
    body: Body | None = None
    ok: frozenset[int] = frozenset({202})
    service: str = "compute"
    microversion: Version = (2, 95)
    """The newest microversion this form is written for; the cloud's maximum may be lower."""
    timeout_s: float = 30.0
    looks: bool = False
    """True for a POST that only reads."""

    def call(self, vm_id: str, params: Params, highest: Version) -> Call:
        """Return the request for one VM; KeyError names a missing parameter, ValueError tells of one not to be sent."""
        version = min(self.microversion, highest)
        body = None if self.body is None else self.body(params, version)
        return Call(
            service=self.service,
            method=self.method,
            path=filled(self.path, {**params, "id": vm_id}),
            body=b"" if body is None else msgspec.json.encode(body),
            microversion=version if self.service == "compute" else None,
            timeout_s=self.timeout_s,
            looks=self.looks,
        )


def _bare(key: str, ok: int = 202) -> Verb:
    return Verb(body=lambda params, version: {key: None}, ok=frozenset({ok}))


def _keyed(key: str, body: Body, ok: int = 202, timeout_s: float = 30.0) -> Verb:
    return Verb(body=lambda params, version: {key: body(params, version)}, ok=frozenset({ok}), timeout_s=timeout_s)


def _given(params: Params, *names: str, **wire_names: str) -> dict[str, Any]:
    found = {name: params[name] for name in names if params.get(name) not in (None, "")}
    return found | {wire: params[name] for name, wire in wire_names.items() if params.get(name) not in (None, "")}


def _lock(params: Params, version: Version) -> object:
    reason = params.get("reason")
    return {"locked_reason": reason} if reason and version >= (2, 73) else None


def _rename(params: Params, version: Version) -> object:
    named = _given(params, "name")
    if "description" in params and version >= (2, 19):
        named["description"] = params["description"] or None
    return {"server": named}


def _rescue(params: Params, version: Version) -> object:
    return _given(params, image_id="rescue_image_ref", password="adminPass") or None


def _rebuild(params: Params, version: Version) -> object:
    return {"imageRef": params["image_id"], **_given(params, "name", password="adminPass")}


def _unshelve(params: Params, version: Version) -> object:
    return _given(params, "availability_zone") or None if version >= (2, 77) else None


def _migrate(params: Params, version: Version) -> object:
    return _given(params, "host") or None if version >= (2, 56) else None


def _live_migrate(params: Params, version: Version) -> object:
    if version >= (2, 25):
        return {"host": params.get("host") or None, "block_migration": "auto"}
    return {"host": params.get("host") or None, "block_migration": False, "disk_over_commit": False}


def _backup(params: Params, version: Version) -> object:
    return {
        "name": params["name"],
        "backup_type": params.get("backup_type") or "daily",
        "rotation": int(params.get("rotation") or 1),
    }


def _console(params: Params, version: Version) -> object:
    lines = params.get("lines")
    return {} if lines is None else {"length": int(lines)}


def _remote_console(params: Params, version: Version) -> object:
    protocol, kind = params.get("protocol") or "vnc", params.get("kind") or "novnc"
    return {"remote_console": {"protocol": protocol, "type": kind}}


def _interface(params: Params, version: Version) -> object:
    wanted = _given(params, network_id="net_id", port_id="port_id")
    if params.get("fixed_ip"):
        wanted["fixed_ips"] = [{"ip_address": params["fixed_ip"]}]
    return {"interfaceAttachment": wanted}


def _volume(params: Params, version: Version) -> object:
    return {"volumeAttachment": {"volumeId": params["volume_id"], **_given(params, "device")}}


def _keep_volume(params: Params, version: Version) -> object:
    keep = {"volumeId": params["volume_id"], "delete_on_termination": bool(params["delete_on_termination"])}
    return {"volumeAttachment": keep}


def _swap_volume(params: Params, version: Version) -> object:
    return {"volumeAttachment": {"volumeId": params["new_volume_id"]}}


def _floating(params: Params, version: Version) -> object:
    return {"floatingip": {"port_id": params["port_id"], **_given(params, fixed_ip="fixed_ip_address")}}


def _no_floating(params: Params, version: Version) -> object:
    return {"floatingip": {"port_id": None}}


def _group(params: Params, version: Version) -> object:
    return {"name": params["security_group"]}


_DELETE = Verb(method="DELETE", path="/servers/{id}", ok=frozenset({204}))
_VOLUMES = "/servers/{id}/os-volume_attachments"
_FLOATING = "/v2.0/floatingips/{floating_ip_id}"

_POWER_AND_LIFE: dict[str, Verb] = {
    "start": _bare("os-start"),
    "stop": _bare("os-stop"),
    "reboot-soft": _keyed("reboot", lambda params, version: {"type": "SOFT"}),
    "reboot-hard": _keyed("reboot", lambda params, version: {"type": "HARD"}),
    "pause": _bare("pause"),
    "unpause": _bare("unpause"),
    "suspend": _bare("suspend"),
    "resume": _bare("resume"),
    "rescue": _keyed("rescue", _rescue, ok=200),
    "unrescue": _bare("unrescue"),
    "shelve": _bare("shelve"),
    "shelve-offload": _bare("shelveOffload"),
    "unshelve": _keyed("unshelve", _unshelve),
    "lock": _keyed("lock", _lock),
    "unlock": _bare("unlock"),
    "rebuild": _keyed("rebuild", _rebuild),
    "resize": _keyed("resize", lambda params, version: {"flavorRef": params["flavor_id"]}),
    "confirm-resize": _bare("confirmResize", ok=204),
    "revert-resize": _bare("revertResize"),
    "delete": _DELETE,
    "soft-delete": _DELETE,
    "force-delete": _bare("forceDelete"),
    "restore": _bare("restore"),
    "create-image": _keyed("createImage", lambda params, version: {"name": params["name"]}, timeout_s=RPC_S),
    "create-backup": _keyed("createBackup", _backup, timeout_s=RPC_S),
    "change-password": _keyed(
        "changePassword", lambda params, version: {"adminPass": params["password"]}, timeout_s=RPC_S
    ),
    "update-server": Verb(method="PUT", path="/servers/{id}", body=_rename, ok=frozenset({200})),
    "console-output": Verb(
        body=lambda params, version: {"os-getConsoleOutput": _console(params, version)},
        ok=frozenset({200}),
        timeout_s=RPC_S,
        looks=True,
    ),
    "remote-console": Verb(
        path="/servers/{id}/remote-consoles",
        body=_remote_console,
        ok=frozenset({200}),
        timeout_s=RPC_S,
        looks=True,
    ),
    "diagnostics": Verb(method="GET", path="/servers/{id}/diagnostics", ok=frozenset({200}), timeout_s=RPC_S),
    "trigger-crash-dump": _bare("trigger_crash_dump"),
}

_ADMIN: dict[str, Verb] = {
    "migrate": _keyed("migrate", _migrate),
    "live-migrate": _keyed("os-migrateLive", _live_migrate),
    "live-migrate-force-complete": Verb(
        path="/servers/{id}/migrations/{migration_id}/action", body=lambda params, version: {"force_complete": None}
    ),
    "live-migrate-abort": Verb(method="DELETE", path="/servers/{id}/migrations/{migration_id}"),
    "evacuate": _keyed("evacuate", lambda params, version: _given(params, "host"), ok=200),
    "reset-state": _keyed("os-resetState", lambda params, version: {"state": params.get("state") or "error"}),
    "inject-network-info": _bare("injectNetworkInfo"),
}

_ATTACHMENTS: dict[str, Verb] = {
    "attach-volume": Verb(path=_VOLUMES, body=_volume, ok=frozenset({200, 202}), timeout_s=RPC_S),
    "detach-volume": Verb(method="DELETE", path=f"{_VOLUMES}/{{volume_id}}"),
    "update-volume-attachment": Verb(method="PUT", path=f"{_VOLUMES}/{{volume_id}}", body=_keep_volume),
    "swap-volume": Verb(method="PUT", path=f"{_VOLUMES}/{{volume_id}}", body=_swap_volume),
    "attach-interface": Verb(path="/servers/{id}/os-interface", body=_interface, ok=frozenset({200}), timeout_s=RPC_S),
    "detach-interface": Verb(method="DELETE", path="/servers/{id}/os-interface/{port_id}"),
    "add-floating-ip": Verb(method="PUT", path=_FLOATING, body=_floating, ok=frozenset({200}), service="network"),
    "remove-floating-ip": Verb(method="PUT", path=_FLOATING, body=_no_floating, ok=frozenset({200}), service="network"),
    "add-security-group": _keyed("addSecurityGroup", _group),
    "remove-security-group": _keyed("removeSecurityGroup", _group),
    "set-metadata": Verb(
        path="/servers/{id}/metadata",
        body=lambda params, version: {"metadata": dict(params["metadata"])},
        ok=frozenset({200}),
    ),
    "delete-metadata": Verb(method="DELETE", path="/servers/{id}/metadata/{key}", ok=frozenset({204})),
    "set-tags": Verb(
        method="PUT",
        path="/servers/{id}/tags",
        body=lambda params, version: {"tags": list(params["tags"])},
        ok=frozenset({200}),
    ),
    "delete-tags": Verb(method="DELETE", path="/servers/{id}/tags/{tag}", ok=frozenset({204})),
}

VERBS: dict[str, Verb] = {**_POWER_AND_LIFE, **_ADMIN, **_ATTACHMENTS}
"""Every action of the table but the creation, which has an order of its own."""
