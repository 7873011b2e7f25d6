"""Generated guests: counters agree with curves, never fall, begin anew with a boot, and obey the cloud's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osvm_tui.cloud.mock import database
from osvm_tui.cloud.mock.clock import set_speed
from osvm_tui.cloud.mock.guests import SimulatedGuests, load_of
from osvm_tui.cloud.mock.load import Load
from osvm_tui.cloud.mock.load_curves import DAY_S
from osvm_tui.cloud.mock.load_shapes import SHAPES
from osvm_tui.cloud.mock.power import runs
from osvm_tui.cloud.mock.seed import reset
from osvm_tui.cloud.mock.server import SERVER_DECODER, SERVER_ENCODER, Server
from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Metric, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Vm
from osvm_tui.probe.probe import Target
from osvm_tui.probe.simulated import SimulatedProbe

START = 1_795_300_000.0
ROLES = st.sampled_from([*SHAPES, "sandbox"])


@settings(max_examples=25)
@given(
    role=ROLES,
    seed=st.integers(0, 999),
    at=st.floats(0, 300 * DAY_S),
    steps=st.lists(st.floats(0.5, 20000), max_size=6),
)
def test_counters_grow_and_add_up_to_what_the_curves_say(role: str, seed: int, at: float, steps: list[float]) -> None:
    load, t = Load(str(seed), role, 4, 8192, 40), START + at
    before = load.counts(t, START - 1)
    for step in steps:
        t += step
        now = load.counts(t, START - 1)
        rates = [(getattr(now, name) - getattr(before, name)) / step for name in ("net_in", "net_out", "read", "write")]
        assert min(rates) >= 0
        assert 0 <= (now.cpu_s - before.cpu_s) / step <= 4.0001
        assert 0 <= load.cpu(t) <= 1.0001
        assert 0 < load.memory(t) < load.ram
        assert 0 < load.disk_used(t) < load.disk
        before = now
    mean = sum(load.cpu(t + second) for second in range(0, 600, 10)) / 60
    grown = load.sums(t + 600).cpu_s - load.sums(t).cpu_s
    assert grown / 600 / 4 == pytest.approx(mean, abs=0.02)


class Cloud:
    """A simulated cloud whose time stands still unless it is told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now = folder / "mock.sqlite3", START
        reset(self.path, vms=34, start=START)
        self.set_origin()
        self.guests = SimulatedGuests(self.path, lambda: self.now)
        with database.connect(self.path) as file:
            rows = file.execute("SELECT record FROM servers").fetchall()
        self.servers = [SERVER_DECODER.decode(record) for (record,) in rows]

    def set_origin(self) -> None:
        """Let real and cloud time be the same at the start."""
        file = database.connect(self.path)
        database.set_setting(file, "clock", {"origin_real": START, "origin_cloud": START, "speed": 1.0})
        file.close()

    def old(self) -> Server:
        """Return a server that has run for more than 10 days without a break."""
        return next(
            each for each in self.servers
            if len(each.line) == 1 and each.line[0].power_state == 1 and each.line[0].vm_state == "active"
            and each.line[0].at < START - 10 * DAY_S and not each.line[0].task_state
        )  # fmt: skip

    def off(self) -> Server:
        """Return a stopped one."""
        return next(each for each in self.servers if each.line[-1].vm_state == "stopped")

    def note(self, server: Server, action: str, at: float) -> None:
        """Let an action have ended at `at`."""
        record = {"action": action, "start": at - 1, "end": at, "failure": ""}
        file = database.connect(self.path)
        file.execute("INSERT INTO actions VALUES (?, ?, ?, ?)", (server.id, at, "r", msgspec.json.encode(record)))
        file.execute("UPDATE servers SET record = ? WHERE id = ?", (SERVER_ENCODER.encode(server), server.id))
        file.close()


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def test_a_reading_and_its_past_tell_the_same(cloud: Cloud) -> None:
    vm = cloud.old()
    before = cloud.guests.reading(vm.id)
    cloud.now += 600
    after = cloud.guests.reading(vm.id)
    assert before is not None
    assert after is not None
    live = sample(before, after)
    aligned = cloud.guests.past(vm.id, before.at - timedelta(minutes=5), after.at, 60)
    assert live.source is Source.SIMULATED
    inside = [one for one in aligned if before.at <= one.at and one.at + timedelta(seconds=60) <= after.at]
    for metric in (Metric.CPU, Metric.NET_IN, Metric.DISK_WRITE):
        values = [one.value(metric) or 0.0 for one in inside]
        told = live.value(metric)
        assert told is not None
        assert told > 0
        assert told == pytest.approx(sum(values) / len(values), rel=0.1)


