"""The shared file: two processes, one accepted; reads never write; reset under open eyes; clock and churn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from osvm_tui.cloud.mock import clock, database
from osvm_tui.cloud.mock.churn import churn
from osvm_tui.cloud.mock.seed import reset
from osvm_tui.cloud.mock.simulator import Simulator
from tests.unit.mock.bench_cloud import START, MovableClock
from tests.unit.mock.nova_bench import NovaBench

RACER = """
import json, sys
from pathlib import Path
from osvm_tui.cloud.mock.request import SimRequest
from osvm_tui.cloud.mock.simulator import Simulator
path, token, now = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
cloud = Simulator(path, now=lambda: now)
sys.stdout.write("ready\\n"); sys.stdout.flush()
answers = []
for server_id in sys.stdin.readline().split():
    body = json.dumps({"os-stop": None}).encode()
    headers = {"x-auth-token": token}
    request = SimRequest("compute", "POST", f"/servers/{server_id}/action", headers=headers, body=body)
    answers.append(cloud.handle(request).status)
print(json.dumps(answers))
"""


def test_of_two_processes_exactly_one_is_accepted(bench: NovaBench) -> None:
    vms = [bench.vm() for _ in range(40)]
    command = [sys.executable, "-c", RACER, str(bench.path), bench.token(), str(START)]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(" ".join(vms) + "\n")
        racer.stdin.flush()
    answers = [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
    assert [sorted(pair) for pair in zip(*answers, strict=True)] == [[202, 409]] * 40


def test_another_process_sees_a_change_at_once(bench: NovaBench) -> None:
    vm = bench.vm()
    other = Simulator(bench.path, now=bench.clock)
    bench.act(vm, "lock")
    entry = other.world.fleet.get(vm, other.world.now())
    assert entry is not None
    assert entry.server.locked_by is None
    other.world.refresh()
    entry = other.world.fleet.get(vm, other.world.now())
    assert entry is not None
    assert entry.server.locked_by == "owner"


def test_reads_do_not_write(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.act(vm, "os-stop")
    watcher = database.connect(bench.path)
    before = watcher.execute("PRAGMA data_version").fetchone()
    bench.settle()
    for path in ("/servers/detail", f"/servers/{vm}", f"/servers/{vm}/os-instance-actions", "/limits"):
        assert bench.nova("GET", path).status == 200
    assert bench.neutron("GET", "/ports").status == 200
    assert watcher.execute("PRAGMA data_version").fetchone() == before
    watcher.close()


def rename_and_fail(bench: NovaBench, vm: str) -> None:
    with bench.world.transaction():
        server = bench.world.checkout(vm)
        server.name = "half done"
        bench.world.save(server)
        raise ZeroDivisionError


def test_a_failed_handler_leaves_nothing(bench: NovaBench) -> None:
    vm = bench.vm()
    with pytest.raises(ZeroDivisionError):
        rename_and_fail(bench, vm)
    assert bench.show(vm)["name"] != "half done"
    entry = bench.world.fleet.get(vm, START)
    assert entry is not None
    assert entry.server.name != "half done"


def test_a_change_needs_a_transaction(bench: NovaBench) -> None:
    with pytest.raises(RuntimeError):
        bench.world.put("image", "x", {"id": "x"})


def test_reset_is_seen_by_processes_that_have_the_cloud_open(bench: NovaBench) -> None:
    vm = bench.vm()
    reset(bench.path, vms=5, seed=1, start=START)
    assert bench.nova("GET", f"/servers/{vm}").status == 401, "the key that signs tokens is new"
    bench.world.refresh()
    assert bench.nova("GET", f"/servers/{vm}").status == 404
    assert len(bench.world.fleet) == 5


def test_a_file_put_in_place_of_the_old_one_is_opened(bench: NovaBench, tmp_path: Path) -> None:
    reset(tmp_path / "new.db", vms=3, seed=1, start=START)
    (tmp_path / "new.db").replace(bench.path)
    bench.world.refresh()
    assert len(bench.world.fleet) == 3


def test_what_is_no_cloud_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(database.NotACloud, match="no simulated cloud"):
        Simulator(tmp_path / "missing.db")
    (tmp_path / "text.db").write_text("not a database, but long enough to look at" * 40)
    with pytest.raises(database.NotACloud):
        Simulator(tmp_path / "text.db")


def test_the_clock_speeds_up_without_a_jump(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    bench.act(vm, "os-start")
    clock.set_speed(bench.path, 60, now=bench.clock)
    bench.clock.now += 0.01
    assert bench.states(vm)[2] == "powering-on"
    bench.clock.now += 1
    assert bench.states(vm)[2] is None
    bench.world.refresh()
    assert bench.world.now() == pytest.approx(START + 60.6)


def test_the_clock_can_be_set_back(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    bench.act(vm, "os-start")
    bench.settle()
    assert bench.states(vm)[2] is None
    clock.set_offset(bench.path, -299.9, now=bench.clock)
    assert bench.states(vm)[2] == "powering-on"


def test_churn_changes_vms_at_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "churned.db"
    reset(path, vms=60, seed=7, start=START)
    time = MovableClock(START)
    steps = iter(range(201))

    def wait(seconds: float) -> None:
        time.now += seconds

    changed = churn(path, 100, seed=1, stop=lambda: next(steps) >= 200, sleep=wait, now=time)
    assert changed >= 190
    assert time.now - START == pytest.approx(2.0, abs=0.05)
    world = Simulator(path, now=time).world
    moved = [entry for entry in world.fleet.of(None, time.now) if entry.updated >= START]
    assert len(moved) > 20
