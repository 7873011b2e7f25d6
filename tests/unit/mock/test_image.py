"""The simulated Glance: who sees which image, paging, order, and deleting."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock import accounts, image_lists
from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.bench_cloud import BenchCloud


def put_image(cloud: BenchCloud, image_id: str, **changes: Any) -> str:
    """Add an image that demo owns, with the fields that a snapshot has."""
    image = {
        "id": image_id,
        "name": image_id,
        "status": "active",
        "visibility": "private",
        "owner": accounts.PROJECTS["demo"].id,
        "protected": False,
        "os_hidden": False,
        "size": 10,
        "tags": [],
        "container_format": "bare",
        "disk_format": "raw",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    with cloud.world.transaction():
        cloud.world.put("image", image_id, image | changes)
    return image_id


def listed(cloud: BenchCloud, *query: tuple[str, str], user: str = "demo", project: str = "demo") -> SimReply:
    return cloud.ask("image", "GET", "/v2/images", query=query, user=user, project=project)


def names(reply: SimReply) -> list[str]:
    return [image["name"] for image in reply.json()["images"]]


def test_a_private_image_is_seen_by_its_project_and_administrators(cloud: BenchCloud) -> None:
    put_image(cloud, "mine")
    assert "mine" in names(listed(cloud))
    assert "mine" in names(listed(cloud, user="reader"))
    assert "mine" in names(listed(cloud, user="admin", project="admin"))
    assert "mine" not in names(listed(cloud, user="operator", project="web"))
    path = "/v2/images/mine"
    assert cloud.ask("image", "GET", path).json()["file"] == "/v2/images/mine/file"
    assert cloud.ask("image", "GET", path, user="operator", project="web").status == 404


def test_pages_chain_to_the_end(cloud: BenchCloud) -> None:
    whole = names(listed(cloud, ("sort", "name:asc")))
    pages: list[str] = []
    query: tuple[tuple[str, str], ...] = (("limit", "2"), ("sort", "name:asc"))
    while True:
        body = listed(cloud, *query).json()
        pages += [image["name"] for image in body["images"]]
        if "next" not in body:
            break
        marker = body["next"].rpartition("marker=")[2]
        query = (*query[:2], ("marker", marker))
    assert pages == whole == sorted(whole)
    assert len(whole) > 3


def test_a_full_page_has_a_next_link_even_if_nothing_follows(cloud: BenchCloud) -> None:
    count = len(names(listed(cloud)))
    assert "next" in listed(cloud, ("limit", str(count))).json()
    assert "next" not in listed(cloud, ("limit", str(count + 1))).json()


def test_a_page_holds_25_images_unless_asked(cloud: BenchCloud) -> None:
    for number in range(30):
        put_image(cloud, f"snapshot-{number:02}")
    assert len(names(listed(cloud))) == image_lists.PAGE
    assert len(names(listed(cloud, ("limit", "1000")))) > 30


def test_newest_first_unless_asked(cloud: BenchCloud) -> None:
    put_image(cloud, "old", created_at="2001-01-01T00:00:00Z")
    put_image(cloud, "new", created_at="2039-01-01T00:00:00Z")
    order = names(listed(cloud, ("limit", "1000")))
    assert (order[0], order[-1]) == ("new", "old")
    upwards = names(listed(cloud, ("limit", "1000"), ("sort_key", "created_at"), ("sort_dir", "asc")))
    assert upwards == order[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (("name", "one"), {"one"}),
        (("name", "in:one,two"), {"one", "two"}),
        (("status", "queued"), {"two"}),
        (("visibility", "private"), {"one", "two"}),
        (("tag", "gold"), {"one"}),
        (("size_min", "900000000000"), {"two"}),
        (("image_type", "snapshot"), {"two"}),
        (("protected", "true"), {"one"}),
        (("zork", "1"), set()),
        (("os_hidden", "true"), {"hidden"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_filters(cloud: BenchCloud, query: tuple[str, str], expected: set[str]) -> None:
    seeded = set(names(listed(cloud, ("limit", "1000"))))
    put_image(cloud, "one", tags=["gold"], protected=True)
    put_image(cloud, "two", status="queued", size=900_000_000_001, image_type="snapshot")
    put_image(cloud, "hidden", os_hidden=True, visibility="public")
    assert set(names(listed(cloud, query))) - seeded == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (("limit", "-1"), b"limit param must be positive"),
        (("limit", "abc"), b"limit param must be an integer"),
        (("marker", "none"), b"No image found with ID none"),
        (("sort_key", "owner"), b"Invalid sort key: owner."),
        (("sort", "name:up"), b"Invalid sort direction: up"),
        (("visibility", "odd"), b"Invalid visibility value: odd"),
        (("size_min", "big"), b"Cannot convert"),
    ],
)
def test_a_bad_query_is_400(cloud: BenchCloud, query: tuple[str, str], message: bytes) -> None:
    put_image(cloud, "one")
    reply = listed(cloud, query)
    assert reply.status == 400
    assert message in reply.body


def test_who_may_delete(cloud: BenchCloud) -> None:
    put_image(cloud, "mine")
    path = "/v2/images/mine"
    assert cloud.ask("image", "DELETE", path, user="operator", project="web").status == 404
    assert cloud.ask("image", "DELETE", path, user="reader").status == 403
    assert cloud.ask("image", "DELETE", path).status == 204
    assert cloud.ask("image", "GET", path).status == 404
    public = next(i["id"] for i in listed(cloud).json()["images"] if i["visibility"] == "public")
    assert cloud.ask("image", "DELETE", f"/v2/images/{public}").status == 403


def test_a_protected_image_stays(cloud: BenchCloud) -> None:
    put_image(cloud, "kept", protected=True)
    reply = cloud.ask("image", "DELETE", "/v2/images/kept", user="admin", project="admin")
    assert reply.status == 403
    assert b"Image kept is protected and cannot be deleted." in reply.body


JSON_PATCH = "application/openstack-images-v2.1-json-patch"


def patch(cloud: BenchCloud, image_id: str, *operations: Any, kind: str = JSON_PATCH, user: str = "demo") -> SimReply:
    project = "admin" if user == "admin" else "demo"
    headers, path = {"content-type": kind}, f"/v2/images/{image_id}"
    return cloud.ask("image", "PATCH", path, body=list(operations), headers=headers, user=user, project=project)


def replace(name: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": f"/{name}", "value": value}


def test_an_image_is_renamed_and_gets_properties(cloud: BenchCloud) -> None:
    put_image(cloud, "mine")
    renamed = patch(cloud, "mine", replace("name", "new"), {"op": "add", "path": "/os_distro", "value": "debian"})
    assert renamed.status == 200
    assert renamed.json()["updated_at"] > "2026-01-01T00:00:00Z"
    shown = cloud.ask("image", "GET", "/v2/images/mine").json()
    assert (shown["name"], shown["os_distro"], shown["file"]) == ("new", "debian", "/v2/images/mine/file")
    assert "os_distro" not in patch(cloud, "mine", {"op": "remove", "path": "/os_distro"}).json()


def test_a_snapshot_that_is_renamed_while_it_is_saved_still_becomes_active(cloud: BenchCloud) -> None:
    put_image(cloud, "snap", status="saving", _line=[[cloud.clock.now + 5, {"status": "active", "size": 7}]])
    assert patch(cloud, "snap", replace("name", "new")).json()["status"] == "saving"
    cloud.clock.now += 6
    shown = cloud.ask("image", "GET", "/v2/images/snap").json()
    assert (shown["name"], shown["status"], shown["size"]) == ("new", "active", 7)


@pytest.mark.parametrize(
    ("operation", "status", "part"),
    [
        (replace("status", "active"), 403, b"Attribute 'status' is read-only."),
        (replace("visibility", "public"), 403, b"You are not authorized to complete publicize_image action."),
        (replace("zork", "v"), 409, b"Property zork does not exist."),
        ({"op": "remove", "path": "/name"}, 403, b"Property name may not be removed."),
        ({"op": "bogus", "path": "/name"}, 400, b"Invalid operation: `bogus`."),
        ({"op": "replace", "path": "name", "value": "x"}, 400, b"does not start with"),
        ({"op": "replace", "path": "/name"}, 400, b"requires a member named"),
        (replace("name", "x" * 300), 400, b"is too long"),
        (replace("name", 5), 400, b"does not match schema 'image'"),
        ("name", 400, b"Request body must be a JSON array of operation objects."),
    ],
)
def test_refused_patches(cloud: BenchCloud, operation: Any, status: int, part: bytes) -> None:
    put_image(cloud, "mine")
    reply = patch(cloud, "mine", operation)
    assert reply.status == status
    assert part in reply.body
    assert cloud.ask("image", "GET", "/v2/images/mine").json()["name"] == "mine"


def test_who_may_patch(cloud: BenchCloud) -> None:
    put_image(cloud, "mine")
    public = next(i["id"] for i in listed(cloud).json()["images"] if i["visibility"] == "public")
    rename = replace("name", "x")
    assert patch(cloud, "mine", rename, user="reader").status == 403
    assert patch(cloud, public, rename).status == 403
    assert patch(cloud, public, rename, user="admin").status == 200
    assert patch(cloud, "nope", rename).status == 404
    assert patch(cloud, "mine", rename, kind="application/json").status == 415
    assert patch(cloud, "mine", replace("protected", True)).status == 200
    assert cloud.ask("image", "DELETE", "/v2/images/mine").status == 403
