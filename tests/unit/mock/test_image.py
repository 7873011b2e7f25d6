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
