"""PATCH of a Glance image: a JSON patch over its attributes and properties, with Glance's checks and words."""

from __future__ import annotations

import json
from typing import Any

from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.images import Image
from osvm_tui.cloud.mock.request import SimRequest
from osvm_tui.cloud.mock.world import World

TYPES = tuple(f"application/openstack-images-v2.{minor}-json-patch" for minor in (0, 1))
OPERATIONS = ("add", "remove", "replace")
READ_ONLY = frozenset({"id", "status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value"}) | {
    "created_at",
    "updated_at",
    "self",
    "file",
    "schema",
    "direct_url",
    "stores",
}
BASE: dict[str, type | tuple[type, ...]] = {
    "name": (str, type(None)),
    "visibility": str,
    "protected": bool,
    "os_hidden": bool,
    "min_disk": int,
    "min_ram": int,
    "tags": list,
    "owner": (str, type(None)),
    "disk_format": (str, type(None)),
    "container_format": (str, type(None)),
}
"""The attributes that may be changed but not removed."""
LONGEST = 255


class Refused(Exception):
    """Glance's refusal: an HTTP status and the text of the page."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def patched(world: World, caller: Caller, request: SimRequest, image: Image) -> Image:
    """Carry the request's patch out on `image` (inside a transaction) and return it as it is then; raise Refused."""
    operations = _operations(request)
    if not (caller.is_admin or (caller.is_member and image.get("owner") == caller.project_id)):
        raise Refused(403, "You are not authorized to complete modify_image action.")
    changed = dict(image)
    for operation in operations:
        _apply(caller, changed, operation)
    now = world.now()
    changed["updated_at"] = zulu(now)
    coming = [step for step in world.things("image")[image["id"]].get("_line", ()) if step[0] > now]
    world.put("image", image["id"], changed | ({"_line": coming} if coming else {}))
    return changed


def content_type_refusal(request: SimRequest) -> Refused | None:
    """Return the refusal of what is no JSON patch by its content type, or None."""
    given = request.headers.get("content-type", "").partition(";")[0]
    if given in TYPES:
        return None
    return Refused(415, f"The request media type {given} is not supported by this server.")


def _operations(request: SimRequest) -> list[dict[str, Any]]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused(400, "JSON parsing error: the body is not JSON") from None
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise Refused(400, "Request body must be a JSON array of operation objects.")
    for one in body:
        _check_form(one)
    return body


def _check_form(one: dict[str, Any]) -> None:
    kind, path = one.get("op"), str(one.get("path", ""))
    if kind not in OPERATIONS:
        raise Refused(400, f"Invalid operation: `{kind}`. It must be one of the following: add, remove, replace.")
    if not path.startswith("/"):
        raise Refused(400, f'Pointer `{path}` does not start with "/".')
    if kind != "remove" and "value" not in one:
        raise Refused(400, f'Operation "{kind}" requires a member named "value".')


def _apply(caller: Caller, image: Image, one: dict[str, Any]) -> None:
    kind, name = one["op"], one["path"][1:]
    if name in READ_ONLY or (name == "owner" and not caller.is_admin):
        raise Refused(403, f"Attribute '{name}' is read-only.")
    if kind == "remove" and name in BASE:
        raise Refused(403, f"Property {name} may not be removed.")
    if kind != "add" and name not in image:
        raise Refused(409, f"Property {name} does not exist.")
    if kind == "remove":
        del image[name]
        return
    _check_value(name, one["value"])
    if (name, one["value"]) == ("visibility", "public") and not caller.is_admin:
        raise Refused(403, "You are not authorized to complete publicize_image action.")
    image[name] = one["value"]


def _check_value(name: str, value: Any) -> None:
    wanted = BASE.get(name, str)
    wrong = "is too long" if isinstance(value, str) and len(value) > LONGEST else ""
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        wrong = "is not of the type that the schema gives"
    if wrong:
        raise Refused(400, f"Provided object does not match schema 'image': {value!r} {wrong}")
