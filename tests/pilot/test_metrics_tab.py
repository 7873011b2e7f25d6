"""The Metrics tab of a VM: its curves, their range and cursor, its devices, and why nothing is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from textual.pilot import Pilot

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.monitor_api import Range, Series
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.chart import Chart
from osvm_tui.ui.widgets.metrics_tab import MetricsTab
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.fake_monitor import level
from tests.pilot.screen_text import screen_text, settled


def desk(api: FakeConsole, at: int = 0) -> Desk:
    return Desk(api, lambda api_, options: VmScreen(api_, options, api.monitor.known[at]))


async def press(pilot: Pilot[None], *keys: str) -> str:
    await pilot.press(*keys)
    await settled(pilot)
    return screen_text(pilot.app)


async def test_six_curves_with_source_and_age_of_the_vm_that_is_watched() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(120, 36)) as pilot:
        text = await press(pilot, "m")
        assert "simulated, 2 s ago" in text
        for title in ("cpu", "memory", "disk read", "disk write", "network in", "network out"):
            assert f" {title}  " in text
        assert api.monitor.watched == (api.monitor.known[0],)


async def test_another_range_is_read_at_once_and_ends_at_both_ends() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await press(pilot, "m")
        tab = pilot.app.screen.query_one(MetricsTab)
        await press(pilot, "less_than_sign", "less_than_sign")
        assert tab.over == Range("15m")
        await press(pilot, *["greater_than_sign"] * 9)
        assert tab.over == Range("30d")
        assert tab.charts[0].curve is not None
        assert tab.charts[0].curve.until - tab.charts[0].curve.since == 30 * 86_400


async def test_the_cursor_tells_the_moment_and_its_value_and_a_gap_is_said() -> None:
    api = FakeConsole()
    api.monitor.gaps = ((3000.0, 2000.0),)
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await press(pilot, "m", "left")
        chart = pilot.app.screen.query_one("#chart-cpu", Chart)
        here = chart.value_at(0)
        assert here is not None
        assert abs(here[0] - level(api.monitor.known[0], Metric.CPU, chart.moment_at(0))) < 5
        text = await press(pilot, *["left"] * (chart.plot_width * 2 // 3))
        assert "not measured" in text
        await press(pilot, "end")
        assert chart.at is None


async def test_why_nothing_is_measured_stands_where_the_source_would() -> None:
    api = FakeConsole()
    api.monitor.trouble = "not permitted"
    async with desk(api).run_test(size=(120, 36)) as pilot:
        assert "not measured: not permitted" in await press(pilot, "m")
        assert "diagnostics" in await press(pilot, "d")


async def test_the_last_curves_stay_when_the_store_does_not_answer() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await press(pilot, "m")
        before = pilot.app.screen.query_one("#chart-cpu", Chart).curve
        api.monitor.error = StoreError("the disk is gone")
        assert "the disk is gone" in await press(pilot, "ctrl+r")
        assert pilot.app.screen.query_one("#chart-cpu", Chart).curve is before


async def test_devices_stand_one_by_one_in_eighty_columns() -> None:
    async with desk(FakeConsole()).run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "m", "d")
        for told in ("core 1", "/srv", "vda", "eth0"):
            assert told in text
        assert "cpu  " not in text
        assert " cpu  " in await press(pilot, "d")


async def test_a_reading_that_takes_long_is_drawn_and_not_begun_again_with_each_measurement() -> None:
    api, begun, go = FakeConsole(), list[Range](), asyncio.Event()
    charts = api.monitor.charts

    async def slow(ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False) -> tuple[Series, ...]:
        begun.append(over)
        await go.wait()
        return await charts(ref, metrics, over, devices=devices)

    api.monitor.charts = slow  # type: ignore[method-assign]
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await pilot.press("m")
        tab = pilot.app.screen.query_one(MetricsTab)
        for seconds in (1, 3, 10, 14, 25):
            api.monitor.now = NOW + timedelta(seconds=seconds)
            tab.moved()
            await asyncio.sleep(0)
        assert begun == [Range.HOUR_1]
        go.set()
        await settled(pilot)
        assert begun == [Range.HOUR_1] * 2, "what came meanwhile is read once"
        assert tab.charts[0].curve is not None
        assert tab.charts[0].curve.until == api.monitor.now.timestamp()
        api.monitor.now += timedelta(seconds=4)
        tab.moved()
        await settled(pilot)
        assert len(begun) == 2, "a slot is read once"
        go.clear()
        await pilot.press("less_than_sign")
        go.set()
        await settled(pilot)
        assert begun[-1] is Range.MIN_15, "another range waits for nothing"


async def test_an_old_value_is_not_told_as_the_present_one() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await press(pilot, "m")
        chart = pilot.app.screen.query_one("#chart-cpu", Chart)
        assert chart._told(60).startswith(f"{level(api.monitor.known[0], Metric.CPU, NOW.timestamp() - 10):.0f} %")
        api.monitor.gaps = ((1800.0, 0.0),)
        assert "not measured now (last " in await press(pilot, "ctrl+r")
        assert ", 30 m ago)  mean " in chart._told(60)
        assert chart._told(20) == "not measured now"
