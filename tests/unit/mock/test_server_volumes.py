"""Volumes on servers: attach, detach, keep or drop, and what becomes of them when the server goes."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import NOBODY, text, watch


def attach(bench: NovaBench, vm: str, volume: str, **options: Any) -> SimReply:
    more = {"delete_on_termination": options.pop("dies")} if "dies" in options else {}
    body = {"volumeAttachment": {"volumeId": volume, **more}}
    return bench.nova("POST", f"/servers/{vm}/os-volume_attachments", body, **options)


def detach(bench: NovaBench, vm: str, volume: str, **options: Any) -> SimReply:
    return bench.nova("DELETE", f"/servers/{vm}/os-volume_attachments/{volume}", **options)


def listed(bench: NovaBench, vm: str, **options: Any) -> list[dict[str, Any]]:
    reply = bench.nova("GET", f"/servers/{vm}/os-volume_attachments", **options)
    rows: list[dict[str, Any]] = reply.json()["volumeAttachments"]
    return rows


def attached(bench: NovaBench, vm: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bench.show(vm)["os-extended-volumes:volumes_attached"]
    return rows


def events(bench: NovaBench, vm: str, reply: SimReply) -> list[dict[str, Any]]:
    request = reply.headers["x-openstack-request-id"]
    shown = bench.nova("GET", f"/servers/{vm}/os-instance-actions/{request}").json()["instanceAction"]
    return [{"action": shown["action"], "message": shown["message"], **event} for event in shown["events"]]


def test_a_volume_is_attached_and_detached(bench: NovaBench) -> None:
    vm, volume = bench.vm(), bench.volume()
    before = bench.show(vm)["updated"]
    reply = attach(bench, vm, volume)
    assert reply.status == 200
    view = reply.json()["volumeAttachment"]
    assert view == {"id": volume, "serverId": vm, "volumeId": volume, "device": "/dev/sdb", "tag": None} | {
        "delete_on_termination": False
    }
    assert attached(bench, vm) == [{"id": volume, "delete_on_termination": False}]
    assert watch(bench, f"/volumes/{volume}", "volume") == ["reserved", "in-use"]
    (held,) = bench.disk(volume)["attachments"]
    (row,) = listed(bench, vm)
    assert (held["server_id"], held["device"], held["attachment_id"]) == (vm, "/dev/sdb", row["attachment_id"])
    (event,) = events(bench, vm, reply)
    assert (event["action"], event["event"], event["result"]) == ("attach_volume", "compute_attach_volume", "Success")
    bench.settle()
    written = bench.disk(volume)["updated_at"]
    gone = detach(bench, vm, volume)
    assert gone.status == 202
    assert len(listed(bench, vm)) == 1, "not yet"
    assert watch(bench, f"/volumes/{volume}", "volume") == ["detaching", "available"]
    assert (listed(bench, vm), attached(bench, vm), bench.disk(volume)["attachments"]) == ([], [], [])
    assert bench.disk(volume)["updated_at"] > written, "detaching writes the volume anew"
    assert events(bench, vm, gone)[0]["event"] == "compute_detach_volume"
    assert bench.show(vm)["updated"] == before, "the server's row was not touched"


def test_the_form_follows_the_microversion(bench: NovaBench) -> None:
    vm, volume = bench.vm(), bench.volume()
    attach(bench, vm, volume)
    fields = {minor: set(listed(bench, vm, version=f"2.{minor}")[0]) for minor in (1, 70, 79, 89)}
    plain = {"id", "volumeId", "serverId", "device"}
    assert fields[1] == plain
    assert fields[70] == plain | {"tag"}
    assert fields[79] == plain | {"tag", "delete_on_termination"}
    assert fields[89] == (fields[79] - {"id"}) | {"attachment_id", "bdm_uuid"}
    assert bench.nova("GET", f"/servers/{vm}/os-volume_attachments/{volume}").status == 200


def test_from_2_101_on_attaching_only_accepts(tmp_path: Any) -> None:
    bench = NovaBench(tmp_path / "new.db", release="2026.1")
    reply = attach(bench, bench.vm(), bench.volume(), version="2.101")
    assert (reply.status, reply.body) == (202, b"")


def test_refusals_of_attaching(bench: NovaBench) -> None:
    vm, volume = bench.vm(), bench.volume()
    path = f"/servers/{vm}/os-volume_attachments"
    assert text(attach(bench, vm, "nope"))[1].endswith("'nope' is not a 'uuid'")
    assert text(attach(bench, vm, NOBODY)) == (404, f"Volume {NOBODY} could not be found.")
    assert text(bench.nova("POST", path, {"volumeAttachment": {}}))[1].endswith("'volumeId' is a required property")
    assert attach(bench, vm, volume, dies=True, version="2.78").status == 400
    assert attach(bench, vm, volume, who="reader").status == 403
    assert attach(bench, vm, volume, who="web").status == 404
    assert attach(bench, bench.vm("suspended"), volume).status == 409
    assert attach(bench, bench.vm(locked_by="owner"), volume).status == 409
    foreign = bench.volume(who="web")
    assert attach(bench, vm, foreign).status == 404
    assert attach(bench, vm, volume).status == 200
    other = attach(bench, bench.vm(), volume)
    assert text(other)[1] == f"Invalid volume: volume {volume} is already attached to instances: {vm}"
    fresh = bench.cinder("POST", "/volumes", {"volume": {"size": 1}}).json()["volume"]["id"]
    assert "current status is creating" in text(attach(bench, vm, fresh))[1]
    taken = {"volumeAttachment": {"volumeId": bench.volume(), "device": "/dev/sdb"}}
    assert text(bench.nova("POST", path, taken)) == (409, "The supplied device path (/dev/sdb) is in use.")


def test_refusals_of_detaching(bench: NovaBench) -> None:
    vm, volume, free = bench.vm(), bench.volume(), bench.volume()
    attach(bench, vm, volume)
    assert detach(bench, vm, volume).status == 400, "not attached yet"
    bench.settle(20)
    assert text(detach(bench, vm, free)) == (404, f"Instance {vm} is not attached to volume {free}")
    assert text(detach(bench, vm, "nope")) == (404, "Volume nope could not be found.")
    assert detach(bench, vm, volume, who="reader").status == 403
    bench.act(vm, "lock")
    assert detach(bench, vm, volume).status == 409
    assert detach(bench, vm, volume, who="own_admin").status == 202
    assert detach(bench, vm, volume, who="own_admin").status == 400


def test_a_volume_in_use(bench: NovaBench) -> None:
    vm, volume = bench.vm(), bench.volume()
    attach(bench, vm, volume)
    bench.settle(20)
    assert bench.cinder("DELETE", f"/volumes/{volume}").status == 400
    extend = {"os-extend": {"new_size": 4}}
    assert text(bench.cinder("POST", f"/volumes/{volume}/action", extend))[1].endswith("currently in-use.")
    assert bench.cinder("POST", f"/volumes/{volume}/action", extend, version="3.42").status == 202
    assert watch(bench, f"/volumes/{volume}", "volume") == ["extending", "in-use"]
    assert bench.nova("GET", f"/servers/{vm}/os-instance-actions").json()["instanceActions"][0]["action"] == (
        "extend_volume"
    )
    body = {"snapshot": {"volume_id": volume}}
    assert "current status is: in-use" in text(bench.cinder("POST", "/snapshots", body))[1]
    assert bench.cinder("POST", "/snapshots", body, version="3.66").status == 202
    assert bench.cinder("POST", "/snapshots", {"snapshot": {"volume_id": volume, "force": True}}).status == 202


def test_keep_or_drop(bench: NovaBench) -> None:
    vm, volume, other = bench.vm(), bench.volume(), bench.volume()
    attach(bench, vm, volume)
    path = f"/servers/{vm}/os-volume_attachments"
    drop = {"volumeAttachment": {"volumeId": volume, "delete_on_termination": True}}
    assert bench.nova("PUT", f"{path}/{volume}", drop, version="2.84").status == 400
    assert bench.nova("PUT", f"{path}/{volume}", drop, who="reader").status == 403
    assert bench.nova("PUT", f"{path}/{volume}", drop).status == 202
    assert attached(bench, vm) == [{"id": volume, "delete_on_termination": True}]
    missing = {"volumeAttachment": {"volumeId": other, "delete_on_termination": True}}
    refused = bench.nova("PUT", f"{path}/{other}", missing)
    assert text(refused) == (404, f"No volume Block Device Mapping with id {other}.")
    swap = bench.nova("PUT", f"{path}/{volume}", missing)
    assert text(swap)[1] == "Policy doesn't allow os_compute_api:os-volumes-attachments:swap to be performed."


def test_a_deleted_server_frees_its_volumes_and_takes_those_that_die_with_it(bench: NovaBench) -> None:
    vm, kept, dying = bench.vm(), bench.volume(), bench.volume()
    attach(bench, vm, kept)
    attach(bench, vm, dying, dies=True)
    bench.settle(20)
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    assert bench.disk(kept)["status"] == "in-use", "while it is being deleted"
    assert watch(bench, f"/volumes/{kept}", "volume") == ["in-use", "available"]
    assert bench.cinder("GET", f"/volumes/{dying}").status == 404
    assert bench.cinder("DELETE", f"/volumes/{kept}").status == 202


def test_a_host_that_fails_leaves_the_volume_free_and_an_error_in_the_log(bench: NovaBench) -> None:
    vm, volume = bench.vm(), bench.volume()
    bench.knobs(late_error=1.0)
    reply = attach(bench, vm, volume)
    assert reply.status == 200
    assert watch(bench, f"/volumes/{volume}", "volume") == ["reserved", "available"]
    assert events(bench, vm, reply)[0]["result"] == "Error"
    assert listed(bench, vm) == []


def test_a_new_server_on_a_volume(bench: NovaBench) -> None:
    image = {"boot_index": 0, "source_type": "image", "destination_type": "volume", "volume_size": 12}
    image |= {"uuid": bench.image("debian-12"), "delete_on_termination": True}
    data = {"source_type": "blank", "destination_type": "volume", "volume_size": 5}
    made = bench.create(imageRef="", block_device_mapping_v2=[image, data])
    vm = made.json()["server"]["id"]
    bench.settle()
    boot, extra = (bench.disk(row["id"]) for row in attached(bench, vm))
    assert (boot["size"], boot["bootable"], boot["status"]) == (12, "true", "in-use")
    assert (extra["size"], extra["bootable"], extra["attachments"][0]["device"]) == (5, "false", "/dev/sdb")
    assert text(detach(bench, vm, boot["id"])) == (400, "Cannot detach a root device volume")
    bench.nova("DELETE", f"/servers/{vm}")
    bench.settle()
    assert bench.cinder("GET", f"/volumes/{boot['id']}").status == 404
    assert bench.disk(extra["id"])["status"] == "available"


def test_a_new_server_on_an_existing_volume(bench: NovaBench) -> None:
    volume = bench.volume(10, imageRef=bench.image("debian-12"))
    device = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume}
    vm = bench.create(imageRef="", block_device_mapping_v2=[device]).json()["server"]["id"]
    assert bench.disk(volume)["status"] == "reserved"
    assert text(bench.create(imageRef="", block_device_mapping_v2=[device]))[0] == 400
    bench.settle()
    assert bench.disk(volume)["status"] == "in-use"
    missing = [device | {"uuid": NOBODY}]
    refused = text(bench.create(imageRef="", block_device_mapping_v2=missing))
    assert refused == (400, f"Block Device Mapping is Invalid: failed to get volume {NOBODY}.")
    assert bench.show(vm)["image"] == ""


def test_deleting_a_build_request_frees_what_it_reserved(bench: NovaBench) -> None:
    volume = bench.volume(10, imageRef=bench.image("debian-12"))
    device = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume}
    vm = bench.create(imageRef="", block_device_mapping_v2=[device]).json()["server"]["id"]
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    assert bench.disk(volume)["status"] == "available"


def test_an_image_of_a_volume_backed_server_is_copies_of_its_volumes(bench: NovaBench) -> None:
    volume = bench.volume(10, imageRef=bench.image("debian-12"))
    device = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume}
    vm = bench.create(imageRef="", block_device_mapping_v2=[device]).json()["server"]["id"]
    bench.settle()
    assert bench.act(vm, "createImage", {"name": "before"}).status == 202
    bench.settle(20)
    (copy,) = bench.cinder("GET", "/snapshots/detail").json()["snapshots"]
    assert (copy["name"], copy["volume_id"], copy["status"]) == ("snapshot for before", volume, "available")
