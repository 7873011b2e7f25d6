"""Knobs and scripted faults: what is refused, delayed or lost, and that each scripted fault is used up once."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from osvm_tui.cloud.mock import faults
from osvm_tui.cloud.mock.faults import Scripted
from osvm_tui.cloud.mock.simulator import Simulator
from tests.unit.mock.bench_cloud import START
from tests.unit.mock.nova_bench import NovaBench


def test_knobs_are_kept_and_checked(bench: NovaBench) -> None:
    bench.knobs(latency=0.2, errors={"503": 0.5})
    kept = faults.set_knobs(bench.path, jitter=0.1)
    assert (kept.latency, kept.jitter, kept.errors) == (0.2, 0.1, {"503": 0.5})
    assert faults.knobs(bench.path) == kept
    with pytest.raises(ValueError, match="no such knob"):
        faults.set_knobs(bench.path, colour="blue")
    assert faults.knobs(bench.path) == kept


def test_a_scripted_refusal_is_used_up_and_changes_nothing(bench: NovaBench) -> None:
    vm = bench.vm()
    fault = Scripted(service="compute", method="POST", path="/action$", status=503, retry_after=7)
    faults.script(bench.path, fault)
    assert bench.nova("GET", f"/servers/{vm}").status == 200, "another method"
    refused = bench.act(vm, "os-stop")
    assert (refused.status, refused.headers["retry-after"]) == (503, "7")
    assert "serviceUnavailable" in refused.json()
    assert bench.states(vm)[2] is None
    assert bench.act(vm, "os-stop").status == 202


def test_a_lost_reply_is_carried_out(bench: NovaBench) -> None:
    vm = bench.vm()
    faults.script(bench.path, Scripted(body="os-stop", fate="lost"))
    assert bench.act(vm, "os-stop").fate == "lost"
    assert bench.states(vm)[2] == "powering-off"


def test_an_unsent_request_is_not_carried_out(bench: NovaBench) -> None:
    vm = bench.vm()
    faults.script(bench.path, Scripted(body="os-stop", fate="unsent"))
    assert bench.act(vm, "os-stop").fate == "unsent"
    assert bench.states(vm)[2] is None


def test_scripted_delays_add_up_and_count_down(bench: NovaBench) -> None:
    faults.script(bench.path, Scripted(path="/servers", delay=3, times=2), Scripted(path="/limits", fate="cut"))
    bench.knobs(latency=0.5)
    assert [bench.nova("GET", "/servers").delay_s for _ in range(3)] == [3.5, 3.5, 0.5]
    assert bench.nova("GET", "/limits").fate == "cut"
    faults.script(bench.path, Scripted(status=500))
    faults.clear_script(bench.path)
    assert bench.nova("GET", "/limits").status == 200


def test_a_scripted_fault_goes_to_one_of_two_processes(bench: NovaBench) -> None:
    other = Simulator(bench.path, now=bench.clock)
    bench.simulator, first = other, bench.simulator
    faults.script(bench.path, Scripted(path="/limits", status=500))
    assert bench.nova("GET", "/limits").status == 500
    bench.simulator = first
    assert bench.nova("GET", "/limits").status == 200


@pytest.mark.parametrize(
    ("status", "name"), [("429", "overLimit"), ("500", "computeFault"), ("409", "conflictingRequest")]
)
def test_random_errors(bench: NovaBench, status: str, name: str) -> None:
    bench.knobs(errors={status: 1.0})
    reply = bench.nova("GET", "/servers")
    assert reply.status == int(status)
    assert name in reply.json()
    assert ("retry-after" in reply.headers) == (status == "429")


def test_random_errors_come_about_as_often_as_asked(bench: NovaBench) -> None:
    bench.knobs(errors={"503": 0.3})
    count = sum(bench.nova("GET", "/servers").status == 503 for _ in range(200))
    assert 40 < count < 80


def test_late_errors(bench: NovaBench) -> None:
    bench.knobs(late_error=1.0)
    vm, rebooted = bench.vm("stopped"), bench.vm()
    assert bench.act(vm, "os-start").status == 202
    assert bench.act(rebooted, "reboot", {"type": "HARD"}).status == 202
    bench.settle()
    assert bench.states(vm) == ("SHUTOFF", "stopped", None, 4)
    assert bench.states(rebooted)[:2] == ("ERROR", "error")
    assert bench.show(rebooted)["fault"]["message"]
    (action,) = bench.nova("GET", f"/servers/{vm}/os-instance-actions").json()["instanceActions"]
    assert action["message"] == "Error"


def test_a_stuck_task_is_freed_by_a_hard_reboot_only_where_nova_allows(bench: NovaBench) -> None:
    bench.knobs(stuck_task=1.0)
    rebooted, stopped = bench.vm(), bench.vm()
    bench.act(rebooted, "reboot", {"type": "SOFT"})
    bench.act(stopped, "os-stop")
    bench.settle(86400)
    assert bench.states(rebooted)[2] == "rebooting"
    bench.knobs(stuck_task=0.0)
    assert bench.act(stopped, "reboot", {"type": "HARD"}).status == 409
    assert bench.act(rebooted, "reboot", {"type": "HARD"}).status == 202
    bench.settle()
    assert bench.states(rebooted) == ("ACTIVE", "active", None, 1)
    assert bench.act(stopped, "os-resetState", {"state": "active"}, who="admin").status == 202
    assert bench.states(stopped)[2] is None


def test_instant_and_stretched_transitions(bench: NovaBench) -> None:
    bench.knobs(durations=0)
    vm = bench.vm()
    bench.act(vm, "os-stop")
    assert bench.states(vm) == ("SHUTOFF", "stopped", None, 4)
    bench.knobs(durations=None, scale=10, scales={"powering-on": 10})
    bench.act(vm, "os-start")
    bench.clock.now += 95
    assert bench.states(vm)[2] == "powering-on"


def test_the_date_header_can_be_off(bench: NovaBench) -> None:
    def date() -> float:
        return parsedate_to_datetime(bench.nova("GET", "/servers").headers["date"]).timestamp()

    assert date() == START
    bench.knobs(skew=3600)
    assert date() == START + 3600


def test_tasks_on_a_dead_host_hang_and_evacuation_helps(bench: NovaBench) -> None:
    vm, doomed = bench.vm(), bench.vm()
    assert bench.act(vm, "evacuate", {}, who="admin").status == 400, "its host is up"
    row = next(s for s in bench.world.things("service").values() if s["host"] == "compute-01")
    bench.nova("PUT", f"/os-services/{row['id']}", {"forced_down": True}, who="admin")
    assert bench.show(vm, who="admin")["host_status"] == "DOWN"
    assert bench.act(vm, "os-stop").status == 202
    bench.settle(86400)
    assert bench.states(vm)[2] == "powering-off"
    assert bench.act(vm, "resize", {"flavorRef": bench.flavor("m1.medium")["id"]}).status == 409
    assert bench.nova("DELETE", f"/servers/{doomed}").status == 204
    assert bench.nova("GET", f"/servers/{doomed}").status == 404, "deleted at once in the API"
    assert bench.act(vm, "evacuate", {}, who="admin").status == 200
    bench.settle()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] != "compute-01"


def test_a_lost_network_changed_event_leaves_the_addresses_stale(bench: NovaBench) -> None:
    bench.knobs(lose_network_changed=True)
    vm = bench.vm()
    (port,) = bench.neutron("GET", f"/ports?device_id={vm}").json()["ports"]
    public = next(n for n in bench.world.things("network").values() if n["router:external"])
    body = {"floatingip": {"floating_network_id": public["id"], "port_id": port["id"]}}
    assert bench.neutron("POST", "/floatingips", body).status == 201
    bench.settle(86400)
    assert len(bench.show(vm)["addresses"]["private"]) == 1


def test_a_failed_snapshot_takes_its_image_with_it(bench: NovaBench) -> None:
    bench.knobs(late_error=1.0)
    vm = bench.vm()
    image = bench.act(vm, "createImage", {"name": "snap"}).json()["image_id"]
    assert image in bench.images()
    bench.settle()
    assert image not in bench.images()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)


def test_a_stuck_snapshot_stays_queued(bench: NovaBench) -> None:
    bench.knobs(stuck_task=1.0)
    vm = bench.vm()
    image = bench.act(vm, "createImage", {"name": "snap"}).json()["image_id"]
    bench.settle(86400)
    assert bench.images()[image]["status"] == "queued"
    assert bench.states(vm)[2] == "image_snapshot_pending"


def test_the_power_sync_stops_an_active_server_whose_guest_is_off(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    bench.act(vm, "os-resetState", {"state": "active"}, who="admin")
    assert bench.walk(vm, seconds=700, step=1) == [None, "powering-off", None]
    assert bench.states(vm) == ("SHUTOFF", "stopped", None, 4)
