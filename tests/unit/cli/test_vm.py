"""`osvm vm`: looking, and asking the gate."""

from __future__ import annotations

from osvm_tui.domain.actions import ACTIONS, offered
from tests.unit.cli.conftest import Osvm


def test_the_list_as_a_table_and_as_json(cloud: Osvm) -> None:
    table, told = cloud("vm list"), cloud("vm list --output json")
    lines = table.out.splitlines()
    assert lines[0].split()[:4] == ["NAME", "STATUS", "TASK", "IP"]
    assert [line.split()[0] for line in lines[1:]] == [vm["name"] for vm in told.json]
    assert (table.code, told.code, table.err) == (0, 0, "")
    assert {"endpoint", "id", "name", "status", "vm_state", "task_state", "addresses"} <= told.json[0].keys()


def test_a_filter_leaves_what_it_says(cloud: Osvm) -> None:
    found = cloud("vm list -o json --filter", "status=ERROR").json
    assert found
    assert {vm["status"] for vm in found} == {"ERROR"}


def test_a_wrong_filter_shows_where(cloud: Osvm) -> None:
    told = cloud("vm list --filter", "web nme=x")
    assert told.code == 2
    assert "did you mean name?" in told.err
    assert told.err.splitlines()[-1].index("^") == told.err.splitlines()[-2].index("nme")


def test_one_vm_by_name_by_id_and_by_the_beginning_of_its_id(cloud: Osvm) -> None:
    named = cloud("vm show web-01 -o json").json
    assert cloud(f"vm show {named['id']} -o json").json == named
    assert cloud(f"vm show {named['id'][:8]} -o json").json == named
    assert "web-01" in cloud("vm show web-01").out


def test_an_unknown_name(cloud: Osvm) -> None:
    told = cloud("vm show nobody")
    assert (told.code, told.out) == (1, "")
    assert "nobody" in told.err
    assert "hint: " in told.err


def test_a_name_that_means_several_lists_their_ids(cloud: Osvm) -> None:
    assert cloud("vm update-server web-01 --name web-05").code == 0
    told = cloud("vm show web-05")
    assert told.code == 5
    ids = [vm["id"] for vm in cloud("vm list -o json --filter", "name=web-05").json]
    assert len(ids) == 2
    assert all(vm_id in told.err for vm_id in ids)


def test_every_action_is_told_with_its_reason(cloud: Osvm) -> None:
    answers = {row["action"]: row for row in cloud("vm actions web-01 -o json").json}
    assert answers.keys() == ACTIONS.keys() - {"create-server"}
    assert answers["stop"]["allowed"] is True
    assert answers["start"]["allowed"] is False
    assert "SHUTOFF" in answers["start"]["reason"]
    assert {name for name, row in answers.items() if row["offered"]} == {spec.id for spec in offered()}
    assert all(bool(row["reason"]) is not row["allowed"] for row in answers.values())


def test_the_console_is_read(cloud: Osvm) -> None:
    whole = cloud("vm console-output web-01").out
    assert len(whole.splitlines()) > 5
    assert len(cloud("vm console-output web-01 --lines 3").out.splitlines()) <= 3
    assert "token" in cloud("vm remote-console web-01").out
