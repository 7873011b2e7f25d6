"""The simulated Glance v2: list, show, change and delete of images, snapshots included.

Holds Glance's routes and who may see and delete which image; changes are in image_patch.py.
Images are made by Nova's createImage and by the
seed, never uploaded here. Refusals are HTML pages, as Glance's are.
"""

from __future__ import annotations

from urllib.parse import urlencode

from osvm_tui.cloud.mock import image_lists, image_patch
from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.image_lists import Image
from osvm_tui.cloud.mock.replies import glance_fault, glance_reply
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

_ONE = "/v2/images/([^/]+)"


def handle(world: World, caller: Caller, request: SimRequest) -> SimReply:
    """Answer one request to Glance."""
    if request.match("GET", "/v2/images"):
        return _list(world, caller, request)
    if found := request.match("GET", _ONE):
        return _show(world, caller, request, found[1])
    if found := request.match("PATCH", _ONE):
        return _patch(world, caller, request, found[1])
    if found := request.match("DELETE", _ONE):
        return _delete(world, caller, request, found[1])
    if request.match("GET", "/v2/info/stores"):
        return glance_reply(request, 200, {"stores": [{"id": "file", "default": "true"}]})
    return glance_fault(request, 404, "The resource could not be found.")


def _list(world: World, caller: Caller, request: SimRequest) -> SimReply:
    community = request.first("visibility") == "community"
    seen = [image for image in world.images().values() if _listed(image, caller, community)]
    try:
        rows, marker = image_lists.page_of(seen, request.query)
    except image_lists.BadQuery as bad:
        return glance_fault(request, 400, str(bad))
    asked = [(key, value) for key, value in request.query if key != "marker"]
    first = "/v2/images" + (f"?{urlencode(asked)}" if asked else "")
    body = {"images": [_shown(image) for image in rows], "first": first, "schema": "/v2/schemas/images"}
    if marker is not None:
        body["next"] = f"/v2/images?{urlencode([*asked, ('marker', marker)])}"
    return glance_reply(request, 200, body)


def _show(world: World, caller: Caller, request: SimRequest, image_id: str) -> SimReply:
    image = world.images().get(image_id)
    if image is None or not _visible(image, caller):
        return glance_fault(request, 404, f"No image found with ID {image_id}")
    return glance_reply(request, 200, _shown(image))


def _patch(world: World, caller: Caller, request: SimRequest, image_id: str) -> SimReply:
    try:
        if (wrong := image_patch.content_type_refusal(request)) is not None:
            raise wrong
        with world.transaction():
            image = world.images().get(image_id)
            if image is None or not _visible(image, caller):
                raise image_patch.Refused(404, f"No image found with ID {image_id}")
            return glance_reply(request, 200, _shown(image_patch.patched(world, caller, request, image)))
    except image_patch.Refused as refused:
        return glance_fault(request, refused.status, refused.message)


def _delete(world: World, caller: Caller, request: SimRequest, image_id: str) -> SimReply:
    with world.transaction():
        image = world.images().get(image_id)
        if image is None or not _visible(image, caller):
            return glance_fault(request, 404, f"Failed to find image {image_id} to delete")
        if not (caller.is_admin or (caller.is_member and image.get("owner") == caller.project_id)):
            return glance_fault(request, 403, "You are not authorized to complete delete_image action.")
        if image.get("protected"):
            return glance_fault(request, 403, f"Image {image_id} is protected and cannot be deleted.")
        world.drop("image", image_id)
    return glance_reply(request, 204)


def _visible(image: Image, caller: Caller) -> bool:
    """Tell whether the caller may look at the image by its id; community images are open to all."""
    shown_to_all = image.get("visibility") in ("public", "community")
    return caller.is_admin or shown_to_all or image.get("owner") == caller.project_id


def _listed(image: Image, caller: Caller, community: bool) -> bool:
    """Tell whether the image is in the caller's list: others' community images only where asked for."""
    if image.get("visibility") == "community" and image.get("owner") != caller.project_id:
        return community
    return _visible(image, caller)


def _shown(image: Image) -> Image:
    path = f"/v2/images/{image['id']}"
    return {**image, "self": path, "file": f"{path}/file", "schema": "/v2/schemas/image"}