def test_thirty_days_are_there_at_once_and_with_shape(cloud: Cloud) -> None:
    vm = cloud.old()
    now = datetime.fromtimestamp(cloud.now, UTC)
    past = cloud.guests.past(vm.id, now - timedelta(days=10), now, 3600)
    assert len(past) >= 239
    assert [one.at for one in past] == sorted({one.at for one in past})
    assert cloud.guests.past("no such VM", now - timedelta(days=1), now, 600) == ()


def test_a_guest_that_is_off_tells_nothing_and_neither_does_its_past(cloud: Cloud) -> None:
    vm = cloud.off()
    stopped_at = vm.line[-1].at
    assert cloud.guests.reading(vm.id) is None
    now = datetime.fromtimestamp(cloud.now, UTC)
    past = cloud.guests.past(vm.id, now - timedelta(days=30), now, 600)
    assert all(one.at.timestamp() + 600 <= stopped_at for one in past)


def test_a_reboot_begins_its_counters_anew(cloud: Cloud) -> None:
    vm = cloud.old()
    before = cloud.guests.reading(vm.id)
    cloud.note(vm, "reboot", cloud.now + 5)
    cloud.now += 10
    after = cloud.guests.reading(vm.id)
    assert before is not None
    assert after is not None
    assert after.uptime_s == pytest.approx(5)
    assert after.cpu_busy_s is not None
    assert before.cpu_busy_s is not None
    assert after.cpu_busy_s < before.cpu_busy_s
    assert sample(before, after).cpu is None


def test_a_fast_clock_makes_counters_fast_and_rates_no_higher(cloud: Cloud) -> None:
    vm = cloud.old()
    set_speed(cloud.path, 60, lambda: cloud.now)
    before = cloud.guests.reading(vm.id)
    cloud.now += 2
    after = cloud.guests.reading(vm.id)
    assert before is not None
    assert after is not None
    found = sample(before, after)
    assert found.span_s == pytest.approx(120)
    assert found.cpu is not None
    assert 0 < found.cpu <= 100
    day = cloud.guests.past(vm.id, before.at - timedelta(days=1), after.at, 600)
    assert len(day) > 140, "what was before the clock was set is there"


def test_pauses_are_gaps_and_keep_the_counters(cloud: Cloud) -> None:
    vm = cloud.old()
    begun = vm.line[0].at
    records = [
        {"action": name, "start": begun + at, "end": begun + at, "failure": failure}
        for at, name, failure in ((0, "create", ""), (100, "pause", ""), (200, "unpause", ""), (300, "stop", "no"))
    ]
    first, last = runs(vm, records, cloud.now)
    assert (first.until, last.since, last.until) == (begun + 100, begun + 200, None)
    assert first.boot == last.boot == begun


async def test_the_probe_says_so_when_there_is_nothing(cloud: Cloud, tmp_path: Path) -> None:
    vm = cloud.off()
    target = Target(vm=Vm(endpoint="e", id=vm.id, name=vm.name, status="SHUTOFF", vm_state="stopped"), entry="mock")
    probe = SimulatedProbe(cloud.guests)
    with pytest.raises(ProbeFailed, match="does not run"):
        await probe.read(target)
    await probe.close()
    lost = SimulatedProbe(SimulatedGuests(tmp_path / "none"))
    with pytest.raises(ProbeFailed, match="no simulated cloud"):
        await lost.read(target)
    assert load_of(vm, 7, START) is load_of(vm, 7, START)
