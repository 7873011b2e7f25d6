"""A bulk stop of 500 VMs meets refusals, overload and lost answers, and loses its console on the way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from osvm_tui.cloud.mock import database, faults
from tests.e2e.consoles import BRISK, eventually
from tests.e2e.faults.accounts import settle
from tests.e2e.faults.conftest import Stage

MANY, KILLED_AT, TIMES = 500, 37, 10
SWIFT = ("--rate", "300", "--patience", "3")
PATIENT = msgspec.structs.replace(BRISK, resolve_s=15.0)
"""A lost answer is looked for much longer than its call was waited for, as in the real rhythm."""
IN_FLIGHT = BRISK.send_concurrency
"""So many calls may be on their way when a console dies."""


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Stage]:
    """A stage whose cloud has more than 500 running VMs, and stops them quickly."""
    one = Stage(tmp_path, vms=1800)
    try:
        one.cloud.start()
        one.cloud.knobs(scale=0.02)
        yield one
    finally:
        one.close()


def fate_of(number: int) -> dict[str, Any]:
    """Return what meets the stop of the VM with this number: most are carried out and answered."""
    if number in (60, 160, 260):
        return {"delay": 6.0}
    if number in (70, 170):
        return {"fate": "unsent"}
    by_last: dict[int, dict[str, Any]] = {3: {"status": 409}, 6: {"status": 503, "retry_after": 0.2}}
    by_half: dict[int, dict[str, Any]] = {9: {"fate": "lost"}, 19: {"fate": "cut"}}
    return by_last.get(number % 10) or by_half.get(number % 20) or {}


ENDS = {"status": "failed", "unsent": "unconfirmed"}


def end_of(number: int) -> str:
    """Return how an item must end whose call was sent."""
    fate = fate_of(number)
    return ENDS["status"] if "status" in fate else ENDS.get(fate.get("fate", ""), "arrived")


def script(file: Path, ids: list[str]) -> None:
    """Give each VM its fate, and with it a counter of the calls that reach the cloud."""
    with closing(database.connect(file)) as connection, connection:
        for number, vm_id in enumerate(ids):
            fault = faults.Scripted(method="POST", path=f"/servers/{vm_id}/action$", times=TIMES, **fate_of(number))
            connection.execute("INSERT INTO script (record) VALUES (?)", (msgspec.json.encode(fault),))


def calls(file: Path) -> list[int]:
    """Return how many calls the cloud has received for each VM, in the order of `script`."""
    with closing(database.connect(file)) as connection:
        rows = connection.execute("SELECT record FROM script ORDER BY id").fetchall()
    return [TIMES - int(msgspec.json.decode(record).get("times", 1)) for (record,) in rows]


def test_a_bulk_stop_of_500_loses_its_console_at_vm_37(crowd: Stage) -> None:
    began = time.monotonic()
    first = crowd.console(cadence=PATIENT, options=("--rate", "60", "--patience", "3")).live()
    second = crowd.console(operator="ops-2", cadence=PATIENT, options=SWIFT).live()
    vms = [vm for vm in first.ask("vms") if vm["may_stop"] and vm["state"] == "active" and vm["task"] is None][:MANY]
    assert len(vms) == MANY
    ids = [vm["id"] for vm in vms]
    script(crowd.cloud.file, ids)

    operation = first.submit("stop", *ids)
    eventually(lambda: sum(calls(crowd.cloud.file)) >= KILLED_AT, "37 calls have reached the cloud")
    first.kill()
    reached = sum(calls(crowd.cloud.file))
    states = Counter(second.ended(operation, 150.0))
    seconds = time.monotonic() - began
    print(f"killed after {reached} calls; all ended {seconds:.0f} s after the start: {dict(states)}")
    assert reached < KILLED_AT + 4 * IN_FLIGHT

    sent = calls(crowd.cloud.file)
    assert max(sent) == 1, "nothing is sent twice"
    items = {item["ref"]["id"]: item for item in second.ask("items") if item["operation_id"] == operation}
    assert set(items) == set(ids)
    assert {item["owner"] for item in items.values() if item["ended_at"] is None} == set()
    odd = [(number, items[vm_id]) for number, vm_id in enumerate(ids) if items[vm_id]["state"] != end_of(number)]
    assert {item["state"] for _, item in odd} <= {"unconfirmed"}
    assert len(odd) <= IN_FLIGHT, "only what was on its way when the console died may stay unconfirmed"
    for vm_id, item in items.items():
        done = crowd.cloud.log(vm_id).count("stop")
        assert done == int(item["state"] == "arrived"), f"what is told is what the cloud has done: {item} {done}"

    (ended,) = [one["what"]["view"] for one in second.events if one["event"] == "OperationEnded"]
    assert (ended["id"], ended["operator"]) == (operation, "ops-1")
    assert dict(ended["counts"]) == dict(states)
    assert sum(states.values()) == MANY
    settle(second)
