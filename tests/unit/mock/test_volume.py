"""The simulated Cinder: life of volumes and snapshots, refusals in its words, quotas, pages, and who may what."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock import accounts, database
from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench

NOBODY = "00000000-0000-0000-0000-000000000000"


def text(reply: SimReply) -> tuple[int, str]:
    (fault,) = reply.json().values()
    assert fault["code"] == reply.status
    return reply.status, fault["message"]


def watch(bench: NovaBench, path: str, kind: str, seconds: float = 20.0) -> list[str]:
    """Let time pass and return the statuses seen, without repetitions; "gone" at the end of a thing."""
    seen: list[str] = []
    for _ in range(int(seconds / 0.2)):
        reply = bench.cinder("GET", path)
        status = reply.json()[kind]["status"] if reply.status == 200 else "gone"
        if not seen or status != seen[-1]:
            seen.append(status)
        bench.clock.now += 0.2
    return seen


def test_a_volume_is_made_extended_renamed_and_deleted(bench: NovaBench) -> None:
    made = bench.cinder("POST", "/volumes", {"volume": {"name": "v", "size": 3, "volume_type": "ssd"}})
    view = made.json()["volume"]
    assert (made.status, view["status"], view["size"], view["volume_type"]) == (202, "creating", 3, "ssd")
    assert "os-vol-tenant-attr:tenant_id" not in view
    path = f"/volumes/{view['id']}"
    assert watch(bench, path, "volume") == ["creating", "available"]
    assert bench.cinder("POST", path + "/action", {"os-extend": {"new_size": 5}}).status == 202
    assert watch(bench, path, "volume") == ["extending", "available"]
    assert bench.disk(view["id"])["size"] == 5
    renamed = bench.cinder("PUT", path, {"volume": {"name": "w", "description": "why"}}).json()["volume"]
    assert (renamed["name"], renamed["description"], renamed["size"]) == ("w", "why", 5)
    assert bench.cinder("DELETE", path).status == 202
    assert text(bench.cinder("DELETE", path))[0] == 400
    assert watch(bench, path, "volume") == ["deleting", "gone"]
    assert text(bench.cinder("GET", path)) == (404, f"Volume {view['id']} could not be found.")


def test_a_volume_from_an_image_boots(bench: NovaBench) -> None:
    volume = bench.volume(10, imageRef=bench.image("debian-12"))
    view = bench.disk(volume)
    assert (view["bootable"], view["volume_image_metadata"]["image_name"]) == ("true", "debian-12")
    too_small = {"volume": {"size": 1, "imageRef": bench.image("debian-12")}}
    assert "smaller than the image minDisk size 2GB" in text(bench.cinder("POST", "/volumes", too_small))[1]
    unknown = {"volume": {"size": 1, "imageRef": NOBODY}}
    assert text(bench.cinder("POST", "/volumes", unknown))[0] == 400


def test_a_snapshot_holds_its_volume_and_makes_new_ones(bench: NovaBench) -> None:
    volume = bench.volume(2)
    made = bench.cinder("POST", "/snapshots", {"snapshot": {"name": "s", "volume_id": volume}})
    snapshot = made.json()["snapshot"]
    assert (made.status, snapshot["status"], snapshot["size"]) == (202, "creating", 2)
    path = f"/snapshots/{snapshot['id']}"
    assert watch(bench, path, "snapshot") == ["creating", "available"]
    assert text(bench.cinder("DELETE", f"/volumes/{volume}"))[0] == 400
    small = bench.cinder("POST", "/volumes", {"volume": {"size": 1, "snapshot_id": snapshot["id"]}})
    assert "cannot be smaller than the snapshot size 2GB" in text(small)[1]
    copy = bench.cinder("POST", "/volumes", {"volume": {"snapshot_id": snapshot["id"]}}).json()["volume"]
    assert (copy["size"], copy["snapshot_id"]) == (2, snapshot["id"])
    assert bench.cinder("PUT", path, {"snapshot": {"name": "t"}}).json()["snapshot"]["name"] == "t"
    assert bench.cinder("PUT", path, {"snapshot": {}}).status == 400
    assert bench.cinder("DELETE", path).status == 202
    assert bench.cinder("DELETE", path).status == 400
    assert watch(bench, path, "snapshot") == ["deleting", "gone"]
    assert bench.cinder("DELETE", f"/volumes/{volume}").status == 202


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"name": "v"}, 400, "malformed or otherwise incorrect"),
        ({"size": 0}, 400, "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1"),
        ({"size": "x"}, 400, "'x' does not match '^[0-9]+$'"),
        ({"size": 5000}, 413, "Requested 5000G, quota is 1000G and 0G has been consumed."),
        ({"size": 1, "volume_type": "nope"}, 404, "Volume type with name nope could not be found."),
        ({"size": 1, "snapshot_id": NOBODY}, 404, f"Snapshot {NOBODY} could not be found."),
    ],
)
def test_refusals_of_new_volumes(bench: NovaBench, body: dict[str, Any], status: int, part: str) -> None:
    reply = bench.cinder("POST", "/volumes", {"volume": body})
    code, message = text(reply)
    assert code == status
    assert part in message
    assert ("retry-after" in reply.headers) is (status == 413)


def test_refusals_of_extending(bench: NovaBench) -> None:
    volume = bench.volume(2)

    def extend(size: Any, **options: Any) -> tuple[int, str]:
        return text(bench.cinder("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": size}}, **options))

    assert extend(2)[1].endswith("(current: 2, extended: 2).")
    assert extend(9999)[0] == 413
    assert extend(3, who="reader") == (403, "Policy doesn't allow volume:extend to be performed.")
    assert text(bench.cinder("POST", f"/volumes/{volume}/action", {"os-bogus": {}}))[0] == 400
    reset = {"os-reset_status": {"status": "error"}}
    assert bench.cinder("POST", f"/volumes/{volume}/action", reset).status == 403
    assert bench.cinder("POST", f"/volumes/{volume}/action", reset, who="own_admin").status == 202
    assert extend(3)[1].endswith("to extend, currently error.")
    copy = bench.cinder("POST", "/snapshots", {"snapshot": {"volume_id": volume}})
    assert "when the volume is in error status" in text(copy)[1]
    assert bench.cinder("DELETE", f"/volumes/{volume}").status == 202


def test_the_number_of_volumes_is_limited(bench: NovaBench) -> None:
    with bench.world.transaction():
        bench.world.put("volume_quota", accounts.PROJECTS["demo"].id, {"volumes": 1, "snapshots": 0})
    volume = bench.volume()
    code, message = text(bench.cinder("POST", "/volumes", {"volume": {"size": 1}}))
    assert (code, message.split(":")[0]) == (413, "VolumeLimitExceeded")
    code, message = text(bench.cinder("POST", "/snapshots", {"snapshot": {"volume_id": volume}}))
    assert (code, message.split(":")[0]) == (413, "SnapshotLimitExceeded")
    limits = bench.cinder("GET", "/limits").json()["limits"]["absolute"]
    assert (limits["totalVolumesUsed"], limits["maxTotalVolumes"], limits["totalGigabytesUsed"]) == (1, 1, 1)
    project = accounts.PROJECTS["demo"].id
    use = bench.cinder("GET", f"/os-quota-sets/{project}?usage=True").json()["quota_set"]
    assert use["volumes"] == {"limit": 1, "in_use": 1, "reserved": 0}
    assert bench.cinder("GET", f"/os-quota-sets/{project}", who="web").status == 403


def test_readers_look_and_other_projects_see_nothing(bench: NovaBench) -> None:
    volume = bench.volume()
    path = f"/volumes/{volume}"
    assert bench.cinder("GET", path, who="reader").status == 200
    assert text(bench.cinder("DELETE", path, who="reader"))[1] == "Policy doesn't allow volume:delete to be performed."
    assert bench.cinder("PUT", path, {"volume": {"name": "x"}}, who="reader").status == 403
    assert bench.cinder("POST", "/volumes", {"volume": {"size": 1}}, who="reader").status == 403
    assert bench.cinder("GET", path, who="web").status == 404
    assert bench.cinder("GET", "/volumes/detail", who="web").json() == {"volumes": []}
    assert bench.cinder("GET", "/volumes/detail", who="admin").json() == {"volumes": []}
    every = bench.cinder("GET", "/volumes/detail?all_tenants=1", who="admin").json()["volumes"]
    assert [row["os-vol-tenant-attr:tenant_id"] for row in every] == [accounts.PROJECTS["demo"].id]


def test_the_project_of_the_address_must_be_the_tokens(bench: NovaBench) -> None:
    wrong = f"/v3/{accounts.PROJECTS['web'].id}/volumes"
    assert text(bench.ask("volume", "GET", wrong)) == (400, "Malformed request url")
    assert bench.ask("volume", "GET", "/v3/volumes").status == 200
    assert bench.cinder("GET", "/bogus").headers["content-type"].startswith("text/html")


def test_microversions(bench: NovaBench) -> None:
    volume = bench.volume()
    assert "group_id" not in bench.disk(volume)
    assert "group_id" in bench.disk(volume, version="3.13")
    assert text(bench.cinder("GET", "/volumes", version="3.99"))[0] == 406
    assert text(bench.cinder("GET", "/volumes", version="abc"))[0] == 400
    assert bench.cinder("GET", "/volumes").headers["openstack-api-version"] == "volume 3.0"


def test_pages_filters_and_order(bench: NovaBench) -> None:
    ids = [bench.volume(size, name=f"v{size}") for size in (1, 2, 3)]
    first = bench.cinder("GET", "/volumes/detail?limit=2").json()
    assert [row["id"] for row in first["volumes"]] == ids[:0:-1], "newest first"
    link = first["volumes_links"][0]["href"]
    project = accounts.PROJECTS["demo"].id
    assert link.startswith(f"http://cloud.test/volume/v3/{project}/volumes/detail?limit=2&marker=")
    rest = bench.cinder("GET", f"/volumes/detail?limit=2&marker={ids[1]}").json()
    assert [row["id"] for row in rest["volumes"]] == ids[:1]
    assert "volumes_links" not in rest
    assert [r["name"] for r in bench.cinder("GET", "/volumes?sort=name:asc").json()["volumes"]] == ["v1", "v2", "v3"]
    assert [r["id"] for r in bench.cinder("GET", "/volumes?name=v2").json()["volumes"]] == [ids[1]]
    assert bench.cinder("GET", "/volumes/detail?status=error").json() == {"volumes": []}
    for query, status in (("limit=x", 400), ("limit=-1", 400), (f"marker={NOBODY}", 404), ("sort=zork:asc", 400)):
        assert bench.cinder("GET", f"/volumes/detail?{query}").status == status


def test_types_zones_and_services(bench: NovaBench) -> None:
    rows = bench.cinder("GET", "/types").json()["volume_types"]
    assert {row["name"] for row in rows} == {"standard", "ssd", "__DEFAULT__"}
    assert bench.cinder("GET", f"/types/{rows[0]['id']}").json()["volume_type"] == rows[0]
    assert bench.cinder("GET", "/types/nope").status == 404
    assert bench.cinder("GET", "/os-availability-zone").status == 200
    assert bench.cinder("GET", "/os-services").status == 403
    assert len(bench.cinder("GET", "/os-services", who="admin").json()["services"]) == 2


def test_looking_at_volumes_does_not_write(bench: NovaBench) -> None:
    volume = bench.volume()
    bench.cinder("POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 2}})
    watcher = database.connect(bench.path)
    before = watcher.execute("PRAGMA data_version").fetchone()
    bench.settle()
    for path in ("/volumes/detail", f"/volumes/{volume}", "/snapshots/detail", "/types", "/limits"):
        assert bench.cinder("GET", path).status == 200
    assert watcher.execute("PRAGMA data_version").fetchone() == before
    watcher.close()


def test_the_catalogue_has_cinder_under_the_tokens_project(bench: NovaBench) -> None:
    catalog = bench.ask("identity", "GET", "/v3/auth/catalog").json()["catalog"]
    (cinder,) = [service for service in catalog if service["type"] == "volumev3"]
    assert cinder["endpoints"][0]["url"] == f"http://cloud.test/volume/v3/{accounts.PROJECTS['demo'].id}"
