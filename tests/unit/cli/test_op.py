"""`osvm op`: operations as a whole, without a screen."""

from __future__ import annotations

import os
from pathlib import Path

from osvm_tui.paths import config_file
from tests.unit.cli.conftest import Osvm


def newest(cloud: Osvm) -> str:
    return str(cloud("op list -o json").json[0]["operation_id"])


def status(cloud: Osvm, name: str) -> str:
    return str(cloud(f"vm show {name} -o json").json["status"])


def test_an_operation_is_shown_by_the_beginning_of_its_id(cloud: Osvm) -> None:
    cloud("vm stop web-01 web-05")
    shown = cloud(f"op show {newest(cloud)[:8]} -o json").json
    assert shown["operation"]["action_id"] == "stop"
    assert {item["vm_name"]: item["state"] for item in shown["items"]} == {"web-01": "arrived", "web-05": "arrived"}
    assert "2 arrived" in cloud(f"op show {newest(cloud)}").out


def test_what_arrived_is_taken_back(cloud: Osvm) -> None:
    cloud("vm stop web-01 web-05")
    told = cloud(f"op undo {newest(cloud)} -o json")
    assert told.code == 0
    assert [(item["action_id"], item["state"]) for item in told.json["items"]] == [("start", "arrived")] * 2
    assert status(cloud, "web-01") == "ACTIVE"


def test_one_item_is_taken_back_and_one_that_was_changed_since_is_refused(cloud: Osvm) -> None:
    cloud("vm stop web-01 web-05")
    operation = newest(cloud)
    item = next(
        item["id"] for item in cloud(f"op show {operation} -o json").json["items"] if item["vm_name"] == "web-01"
    )
    assert cloud(f"op undo {item}").code == 0
    again = cloud(f"op undo {operation}")
    assert again.code == 3
    assert "web-01 refused" in again.err
    assert status(cloud, "web-05") == "ACTIVE"


def test_what_failed_is_asked_for_again(cloud: Osvm) -> None:
    cloud("mock knobs no_valid_host=1")
    assert cloud("vm resize web-01 --flavor m1.large").code == 1
    failed = newest(cloud)
    assert cloud(f"op retry {failed}").code == 1
    cloud("mock knobs no_valid_host=0")
    told = cloud(f"op retry {failed}")
    assert told.code == 0, told
    assert status(cloud, "web-01") == "VERIFY_RESIZE"
    assert cloud(f"op retry {newest(cloud)}").code == 3


def test_what_has_ended_cannot_be_steered_and_what_is_unknown_is_told(cloud: Osvm) -> None:
    cloud("vm stop web-01")
    for verb in ("pause", "resume", "cancel"):
        told = cloud(f"op {verb} {newest(cloud)}")
        assert told.code == 3
        assert "ended" in told.err
    assert cloud("op show ffffffffff").code == 1


def test_a_read_only_console_steers_nothing(cloud: Osvm) -> None:
    cloud("vm stop web-01")
    told = cloud(f"--read-only op cancel {newest(cloud)}")
    assert (told.code, "read-only" in told.err) == (3, True)


def test_an_operation_on_a_cloud_that_is_read_only_here_is_not_steered(cloud: Osvm, bare: Path) -> None:
    cloud("vm stop web-01")
    operation = newest(cloud)
    settings = config_file(os.environ)
    settings.parent.mkdir(parents=True)
    settings.write_text("[cloud.mock]\nread_only = true\n")
    told = cloud(f"op resume {operation}")
    assert (told.code, "mock is read-only here" in told.err) == (3, True)
