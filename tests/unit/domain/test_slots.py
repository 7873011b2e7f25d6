"""Slots of measurements: merging does not depend on order or steps, a gap stays a gap."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osvm_tui.domain.metrics import DiskRates, Memory, Metric, Mount, NicRates, Sample, Source
from osvm_tui.domain.slots import Cell, Slot, merged, rolled, slot_of

VALUES = st.floats(0, 1e9)
CELLS = st.builds(lambda low, more, part, n: Cell(low + more * part, low, low + more, n),
                  VALUES, VALUES, st.floats(0, 1), st.integers(1, 500))  # fmt: skip
KEYS = st.tuples(st.sampled_from(["", "vda", "/"]), st.sampled_from([Metric.CPU, Metric.DISK]))
SLOTS = st.builds(lambda n, cells: Slot(10, n * 10, cells), st.integers(0, 300), st.dictionaries(KEYS, CELLS))


def near(one: Cell, other: Cell) -> bool:
    same = (one.low, one.high, one.samples) == (other.low, other.high, other.samples)
    return same and one.mean == pytest.approx(other.mean, rel=1e-9, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(CELLS, CELLS, CELLS)
def test_joining_cells_is_associative_and_stays_in_bounds(one: Cell, two: Cell, three: Cell) -> None:
    left, right = one.joined(two).joined(three), one.joined(two.joined(three))
    assert near(left, right)
    assert left.low <= left.mean <= left.high


@settings(max_examples=50, deadline=None)
@given(st.lists(SLOTS, max_size=30), st.integers(0, 30))
def test_rolling_up_by_steps_or_in_parts_is_rolling_up_at_once(slots: list[Slot], cut: int) -> None:
    whole = rolled(slots, 600)
    parts = rolled([*rolled(slots[cut:], 60), *rolled(slots[:cut], 60)], 600)
    assert [one.at for one in whole] == [one.at for one in parts] == sorted({slot.at // 600 * 600 for slot in slots})
    for one, other in zip(whole, parts, strict=True):
        assert one.cells.keys() == other.cells.keys()
        assert all(near(cell, other.cells[key]) for key, cell in one.cells.items())


def test_a_sample_gives_a_cell_for_all_devices_and_for_each_and_none_for_what_it_does_not_know() -> None:
    sample = Sample(
        at=datetime.fromtimestamp(1234.5, UTC), source=Source.SSH, cpu=50.0, cores=(40.0, 60.0),
        memory=Memory(1000, 250), mounts=(Mount("/", 100, 45, 45), Mount("/empty", 0, 0)),
        disks=(DiskRates("vda", 1, 2, 3, 4), DiskRates("vdb", 10, 20, 30, 40)), nics=(NicRates("eth0", 5, 6, 7, 8),),
    )  # fmt: skip
    slot = slot_of(sample)
    assert slot is not None
    assert (slot.step, slot.at) == (10, 1230)
    means = {key: cell.mean for key, cell in slot.cells.items()}
    assert means["", Metric.DISK_READ] == 11
    assert (means["vdb", Metric.DISK_READ], means["core 1", Metric.CPU], means["/", Metric.DISK]) == (10, 60, 50)
    assert ("", Metric.LOAD) not in means
    assert ("/empty", Metric.DISK) not in means
    assert slot_of(Sample(at=sample.at, source=Source.SSH, cpu=float("nan"))) is None


def test_merging_keeps_what_only_one_has() -> None:
    one, other = {("", Metric.CPU): Cell(1, 1, 1)}, {("", Metric.DISK): Cell(2, 2, 2)}
    assert merged(one, other) == {**one, **other}


def test_the_fullest_file_system_is_the_one_of_which_users_have_least_left_as_df_tells_it() -> None:
    # By size alone the data would be fuller; of the root's file system much is kept for root.
    root, data, empty = Mount("/", 100, 60, 20), Mount("/data", 100, 70, 30), Mount("/empty", 0, 0)
    sample = Sample(at=datetime.fromtimestamp(0, UTC), source=Source.SSH, mounts=(empty, data, root))
    assert sample.fullest == root
    assert (sample.value(Metric.DISK), root.percent, data.percent, empty.percent) == (75, 75, 70, None)
    assert Sample(at=sample.at, source=Source.SSH, mounts=(empty,)).fullest is None


def test_interfaces_that_only_a_hypervisor_names_so_are_kept_by_their_place() -> None:
    names = ("fa:16:3e:00:00:01", "tap0a1b2c3d-4e", "vnet17", "instance-00000002-abc-tap0a1b2c3d-4e", "eth0")
    nics = tuple(NicRates(name, 1.0, 1.0, 1.0, 1.0) for name in names)
    slot = slot_of(Sample(at=datetime(2026, 3, 1, tzinfo=UTC), source=Source.DIAGNOSTICS, nics=nics))
    assert slot is not None
    kept = [device for device, metric in slot.cells if device and metric is Metric.NET_IN]
    assert kept == ["nic 0", "nic 1", "nic 2", "nic 3", "eth0"]
