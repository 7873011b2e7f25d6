"""`:monitor`: who is the busiest by which metric, who is not measured and why, and the fleet as a heat map."""

from __future__ import annotations

from textual.pilot import Pilot

from osvm_tui.domain.events import MetricsChanged
from osvm_tui.domain.metrics import Metric
from osvm_tui.ui.screens.monitor import MonitorScreen
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.heat_map import HeatMap
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_monitor import level
from tests.pilot.screen_text import screen_text, settled

NOW_S = FakeConsole(1).now.timestamp()


def desk(api: FakeConsole) -> Desk:
    return Desk(api, MonitorScreen)


async def press(pilot: Pilot[None], *keys: str) -> str:
    await pilot.press(*keys)
    await settled(pilot)
    return screen_text(pilot.app)


def names(pilot: Pilot[None]) -> list[str]:
    screen = pilot.app.screen
    assert isinstance(screen, MonitorScreen)
    return [row.vm.name for row in screen.table.rows]


def by(api: FakeConsole, metric: Metric) -> list[str]:
    ranked = sorted(api.monitor.known, key=lambda ref: -level(ref, metric, NOW_S))
    return [api.fleet[ref].name for ref in ranked]


async def test_the_busiest_stand_first_by_any_metric_and_coverage_above() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(160, 36)) as pilot:
        text = await press(pilot)
        assert names(pilot) == by(api, Metric.CPU)
        assert f"{len(api.monitor.known)} VMs by simulated" in text
        assert "84 samples a minute · at most 20 samples a second" in text
        await press(pilot, "greater_than_sign")
        assert names(pilot) == by(api, Metric.MEMORY)
        await press(pilot, "less_than_sign", "less_than_sign")
        assert names(pilot) == by(api, Metric.LOAD)
        assert f"▸ {by(api, Metric.LOAD)[0]} " in screen_text(pilot.app), "the first is what is looked for"
        await press(pilot, "C", "I")
        assert names(pilot) == by(api, Metric.CPU)[::-1]


async def test_the_compared_metric_is_the_last_column_to_leave() -> None:
    async with desk(FakeConsole()).run_test(size=(80, 24)) as pilot:
        assert "OUT/S" not in await press(pilot)
        assert "OUT/S▼" in await press(pilot, "less_than_sign", "less_than_sign")


async def test_a_filter_compares_and_escape_clears_it() -> None:
    api = FakeConsole()
    async with desk(api).run_test(size=(120, 36)) as pilot:
        await press(pilot, "slash", *"cpu>50 mem<90", "enter")
        wanted = {
            api.fleet[ref].name
            for ref in api.monitor.known
            if level(ref, Metric.CPU, NOW_S) > 50 and level(ref, Metric.MEMORY, NOW_S) < 90
        }
        assert 0 < len(wanted) < len(api.monitor.known)
        assert set(names(pilot)) == wanted
        await press(pilot, "escape")
        assert len(names(pilot)) == len(api.monitor.known)


async def test_those_not_measured_are_a_key_away_with_the_reason() -> None:
    api = FakeConsole()
    api.monitor.trouble = "not permitted"
    async with desk(api).run_test(size=(120, 36)) as pilot:
        assert "n shows why" in await press(pilot)
        assert names(pilot) == []
        text = await press(pilot, "n")
        assert len(names(pilot)) == len(api.fleet)
        assert "not permitted" in text
        assert "diagnostics: not permitted" in await press(pilot, "slash", *"why:permitted", "enter")
        assert len(names(pilot)) == len(api.monitor.known)


async def test_the_heat_map_names_the_vm_under_its_cursor_and_enter_opens_its_curves() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        text = await press(pilot, "H", "home")
        heat = app.screen.query_one(HeatMap)
        assert [tile.name.casefold() for tile in heat.tiles] == sorted(vm.name.casefold() for vm in api.fleet.values())
        assert all((tile.level == 0) is (tile.key not in api.monitor.known) for tile in heat.tiles)
        assert f"╭─ {heat.tiles[0].name}" in text
        assert f"╭─ {heat.tiles[2].name}" in await press(pilot, "right", "right")
        assert "100 % is the highest" in await press(pilot, "less_than_sign")
        while heat.tiles[heat.cursor].level == 0:
            await pilot.press("right")
        chosen = heat.tiles[heat.cursor].key
        await press(pilot, "enter")
        assert isinstance(app.screen, VmScreen)
        assert (app.screen.ref, app.screen.tab) == (chosen, "metrics")


async def test_what_is_in_sight_is_watched_and_new_values_are_drawn() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 20)) as pilot:
        await press(pilot)
        screen = app.screen
        assert isinstance(screen, MonitorScreen)
        screen.tick()
        assert list(api.monitor.watched) == screen.table.keys_in_sight()
        api.monitor.known = api.monitor.known[:3]
        api.tell(MetricsChanged(2))
        while len(screen.table.rows) != 3:
            await pilot.pause(0.05)
