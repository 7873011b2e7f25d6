"""What an operation sends, in its three forms: in memory, in the store, and as the audit tells it. Knows no wire."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.operations import CreateVm, Operation, OperationItem

Payload = dict[str, object] | CreateVm
_KIND = re.compile(r"#(cloud-config|!\S+|include\b|cloud-boothook\b|part-handler\b)")
_KEY = re.compile(r"^([a-z_]+):", re.MULTILINE)


def names(pattern: str, count: int) -> list[str]:
    """Return `count` names: `{n}` becomes 1, 2, ...; without it `-1`, `-2` are appended when there are several."""
    if "{n}" in pattern:
        return [pattern.replace("{n}", str(n)) for n in range(1, count + 1)]
    return [pattern] if count == 1 else [f"{pattern}-{n}" for n in range(1, count + 1)]


def stored(orders: list[CreateVm]) -> dict[str, object]:
    """Return creations as an operation's parameters; of user data only its outline is kept."""
    kept = [msgspec.structs.replace(order, user_data=outline(order.user_data)) for order in orders]
    return {"orders": [msgspec.to_builtins(order) for order in kept]}


def outline(user_data: str) -> str:
    """Return what user data is without what it says: its kind, the names of its top-level keys, its size.

    Any value may be a secret, under any name: none is kept.
    """
    if not user_data:
        return ""
    kind = _KIND.match(user_data)
    lines = [kind.group()] if kind else []
    if kind and kind.group() == "#cloud-config":
        lines += [f"{key}: ********" for key in _KEY.findall(user_data)]
    return "\n".join([*lines, f"# {len(user_data.encode())} bytes, values withheld"])


def restored(operation: Operation, item: OperationItem) -> Payload | None:
    """Return what an item of another owner would send, None when a part of it was never stored."""
    if operation.secret:
        return None
    if item.action_id != "create-server":
        return dict(operation.params)
    orders = msgspec.convert(operation.params.get("orders", []), list[CreateVm])
    return next((order for order in orders if order.vm_uuid == item.vm_uuid), None)


def told(spec: ActionSpec, payload: Payload) -> str:
    """Return the inputs as the audit row tells them: no secret, and of user data only its size."""
    if isinstance(payload, CreateVm):
        return _order(payload)
    secret = {param.name for param in spec.params if param.kind == "secret"}
    return _pairs({name: "(withheld)" if name in secret else value for name, value in payload.items()})


def _order(order: CreateVm) -> str:
    size = len(order.user_data.encode())
    return _pairs(
        {
            "flavor": order.flavor_id,
            "image": order.image_id,
            "networks": ",".join(order.network_ids),
            "groups": ",".join(order.security_groups),
            "key": order.key_name,
            "zone": order.availability_zone,
            "user data": f"{size} bytes" if size else "",
        }
    )


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items() if value not in ("", None))
