"""Clocks that are an hour off: the cloud's, ours in the middle of a run, one console's against the other's."""

from __future__ import annotations

import pytest

from tests.e2e.consoles import eventually
from tests.e2e.faults.accounts import settle, stoppable
from tests.e2e.faults.conftest import Stage

ACTION, SERVERS = "/servers/.*/action", "/servers$"
HOUR = 3600.0


@pytest.mark.parametrize("offset_s", [HOUR, -HOUR])
def test_the_clouds_clock_is_an_hour_off(stage: Stage, offset_s: float) -> None:
    stage.cloud.set_clock(offset_s)
    console = stage.console().live()
    elsewhere = stage.console(operator="ops-2", state_dir=stage.folder / "elsewhere").live()
    vm, other, third = stoppable(console, 3)
    assert elsewhere.ended(elsewhere.submit("stop", vm["name"])) == ["arrived"]
    states = {one["id"]: one for one in console.ask("vms")}
    eventually(
        lambda: {one["id"]: one["state"] for one in console.ask("vms")}[vm["id"]] == "stopped",
        f"the delta list shows what another has done ({states[vm['id']]})",
        10,
    )
    posts = stage.cloud.count("POST", ACTION, fate="lost")
    assert console.ended(console.submit("stop", other["name"])) == ["arrived"]
    assert posts.total == 1
    stage.cloud.count("POST", SERVERS, fate="lost")
    assert console.ended(console.ask("create", entry="demo", name="off", count=1)) == ["arrived"]
    assert len(stage.cloud.named("off")["off"]) == 1
    assert third["id"] in {one["id"] for one in console.ask("vms")}
    settle(console)


@pytest.mark.parametrize("shift_s", [HOUR, -HOUR])
def test_our_clock_is_set_in_the_middle_of_a_run(stage: Stage, shift_s: float) -> None:
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    vm, other = stoppable(first, 2)
    posts = stage.cloud.count("POST", ACTION, delay=3.0)
    operation = first.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    for console in (first, second):
        console.ask("shift", seconds=shift_s)
    eventually(lambda: second.item(operation).get("state") == "arrived", "followed to its end", 40)
    eventually(lambda: first.scope()["leader"] != second.scope()["leader"], "one leads", 15)
    assert second.ended(second.submit("stop", other["name"])) == ["arrived"]
    assert posts.total == 2
    assert {console.scope()["state"] for console in (first, second)} == {"live"}
    for console in (first, second):
        settle(console)


@pytest.mark.parametrize("shift_s", [HOUR, -HOUR])
def test_a_console_whose_clock_is_an_hour_off_dies_with_a_request_under_way(stage: Stage, shift_s: float) -> None:
    second = stage.console(operator="ops-2").live()
    first = stage.console(shift_s=shift_s).live()
    (vm,) = stoppable(second)
    assert second.ended(second.submit("stop", vm["name"])) == ["arrived"]
    assert second.ended(second.submit("start", vm["name"])) == ["arrived"]
    eventually(lambda: any(one["id"] == vm["id"] and one["may_stop"] for one in first.ask("vms")), "seen there too")
    posts = stage.cloud.count("POST", ACTION, delay=6.0)
    operation = first.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    first.kill()
    eventually(lambda: second.item(operation).get("state") == "arrived", "found in the cloud's log", 40)
    assert posts.total == 1
    assert stage.cloud.log(vm["id"])[-3:] == ["stop", "start", "stop"]
    requests = [row["request_id"] for row in second.ask("audit") if row["phase"] == "sent" and row["action"] == "stop"]
    assert len(requests) == len(set(requests)) == 2, "each stop is told under its own request"
    settle(second)
