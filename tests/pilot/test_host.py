"""`:host`: this machine, what this console takes of it, and words while nothing was read."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.ui.screens.host import HostScreen
from tests.pilot.alerting import machine
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled


async def test_this_machine_is_told_live_and_empty_before_the_first_reading() -> None:
    api = FakeConsole()
    app = Desk(api, HostScreen)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert "not read yet" in screen_text(app)
        api.monitor.host_view = first = machine(api.now - timedelta(seconds=3))
        screen = app.screen
        assert isinstance(screen, HostScreen)
        screen.tick()
        await settled(pilot)
        text = screen_text(app)
        for told in (
            "ops-desk",
            "3 s ago",
            "core 0",
            " 52 %",
            "3 GiB of 8 GiB",
            "/srv",
            "2.4 % of a core",
            "eth0",
            "92 MiB",
        ):
            assert told in text
        assert "lab" in text
        api.monitor.host_view = replace(first, sample=replace(first.sample, at=api.now, cpu=99.0))
        screen.tick()
        await settled(pilot)
        assert " 99 %  ▃█" in screen_text(app)
