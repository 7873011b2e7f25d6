"""The bodies that Nova's server actions take, checked in Nova's words (400) before anything is looked up."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from osvm_tui.cloud.mock.nova_call import NovaCall, Refused

Check = Callable[[NovaCall, Any], None]


def invalid(field: str, value: Any, why: str) -> Refused:
    """Return Nova's refusal of a body that breaks its schema."""
    return Refused(400, f"Invalid input for field/attribute {field}. Value: {value}. {why}")


def need(value: Any, field: str, *names: str) -> None:
    """Refuse a body that is no object or lacks one of `names`."""
    if not isinstance(value, dict):
        raise invalid(field, value, f"{value!r} is not of type 'object'")
    for name in names:
        if name not in value:
            raise invalid(field, value, f"{name!r} is a required property")


def text(value: Any, field: str, longest: int = 255, empty: bool = True) -> None:
    """Refuse what is not a string of at most `longest` characters."""
    if not isinstance(value, str):
        raise invalid(field, value, f"{value!r} is not of type 'string'")
    if not empty and not value.strip():
        raise invalid(field, value, f"{value!r} is too short")
    if len(value) > longest:
        raise invalid(field, value, f"{value!r} is too long")


def only(value: dict[str, Any], field: str, allowed: set[str]) -> None:
    """Refuse properties beyond `allowed`."""
    for name in value:
        if name not in allowed:
            raise invalid(field, value, f"Additional properties are not allowed ({name!r} was unexpected)")


def _reboot(call: NovaCall, value: Any) -> None:
    need(value, "reboot", "type")
    kinds = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
    if value["type"] not in kinds:
        raise invalid("type", value["type"], f"{value['type']!r} is not one of {kinds}")


def _lock(call: NovaCall, value: Any) -> None:
    if call.minor < 73 or value is None:
        return
    need(value, "lock")
    only(value, "lock", {"locked_reason"})
    if "locked_reason" in value:
        text(value["locked_reason"], "locked_reason", empty=False)


def _reset_state(call: NovaCall, value: Any) -> None:
    need(value, "os-resetState", "state")
    if value["state"] not in ("active", "error"):
        raise invalid("state", value["state"], f"{value['state']!r} is not one of ['active', 'error']")


def _console(call: NovaCall, value: Any) -> None:
    need(value, "os-getConsoleOutput")
    length = value.get("length")
    if length is not None and not str(length).lstrip("-").isdigit():
        raise invalid("length", length, f"{length!r} does not match '^-?[0-9]+$'")


def _resize(call: NovaCall, value: Any) -> None:
    need(value, "resize", "flavorRef")


def _rebuild(call: NovaCall, value: Any) -> None:
    need(value, "rebuild", "imageRef")
    image = value["imageRef"]
    if image and not is_uuid(image):
        raise invalid("imageRef", image, f"{image!r} is not a 'uuid'")


def is_uuid(value: Any) -> bool:
    """Tell whether `value` is the text of a UUID, with or without hyphens."""
    try:
        uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _rescue(call: NovaCall, value: Any) -> None:
    if value is not None:
        need(value, "rescue")
        only(value, "rescue", {"adminPass", "rescue_image_ref"})


def _migrate(call: NovaCall, value: Any) -> None:
    if value is None or call.minor < 56:
        return
    need(value, "migrate")
    only(value, "migrate", {"host"})
    if value.get("host") is not None and not isinstance(value["host"], str):
        raise invalid("host", value["host"], f"{value['host']!r} is not of type 'string', 'null'")


def _create_image(call: NovaCall, value: Any) -> None:
    need(value, "createImage", "name")
    text(value["name"], "name", empty=False)


def _create_backup(call: NovaCall, value: Any) -> None:
    need(value, "createBackup", "name", "backup_type", "rotation")
    text(value["name"], "name", empty=False)
    if not str(value["rotation"]).isdigit():
        raise invalid("rotation", value["rotation"], f"{value['rotation']!r} does not match '^[0-9]*$'")


def _password(call: NovaCall, value: Any) -> None:
    need(value, "changePassword", "adminPass")
    text(value["adminPass"], "adminPass")


def _live(call: NovaCall, value: Any) -> None:
    need(value, "os-migrateLive", "block_migration", "host")
    if call.minor >= 25 and value["block_migration"] not in (True, False, "auto"):
        raise invalid("block_migration", value["block_migration"], "is not valid under any of the given schemas")


def _group(call: NovaCall, value: Any) -> None:
    need(value, "securityGroup", "name")
    text(value["name"], "name", empty=False)


def _evacuate(call: NovaCall, value: Any) -> None:
    need(value, "evacuate")
    if call.minor >= 68:
        only(value, "evacuate", {"host", "adminPass"})


def _unshelve(call: NovaCall, value: Any) -> None:
    if value is None:
        return
    if call.minor < 77:
        raise invalid("unshelve", value, f"{value!r} is not of type 'null'")
    need(value, "unshelve")
    only(value, "unshelve", {"availability_zone"} | ({"host"} if call.minor >= 91 else set()))


CHECKS: dict[str, Check] = {
    "reboot": _reboot,
    "lock": _lock,
    "os-resetState": _reset_state,
    "os-getConsoleOutput": _console,
    "resize": _resize,
    "rebuild": _rebuild,
    "createImage": _create_image,
    "createBackup": _create_backup,
    "changePassword": _password,
    "os-migrateLive": _live,
    "addSecurityGroup": _group,
    "removeSecurityGroup": _group,
    "evacuate": _evacuate,
    "rescue": _rescue,
    "migrate": _migrate,
    "unshelve": _unshelve,
}
