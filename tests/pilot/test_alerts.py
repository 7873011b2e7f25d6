"""`:alert`: what is wrong and who knows; to acknowledge and to silence with a note; the header, the bell, OSC 9."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from osvm_tui.domain.errors import Refused
from osvm_tui.domain.events import AlertsChanged
from osvm_tui.ui.calling import notification
from osvm_tui.ui.screens.alerts import AlertsScreen
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.header_bar import HeaderBar
from tests.pilot.alerting import alerts_of
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled


def firing() -> FakeConsole:
    api = FakeConsole()
    api.monitor.alert_views = alerts_of(api)
    return api


async def press(pilot: Pilot[None], *keys: str) -> str:
    await pilot.press(*keys)
    await settled(pilot)
    return screen_text(pilot.app)


async def test_alerts_stand_with_who_knows_and_the_ended_ones_last() -> None:
    api = firing()
    app = Desk(api, AlertsScreen)
    async with app.run_test(size=(140, 36)) as pilot:
        text = await press(pilot)
        assert "2 firing · 2 known or quiet · 1 ended" in text
        assert "✖ 2 alerts" in text
        screen = app.screen
        assert isinstance(screen, AlertsScreen)
        assert [row.id for row in screen.table.rows] == ["a-1", "a-2", "a-3", "a-4", "a-5"]
        assert "cache is warming, INC-4711" in await press(pilot, "j", "j")
        await press(pilot, "slash", *"open=no", "enter")
        assert [row.id for row in screen.table.rows] == ["a-5"]
        await press(pilot, "a")
        assert "refused: there is no open alert" in app.told[-1]


async def test_acknowledging_takes_a_note_and_quietens_the_header() -> None:
    api = firing()
    async with Desk(api, AlertsScreen).run_test(size=(120, 36)) as pilot:
        assert "disk 97 %" in await press(pilot, "a")
        assert api.monitor.noted == []
        assert "acknowledge disk on" in await press(pilot, "enter"), "without a note the form stays"
        assert api.monitor.noted == []
        text = await press(pilot, *"growing it", "enter")
        assert api.monitor.noted == [("acknowledge", "a-1", "growing it")]
        assert "✖ 1 alert" in text
        assert "growing it" in text


async def test_silencing_takes_minutes_and_a_note_and_a_refusal_keeps_what_was_typed() -> None:
    api = firing()
    api.monitor.error = Refused("console role viewer may not acknowledge or silence alerts")
    async with Desk(api, AlertsScreen).run_test(size=(120, 36)) as pilot:
        text = await press(pilot, "j", "z", "backspace", "tab", *"deploy", "ctrl+s")
        assert "console role viewer may not" in text
        assert "deploy" in text
        api.monitor.error = None
        await press(pilot, "ctrl+s")
        assert api.monitor.noted == [("silence 6", "a-2", "deploy")]


async def test_enter_opens_the_curves_of_the_vm_that_broke_a_metric() -> None:
    api = firing()
    app = Desk(api, AlertsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "enter")
        assert isinstance(app.screen, VmScreen)
        assert (app.screen.ref, app.screen.tab) == (api.monitor.alert_views[0].ref, "metrics")


async def test_the_header_of_the_fleet_counts_firing_alerts_and_a_click_leads_there() -> None:
    api = FakeConsole()
    app = Desk(api)
    async with app.run_test(size=(140, 36)) as pilot:
        assert "alert" not in (await press(pilot)).splitlines()[0]
        api.monitor.alert_views = alerts_of(api)
        api.tell(AlertsChanged(1))
        text = await press(pilot)
        head = text.splitlines()[0]
        assert "✖ 2 alerts" in head
        await pilot.click(HeaderBar, offset=(head.index("2 alerts"), 0))
        await settled(pilot)
        assert isinstance(app.screen, AlertsScreen)


@pytest.mark.parametrize(("how", "rung", "written"), [("bell", 1, False), ("osc9", 0, True), ("", 0, False)])
async def test_the_terminal_calls_only_as_asked_for(
    how: str, rung: int, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = FakeConsole()
    app = Desk(api)
    bells: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: bells.append(1))
    async with app.run_test() as pilot:
        out: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", out.append)
        api.tell(AlertsChanged(1, text="cpu on web-1\x07\x1b]0;x", notify=how))
        await pilot.pause()
        assert len(bells) == rung
        assert any(part.startswith("\x1b]9;cpu on web-1") for part in out) is written


def test_a_notification_ends_only_where_it_is_ended() -> None:
    told = notification("cpu\n on \x07web\x1b\\1")
    assert told.startswith("\x1b]9;cpu on ")
    assert told.endswith("\x07")
    assert not set(told[1:-1]) & {"\x07", "\x1b", "\x9c"}
