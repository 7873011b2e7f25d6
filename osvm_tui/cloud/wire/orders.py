"""`CreateVm` -> Nova's create body, and what creations answer.

Source: Nova's API reference of `POST /servers`, 2.1 to 2.95.
"""

from __future__ import annotations

import base64

from msgspec import Raw, Struct

from osvm_tui.cloud.wire import rows
from osvm_tui.domain.operations import CreateVm

VM_UUID = "osvm_uuid"
"""The metadata key under which a VM carries our own id, so that it is found again after a crash."""


def create_body(order: CreateVm, microversion: tuple[int, int]) -> dict[str, object]:
    """Return the body for one VM. `networks` is mandatory from 2.37 on, `description` exists from 2.19 on."""
    server: dict[str, object] = {
        "name": order.name,
        "flavorRef": order.flavor_id,
        "imageRef": order.image_id,
        "metadata": _metadata(order),
    }
    networks = _networks(order.network_ids, microversion)
    if networks is not None:
        server["networks"] = networks
    if order.security_groups:
        server["security_groups"] = [{"name": group} for group in order.security_groups]
    if order.key_name:
        server["key_name"] = order.key_name
    if order.user_data:
        server["user_data"] = base64.b64encode(order.user_data.encode()).decode()
    if order.description and microversion >= (2, 19):
        server["description"] = order.description
    if order.availability_zone:
        server["availability_zone"] = order.availability_zone
    hints = _hints(order)
    return {"server": server, "os:scheduler_hints": hints} if hints else {"server": server}


def _hints(order: CreateVm) -> dict[str, object]:
    """Return the scheduler's hints; a name that comes more than once has a list."""
    values: dict[str, list[str]] = {"group": [order.server_group_id]} if order.server_group_id else {}
    for name, value in order.hints:
        values.setdefault(name, []).append(value)
    return {name: given if len(given) > 1 else given[0] for name, given in values.items()}


def _metadata(order: CreateVm) -> dict[str, str]:
    metadata = dict(order.metadata)
    return {**metadata, VM_UUID: order.vm_uuid} if order.vm_uuid else metadata


def _networks(network_ids: tuple[str, ...], microversion: tuple[int, int]) -> object:
    if network_ids and network_ids != ("none",):
        return [{"uuid": network_id} for network_id in network_ids]
    if microversion < (2, 37):
        return None
    return "none" if network_ids else "auto"


class MadeFields(Struct, gc=False):
    """What counts of something that was made; a key pair has a name for an id, and its private key once."""

    id: str | int | None = None
    name: str | None = None
    private_key: str | None = None


def made(body: bytes, key: str) -> tuple[str, str]:
    """Decode the id of what a creation made, and a private key if the cloud made one."""
    row = rows.one(rows.parts(body).get(key, Raw(b"{}")), MadeFields)
    made_id = row.name if key == "keypair" else row.id
    return str(made_id or ""), row.private_key or ""
