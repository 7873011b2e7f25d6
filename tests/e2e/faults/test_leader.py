"""The leader of a scope is stopped for a while: the other leads, and afterwards there is one leader and one truth."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from osvm_tui.services.cadence import Cadence
from tests.e2e.consoles import BRISK, ConsoleProcess, eventually
from tests.e2e.faults.accounts import settle, stoppable
from tests.e2e.faults.conftest import Stage

ACTION = "/servers/.*/action"


def leaders(*consoles: ConsoleProcess) -> list[bool]:
    """Return which consoles think that they read the cloud."""
    return [console.scope()["leader"] for console in consoles]


def picture(console: ConsoleProcess) -> list[Any]:
    """Return what a console knows of the fleet."""
    return [(vm["id"], vm["state"], vm["task"]) for vm in console.ask("vms")]


def check_intervals(console: ConsoleProcess, name: str) -> None:
    """Assert that a VM was in one state at each moment: intervals follow one another without overlap."""
    found = console.ask("intervals", name=name)
    for before, after in pairwise(found):
        assert before["until"] is not None
        assert before["until"] <= after["since"]
        assert (before["vm_state"], before["task_state"]) != (after["vm_state"], after["task_state"])
    assert found[-1]["until"] is None


def stopped_and_continued(stage: Stage, cadence: Cadence, seconds: float) -> float:
    """Stop the leader for `seconds` with a request under way; return how long nobody led."""
    first = stage.console(cadence=cadence).live()
    second = stage.console(operator="ops-2", cadence=cadence).live()
    vm, other = stoppable(first, 2)
    eventually(lambda: leaders(first, second) == [True, False], "the first leads")
    posts = stage.cloud.count("POST", ACTION, delay=1.0)
    operation = first.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    first.pause()
    paused = time.monotonic()
    eventually(lambda: second.scope()["leader"], "the second leads", 25)
    gap = time.monotonic() - paused
    eventually(lambda: second.item(operation).get("state") == "arrived", "taken over", 40)
    assert second.ended(second.submit("stop", other["name"])) == ["arrived"]
    time.sleep(max(0.0, seconds - (time.monotonic() - paused)))
    first.resume()
    eventually(lambda: leaders(first, second) == [False, True], "one leader", 20)
    eventually(lambda: picture(first) == picture(second), "one truth", 20)
    eventually(lambda: first.item(operation).get("state") == "arrived", "both tell the same end")
    assert posts.total == 2
    for name in (vm["name"], other["name"]):
        check_intervals(second, name)
    for console in (first, second):
        settle(console)
    return gap


def test_a_stopped_leader_is_replaced_and_comes_back_as_a_follower(stage: Stage) -> None:
    stopped_and_continued(stage, BRISK, 8.0)


def test_a_leader_stopped_for_30_seconds_in_the_real_rhythm(stage: Stage) -> None:
    gap = stopped_and_continued(stage, Cadence(), 30.0)
    print(f"nobody led for {gap:.1f} s")
    assert gap < 15


def test_a_killed_leader_is_replaced(stage: Stage) -> None:
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    eventually(lambda: leaders(first, second) == [True, False], "the first leads")
    first.kill()
    eventually(lambda: second.scope()["leader"], "the second leads", 10)
    (vm,) = stoppable(second)
    assert second.ended(second.submit("stop", vm["name"])) == ["arrived"]
    settle(second)


def test_a_leader_that_leaves_hands_over_at_once(stage: Stage) -> None:
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    eventually(lambda: leaders(first, second) == [True, False], "the first leads")
    first.close()
    left = time.monotonic()
    eventually(lambda: second.scope()["leader"], "the second leads", 10)
    assert time.monotonic() - left < 2.0


def test_an_item_comes_back_from_a_console_that_took_it_over_and_died(stage: Stage) -> None:
    stage.cloud.knobs(scale=4.0)
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    (vm,) = stoppable(first)
    posts = stage.cloud.count("POST", ACTION, delay=1.0)
    operation = first.submit("reboot-hard", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    first.pause()
    eventually(lambda: any("taking over" in text for text in second.notices()), "taken over", 20)
    second.kill()
    first.resume()
    eventually(lambda: first.item(operation).get("state") == "arrived", "followed to its end", 60)
    settle(first)
    assert posts.total == 1
