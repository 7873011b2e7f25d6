"""What an operation sends, in its three forms: in memory, in the store, and as the audit tells it. Knows no wire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import CreateVm, Operation, OperationItem
from osvm_tui.domain.parameters import expanded, secrets

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
    if item.action_id == "create-server":
        return next((order for order in orders_of(operation) if order.vm_uuid == item.vm_uuid), None)
    return expanded(action_of(item.action_id).params, operation.params, item.vm_name, operation.requested_at)


def orders_of(operation: Operation) -> list[CreateVm]:
    """Return the orders of a creation as they were stored."""
    return msgspec.convert(operation.params.get("orders", []), list[CreateVm])


def told(spec: ActionSpec, payload: Payload) -> str:
    """Return the inputs as the audit row tells them: no secret, and of user data only its size."""
    if isinstance(payload, CreateVm):
        return _joined(_order(payload))
    hidden = secrets(spec.params)
    return _joined([(name, "(withheld)" if name in hidden else _text(value)) for name, value in payload.items()])


def params_told(action_id: str, params: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return an operation's stored parameters as a list shows them; of creations the first order's."""
    if action_id == "create-server":
        orders = msgspec.convert(params.get("orders", []), list[CreateVm])
        return _stored_order(orders[0]) if orders else ()
    return tuple((name, _text(value)) for name, value in params.items() if value not in ("", None))


def _order(order: CreateVm) -> list[tuple[str, str]]:
    size = len(order.user_data.encode())
    found = [
        ("flavor", order.flavor_id),
        ("image", order.image_id),
        ("networks", ",".join(order.network_ids)),
        ("groups", ",".join(order.security_groups)),
        ("key", order.key_name),
        ("zone", order.availability_zone),
        ("server group", order.server_group_id),
        ("hints", _text(dict(order.hints))),
        ("user data", f"{size} bytes" if size else ""),
    ]
    return [(name, value) for name, value in found if value]


def _stored_order(order: CreateVm) -> tuple[tuple[str, str], ...]:
    """Of user data the store holds the outline, whose last line tells the size."""
    size = order.user_data.rpartition("\n")[2].removeprefix("# ").partition(",")[0]
    plain = _order(msgspec.structs.replace(order, user_data=""))
    return (*plain, ("user data", size)) if size else tuple(plain)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _joined(values: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values if value)
