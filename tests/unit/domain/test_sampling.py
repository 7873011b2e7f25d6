"""From readings to samples: resets, wraps, gaps, steps of clocks, devices that come and go; never below 0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from osvm_tui.domain.metrics import DiskCounters, DiskRates, Metric, NicCounters, NicRates, Reading, Source
from osvm_tui.domain.sampling import grown, sample

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def reading(seconds: float = 0.0, **more: Any) -> Reading:
    """A reading of a machine with two cores, `seconds` after noon by both clocks unless said."""
    told = {"at": NOON + timedelta(seconds=seconds), "clock_s": 1000 + seconds, "boot_id": "a", "vcpus": 2}
    return Reading(**{"source": Source.SSH, **told, **more})


def nic(device: str, count: int) -> NicCounters:
    return NicCounters(device, count, 2 * count, count, count)


def test_a_first_reading_has_levels_and_no_rates() -> None:
    one = sample(None, reading(load=(1, 2, 3), cpu_busy_s=5.0, disks=(), nics=(nic("eth0", 5),)))
    assert (one.load, one.cpu, one.disks, one.nics, one.span_s) == ((1, 2, 3), None, None, None, None)


def test_counters_become_rates_by_the_machine_s_own_clock() -> None:
    disk = DiskCounters("vda", 0, 0, 0, 0)
    before = reading(cpu_busy_s=10.0, core_busy_s=(4.0, 6.0), disks=(disk,), nics=(nic("eth0", 100),))
    # The console's clock was set an hour back in between.
    after = reading(
        10, at=NOON - timedelta(hours=1), cpu_busy_s=15.0, core_busy_s=(4.0, 11.0),
        disks=(DiskCounters("vda", 1000, 500, 10, 20),), nics=(nic("eth0", 1100),),
    )  # fmt: skip
    one = sample(before, after)
    assert (one.span_s, one.cpu, one.cores) == (10.0, 25.0, (0.0, 50.0))
    assert one.disks == (DiskRates("vda", 100.0, 50.0, 1.0, 2.0),)
    assert one.nics == (NicRates("eth0", 100.0, 200.0, 100.0, 100.0),)
    assert one.value(Metric.NET_OUT) == 200.0


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(reading(10, boot_id="b"), id="another boot"),
        pytest.param(reading(10, clock_s=3.0, boot_id=""), id="the machine's clock began anew"),
        pytest.param(reading(61), id="a gap"),
        pytest.param(reading(0.05), id="too close"),
        pytest.param(replace(reading(10), source=Source.DIAGNOSTICS), id="another source"),
        pytest.param(reading(-5, clock_s=None), id="the console's clock went back, and the machine tells none"),
    ],
)
def test_no_rates_over(after: Reading) -> None:
    counted: dict[str, Any] = {"cpu_busy_s": 10.0, "core_busy_s": (5.0, 5.0), "nics": (nic("eth0", 100),)}
    one = sample(replace(reading(), **counted), replace(after, load=(1, 1, 1), **counted), longest_s=60)
    assert (one.span_s, one.cpu, one.cores, one.nics, one.load) == (None, None, (), None, (1, 1, 1))


def test_devices_that_come_go_or_are_reset_are_left_out() -> None:
    before = reading(nics=(nic("eth0", 10), nic("eth1", 10), nic("eth2", 10)))
    after = reading(10, nics=(nic("eth0", 20), nic("eth2", 3), nic("eth3", 1000)))
    assert [each.device for each in sample(before, after).nics or ()] == ["eth0"]
    assert sample(before, reading(10, nics=(nic("eth2", 3),))).value(Metric.NET_IN) is None
    assert sample(before, reading(10, nics=())).value(Metric.NET_IN) == 0.0


def test_cores_that_were_added_give_no_percentage() -> None:
    before = reading(cpu_busy_s=10.0, core_busy_s=(5.0, 5.0))
    one = sample(before, reading(10, vcpus=4, cpu_busy_s=12.0, core_busy_s=(6.0, 6.0, 0.0, 0.0)))
    assert (one.cpu, one.cores) == (None, ())


def test_a_finished_percentage_needs_no_second_reading() -> None:
    assert sample(None, reading(cpu_percent=104.0)).cpu == 100.0


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        (2**32 - 10, 5, 15),
        (2**64 - 10, 5, 15),
        (5_000, 4_000, None),
        (2**31, 5, None),
        (2**33, 5, None),
    ],
)
def test_a_counter_that_went_back_wrapped_or_was_reset(old: int, new: int, count: int | None) -> None:
    assert grown(old, new) == count


def test_only_a_kernel_of_32_bits_wraps_at_32() -> None:
    def between(source: Source, *others: NicCounters) -> tuple[NicRates, ...] | None:
        before = reading(source=source, nics=(NicCounters("eth0", 3_500_000_000, 0, 0, 0), *others))
        after = reading(10, source=source, nics=(NicCounters("eth0", 1000, 0, 0, 0), *others))
        return sample(before, after).nics

    (wrapped,) = between(Source.SSH) or ()
    assert wrapped.in_bytes == (2**32 - 3_500_000_000 + 1000) / 10
    assert between(Source.DIAGNOSTICS) is None, "libvirt counts with 64 bits: this one was reset"
    assert between(Source.SSH, NicCounters("eth1", 2**32, 0, 0, 0)) == (NicRates("eth1", 0, 0, 0, 0),)


def test_sectors_wrap_at_512_times_32_bits() -> None:
    old = reading(disks=(DiskCounters("sda", 2**41 - 512, 0, 0, 0),))
    rates = sample(old, reading(1, disks=(DiskCounters("sda", 512, 0, 0, 0),))).disks
    assert rates is not None
    assert rates[0].read_bytes == 1024.0


counts = st.integers(0, 2**64 - 1)
seconds = st.floats(0, 1e9, allow_nan=False)
readings = st.builds(
    lambda at, clock, busy, cores, levels, names: reading(
        at, clock_s=clock, cpu_busy_s=busy, core_busy_s=cores,
        nics=tuple(NicCounters(name, *levels) for name in names),
        disks=tuple(DiskCounters(name, *levels) for name in names),
    ),
    st.integers(-100, 100_000), st.none() | seconds, st.none() | seconds, st.tuples(seconds, seconds),
    st.tuples(counts, counts, counts, counts), st.sets(st.sampled_from("abc")),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(readings, readings)
def test_nothing_is_ever_negative_and_no_cpu_over_100(before: Reading, after: Reading) -> None:
    one = sample(before, after)
    values = {metric: one.value(metric) for metric in Metric}
    assert all(value is None or value >= 0 for value in values.values())
    assert all(0 <= core <= 100 for core in (*one.cores, one.cpu or 0))
    assert one.span_s is None or one.span_s > 0


@settings(max_examples=50, deadline=None)
@given(counts, st.integers(0, 2**30), st.sampled_from([2**32, 2**64]))
def test_a_counter_of_any_width_grows_by_what_was_counted(old: int, count: int, width: int) -> None:
    old %= width
    found = grown(old, (old + count) % width)
    assert found == count or (found is None and old < width - width // 4)
