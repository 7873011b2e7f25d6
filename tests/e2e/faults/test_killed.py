"""A console dies (kill -9) with operations under way: another takes them over, and nothing is sent twice."""

from __future__ import annotations

import time

import msgspec
import pytest

from osvm_tui.services.cadence import Cadence
from tests.e2e.consoles import BRISK, eventually
from tests.e2e.faults.accounts import settle, stoppable
from tests.e2e.faults.conftest import Stage

ACTION, SERVERS = "/servers/.*/action", "/servers$"
ONE_BY_ONE = msgspec.structs.replace(BRISK, send_concurrency=1)


def test_killed_before_the_answer_of_an_action(stage: Stage) -> None:
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    (vm,) = stoppable(first)
    posts = stage.cloud.count("POST", ACTION, delay=4.0)
    operation = first.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    first.kill()
    eventually(lambda: second.item(operation).get("state") == "arrived", "taken over and followed to its end")
    assert posts.total == 1
    assert stage.cloud.log(vm["id"]).count("stop") == 1
    assert any("taking over" in text for text in second.notices())
    settle(second)
    assert "taken over" in [row["phase"] for row in second.ask("audit")]


def test_killed_after_the_action_was_accepted(stage: Stage) -> None:
    stage.cloud.knobs(scale=2.0)
    first, second = stage.console().live(), stage.console(operator="ops-2").live()
    (vm,) = stoppable(first)
    posts = stage.cloud.count("POST", ACTION)
    operation = first.submit("reboot-hard", vm["name"])
    eventually(lambda: second.item(operation).get("state") == "sent", "the other console sees it sent")
    first.kill()
    eventually(lambda: second.item(operation).get("state") == "arrived", "followed to its end", 60)
    assert posts.total == 1
    settle(second)


def test_killed_while_a_creation_is_unanswered_and_others_wait(stage: Stage) -> None:
    first = stage.console(cadence=ONE_BY_ONE).live()
    second = stage.console(operator="ops-2").live()
    posts = stage.cloud.count("POST", SERVERS, delay=1.5)
    operation = first.ask("create", entry="demo", name="pulled", count=4)
    eventually(lambda: posts.total == 1, "the cloud has the first order")
    states = sorted(item["state"] for item in first.ask("items") if item["operation_id"] == operation)
    assert states == ["planned", "planned", "planned", "sending"]
    first.kill()
    settle(second, 60)
    made = stage.cloud.named("pulled")
    assert sorted(made) == ["pulled-1", "pulled-2", "pulled-3", "pulled-4"]
    assert [len(ids) for ids in made.values()] == [1] * 4
    assert posts.total == 4
    mine = [item for item in second.ask("items") if item["operation_id"] == operation]
    assert {item["state"] for item in mine} == {"arrived"}
    assert sorted(item["ref"]["id"] for item in mine) == sorted(ids[0] for ids in made.values())


def test_orders_whose_secrets_died_with_their_console_are_not_sent(stage: Stage) -> None:
    first = stage.console(cadence=ONE_BY_ONE).live()
    posts = stage.cloud.count("POST", SERVERS, delay=1.5)
    secret = "#!/bin/sh\necho hunter2\n"
    operation = first.ask("create", entry="demo", name="secret", count=3, user_data=secret)
    eventually(lambda: posts.total == 1, "the cloud has the first order")
    first.kill()
    again = stage.console(operator="ops-2").live()
    settle(again, 60)
    states = sorted(item["state"] for item in again.ask("items") if item["operation_id"] == operation)
    assert states == ["arrived", "cancelled", "cancelled"]
    assert posts.total == 1
    assert len(stage.cloud.named("secret")) == 1
    kept = b"".join(file.read_bytes() for file in stage.state_dir.rglob("*") if file.is_file())
    assert b"hunter2" not in kept


@pytest.mark.parametrize("fate", ["lost", "cut"])
def test_a_lost_answer_is_read_from_the_cloud(stage: Stage, fate: str) -> None:
    console = stage.console().live()
    (vm,) = stoppable(console)
    posts = stage.cloud.count("POST", ACTION, fate=fate)
    orders = stage.cloud.count("POST", SERVERS, fate=fate)
    assert console.ended(console.submit("stop", vm["name"])) == ["arrived"]
    assert console.ended(console.ask("create", entry="demo", name="lost", count=2)) == ["arrived"] * 2
    assert (posts.total, orders.total) == (1, 2)
    assert stage.cloud.log(vm["id"]).count("stop") == 1
    assert [len(ids) for ids in stage.cloud.named("lost").values()] == [1, 1]
    settle(console)


def test_a_request_that_never_arrived_ends_unconfirmed(stage: Stage) -> None:
    console = stage.console().live()
    (vm,) = stoppable(console)
    posts = stage.cloud.count("POST", ACTION, fate="unsent")
    assert console.ended(console.submit("stop", vm["name"])) == ["unconfirmed"]
    assert posts.total == 1
    assert stage.cloud.log(vm["id"]).count("stop") == 0
    settle(console)


def test_the_real_rhythm_takes_over_within_15_seconds(stage: Stage) -> None:
    stage.cloud.knobs(scale=40.0)
    first = stage.console(cadence=Cadence()).live()
    second = stage.console(operator="ops-2", cadence=Cadence()).live()
    (vm,) = stoppable(first)
    operation = first.submit("reboot-hard", vm["name"])
    eventually(lambda: second.item(operation).get("state") == "sent", "sent")
    first.kill()
    died = time.monotonic()
    eventually(lambda: any("taking over" in text for text in second.notices()), "taken over", 20)
    seconds = time.monotonic() - died
    print(f"taken over after {seconds:.1f} s")
    assert seconds < 15
    stage.cloud.knobs(scale=0.1)
