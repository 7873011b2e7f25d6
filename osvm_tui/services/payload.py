"""What an operation sends, in its three forms: in memory, in the store, and as the audit tells it. Knows no wire."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.operations import CreateVm, Operation, OperationItem

Payload = dict[str, object] | CreateVm


def names(pattern: str, count: int) -> list[str]:
    """Return `count` names: `{n}` becomes 1, 2, ...; without it `-1`, `-2` are appended when there are several."""
    if "{n}" in pattern:
        return [pattern.replace("{n}", str(n)) for n in range(1, count + 1)]
    return [pattern] if count == 1 else [f"{pattern}-{n}" for n in range(1, count + 1)]


def stored(orders: list[CreateVm]) -> dict[str, object]:
    """Return creations as an operation's parameters. The store covers the secrets in them and notes that it did."""
    return {"orders": [msgspec.to_builtins(order) for order in orders]}


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
