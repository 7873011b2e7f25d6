"""The fleet's columns of what VMs do: drawn for rows in sight, sorted and filtered by, amber when old."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.domain.events import MetricsChanged
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.fleet_metrics import FleetMetrics
from osvm_tui.ui.format import Token
from osvm_tui.ui.screens.fleet import FleetScreen
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_monitor import level
from tests.pilot.screen_text import screen_text, settled


async def press(pilot: Pilot[None], *keys: str) -> FleetScreen:
    await pilot.press(*keys)
    await settled(pilot)
    assert isinstance(pilot.app.screen, FleetScreen)
    return pilot.app.screen


def now(api: FakeConsole, ref: VmRef, metric: Metric) -> float:
    return level(ref, metric, api.now.timestamp())


async def test_keys_sort_by_processor_and_memory_the_highest_first() -> None:
    api = FakeConsole()
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        for key, metric in (("C", Metric.CPU), ("M", Metric.MEMORY)):
            fleet = await press(pilot, key)
            shown = [row.ref for row in fleet.table.rows][: len(api.monitor.known)]
            assert shown == sorted(api.monitor.known, key=lambda ref: -now(api, ref, metric))
        assert "sorted by MEM, highest first" in screen_text(pilot.app)


async def test_a_filter_compares_what_vms_do_and_follows_it() -> None:
    api = FakeConsole()
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        fleet = await press(pilot, "slash", *"cpu>80", "enter")
        busy = {ref for ref in api.monitor.known if now(api, ref, Metric.CPU) > 80}
        assert {row.ref for row in fleet.table.rows} == busy
        assert busy
        api.monitor.trouble, api.monitor.known = "", [next(iter(busy))]
        api.tell(MetricsChanged(2))
        await settled(pilot)
        assert [row.ref for row in fleet.table.rows] == api.monitor.known


async def test_only_rows_in_sight_are_watched_and_drawn_and_a_key_says_nothing_anew() -> None:
    api = FakeConsole(400)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        fleet = await press(pilot)
        fleet.tick()
        seen = api.monitor.watched
        assert list(seen) == [row.ref for row in fleet.table.rows[: len(seen)]]
        assert 0 < len(seen) < 40
        api.monitor.watch(())
        await press(pilot, "j", "k")
        fleet.tick()
        assert not api.monitor.watched
        await press(pilot, "G")
        fleet.tick()
        assert api.monitor.watched[-1] == fleet.table.rows[-1].ref


async def test_the_pane_tells_source_and_age_or_why_not() -> None:
    api = FakeConsole()
    async with Desk(api).run_test(size=(140, 36)) as pilot:
        fleet = await press(pilot)
        fleet.table.cursor_to(api.monitor.known[0])
        await press(pilot)
        assert "simulated, 2 s ago" in screen_text(pilot.app)
        fleet.table.cursor_to(next(iter(api.monitor.absent)))
        await press(pilot)
        assert "not measured: not running" in screen_text(pilot.app)


def test_what_is_old_or_no_longer_measured_is_amber_and_what_stands_still_has_no_value() -> None:
    api = FakeConsole()
    ref = api.monitor.known[0]
    later = replace(OPTIONS, clock=lambda: api.now + timedelta(minutes=6))
    for options, token in ((OPTIONS, Token.PLAIN), (later, Token.STALE)):
        for column in FleetMetrics(api, options).columns():
            assert column.cell(api.fleet[ref]).token is token
            assert column.cell(api.fleet[next(iter(api.monitor.absent))]).text == "-"
