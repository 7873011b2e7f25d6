"""The cloud's API is stopped, hangs, storms with 503, or lets tokens expire: the picture ages and comes back."""

from __future__ import annotations

from tests.e2e.consoles import eventually
from tests.e2e.faults.accounts import settle, stoppable
from tests.e2e.faults.conftest import Stage

ACTION = "/servers/.*/action"


def test_a_stopped_api_ages_the_picture_and_comes_back(stage: Stage) -> None:
    console = stage.console().live()
    before, (vm,) = console.ask("vms"), stoppable(console)
    posts = stage.cloud.count("POST", ACTION)

    stage.cloud.kill()
    stale = eventually(lambda: (s := console.scope())["state"] == "stale" and s, "stale")
    assert "cannot be reached" in stale["error_detail"]
    assert [one["id"] for one in console.ask("vms")] == [one["id"] for one in before]
    refused = console.submit("stop", vm["name"])
    assert console.ended(refused) == ["failed"]
    assert console.item(refused)["message"].startswith("nothing was sent")

    stage.cloud.start()
    eventually(lambda: console.scope()["state"] == "live", "live again")
    assert posts.total == 0
    assert console.ended(console.submit("stop", vm["name"])) == ["arrived"]
    assert posts.total == 1
    settle(console)


def test_a_hanging_api_holds_nothing_up(stage: Stage) -> None:
    console = stage.console().live()
    (vm,) = stoppable(console)
    posts = stage.cloud.count("POST", ACTION)

    stage.cloud.hang()
    operation = console.submit("stop", vm["name"])
    eventually(lambda: console.item(operation).get("state") == "sending", "sending")
    eventually(lambda: console.scope()["state"] == "stale", "stale while nothing is answered")
    assert console.ask("vms", limit_s=1.0)

    stage.cloud.answer()
    assert console.ended(operation) == ["arrived"]
    eventually(lambda: console.scope()["state"] == "live", "live again")
    assert posts.total == 1
    settle(console)


def test_a_console_that_died_before_a_hanging_api_has_answered(stage: Stage) -> None:
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    (vm,) = stoppable(first)
    posts = stage.cloud.count("POST", ACTION)
    stage.cloud.hang()
    operation = first.submit("stop", vm["name"])
    eventually(lambda: first.item(operation).get("state") == "sending", "sending")
    first.kill()
    eventually(lambda: "taking over" in " ".join(second.notices()), "taken over")
    stage.cloud.answer()
    settle(second)
    done = stage.cloud.log(vm["id"]).count("stop")
    assert posts.total == done <= 1
    assert second.item(operation)["state"] == ("arrived" if done else "unconfirmed")


def test_a_storm_of_503_sends_nothing_twice(stage: Stage) -> None:
    console = stage.console().live()
    vms = stoppable(console, 3)
    stage.cloud.knobs(errors={"503": 1.0}, retry_after=0.2)
    eventually(lambda: console.scope()["state"] == "stale", "stale")
    refused = [console.submit("stop", vm["name"]) for vm in vms]
    assert [state for operation in refused for state in console.ended(operation)] == ["failed"] * 3
    assert all(stage.cloud.log(vm["id"]).count("stop") == 0 for vm in vms)

    stage.cloud.knobs(errors={"503": 0.4})
    again = [console.submit("stop", vm["name"]) for vm in vms]
    states = [state for operation in again for state in console.ended(operation)]
    stage.cloud.knobs(errors={})
    eventually(lambda: console.scope()["state"] == "live", "live again")
    sent = [call for call in console.ask("calls") if call["method"] == "POST" and call["path"].endswith("/action")]
    assert len(sent) == 6
    assert [stage.cloud.log(vm["id"]).count("stop") for vm in vms] == [state == "arrived" for state in states]
    settle(console)


def test_a_token_that_expires_is_renewed_without_a_trace(stage: Stage) -> None:
    console = stage.console().live()
    (vm,) = stoppable(console)
    posts = stage.cloud.count("POST", ACTION)
    stage.cloud.expire_tokens()
    operation = console.submit("stop", vm["name"])
    assert console.ended(operation) == ["arrived"]
    stage.cloud.knobs(token_life=2.0)
    stage.cloud.expire_tokens()
    assert console.ended(console.submit("start", vm["name"])) == ["arrived"]
    assert console.scope()["state"] == "live"
    assert stage.cloud.log(vm["id"])[-2:] == ["stop", "start"]
    assert 2 <= posts.total <= 4, "a refused request is repeated once, with a new token"
    settle(console)
