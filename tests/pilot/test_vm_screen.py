"""The screen of one VM: it stays on its VM, every tab reads what it shows, trouble keeps the last picture."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import Unreachable
from osvm_tui.domain.events import CostsChanged
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import CatalogView
from osvm_tui.services.costs_api import Sum, VmBill
from osvm_tui.ui.dialogs.console_url import ConsoleUrl
from osvm_tui.ui.dialogs.diagnostics import Diagnostics
from osvm_tui.ui.dialogs.save_text import SaveText
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.action_bar import ActionBar
from osvm_tui.ui.widgets.text_tab import TextTab
from osvm_tui.ui.widgets.vm_events import VmEvents
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW


def desk(api: FakeConsole, vm: Vm, tab: str = "overview") -> Desk:
    return Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref, tab))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def shown(app: Desk, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


async def test_a_change_in_the_cloud_is_shown_with_what_is_expected() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a", "t", "right", "enter")
        assert "SHUTOFF" in shown(app, "#vm-title")
        assert "powering-off" in shown(app, "#vm-title")
        api.advance()
        await press(pilot)
        assert "ACTIVE" not in shown(app, "#vm-title")
        assert "SHUTOFF" in shown(app, "#section-state")
        bar = app.screen.query_one(ActionBar)
        assert "stop" not in bar.verbs
        assert "start" in bar.verbs
        assert not bar.refused("start")
    assert app.told[-1] == f"{vm.name} is SHUTOFF · U undoes"


async def test_a_vm_that_is_gone_keeps_its_last_picture_and_refuses_everything() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        api.remove(vm.ref)
        await press(pilot)
        assert "gone" in shown(app, "#vm-title")
        assert vm.id in shown(app, "#section-identity")
        await press(pilot, "ctrl+d")
        assert isinstance(app.screen, VmScreen)
    assert not api.requests
    assert "gone" in app.told[-1]


async def test_a_fault_stands_first_and_whole() -> None:
    api = FakeConsole()
    vm = api.in_state("error")
    app = desk(api, vm)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        assert vm.fault is not None
        assert vm.fault.message in shown(app, "#section-fault")
        assert app.screen.query_one("#section-fault").region.y < app.screen.query_one("#section-state").region.y


async def test_the_number_keys_choose_the_tab_and_the_focus_goes_there() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        for key, tab in (
            ("2", "metrics"),
            ("3", "console"),
            ("4", "events"),
            ("5", "cost"),
            ("6", "network"),
            ("7", "raw"),
            ("1", "overview"),
        ):
            await press(pilot, key)
            assert isinstance(app.screen, VmScreen)
            assert app.screen.tab == tab
            assert app.focused is not None
            assert app.screen.query_one(f"#{tab}") in app.focused.ancestors_with_self
        await press(pilot, "7")
        assert vm.id in app.screen.query_one("#raw", TextTab).view.text


async def test_the_console_log_follows_its_end_until_a_search_looks_elsewhere() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm, "console")
    async with app.run_test() as pilot:
        await press(pilot)
        view = app.screen.query_one("#console", TextTab).view
        assert view.scroll_offset.y == view.max_scroll_y > 0
        await press(pilot, "slash", *"line 123", "enter")
        assert [view.lines[at] for at in view.matches] == [line for line in view.lines if "line 123" in line]
        assert view.scroll_offset.y < view.max_scroll_y
        assert not view.follow
        await press(pilot, "f")
        assert view.follow
        assert view.scroll_offset.y == view.max_scroll_y


async def test_escape_sequences_of_a_guest_never_reach_the_terminal() -> None:
    class Hostile(FakeConsole):
        async def console_log(self, ref: object, lines: int | None = 500) -> str:
            return "\x1b]52;c;ZXZpbA==\x07boot\x1b[2J\x1b[31m ok\x9b31m\r\n"

    api = Hostile()
    app = desk(api, api.in_state("active"), "console")
    async with app.run_test() as pilot:
        await press(pilot)
        text = app.screen.query_one("#console", TextTab).view.text
    assert text.startswith("boot ok")
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)
    assert "\x9b" not in text


async def test_an_unreachable_cloud_is_told_above_the_last_text() -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("active"), "raw")
    async with app.run_test() as pilot:
        await press(pilot)
        tab = app.screen.query_one("#raw", TextTab)
        before = tab.view.text
        api.fail_next = Unreachable("connection refused", entry="mock")
        app.screen.query_one(TextTab)
        assert isinstance(app.screen, VmScreen)
        app.screen.action_refresh_tab()
        await press(pilot)
        assert "connection refused" in str(tab.query_one(About).content)
        assert tab.view.text == before


async def test_the_events_tell_the_request_id() -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("active"), "events")
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        told = str(app.screen.query_one(VmEvents).query_one("#timeline", Static).content)
    assert "create" in told
    assert "req-1f0c9a52" in told


async def test_copying_goes_through_the_clipboard() -> None:
    api = FakeConsole()
    vm = replace(api.in_state("active"), name="web-copy")
    api.put(vm)
    app = desk(api, vm)
    async with app.run_test() as pilot:
        for letter, wanted in (("i", vm.id), ("n", vm.name), ("p", vm.floating_ip or vm.fixed_ip)):
            await press(pilot, "c", letter)
            assert app.clipboard == wanted


async def test_a_console_url_is_shown_and_copied() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "v")
        assert isinstance(app.screen, ConsoleUrl)
        await press(pilot, "enter")
        assert app.clipboard == f"http://console.invalid/vnc?vm={vm.ref.short}"
        await press(pilot, "escape")
        assert isinstance(app.screen, VmScreen)


async def test_saving_never_overwrites(tmp_path: Path) -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("active"), "raw")
    path = tmp_path / "vm.json"
    path.write_text("mine")
    async with app.run_test() as pilot:
        await press(pilot, "S")
        assert isinstance(app.screen, SaveText)
        app.screen.query_one(Input).value = str(path)
        await pilot.pause()
        await press(pilot, "enter")
        assert isinstance(app.screen, SaveText)
        assert path.read_text() == "mine"
        app.screen.query_one(Input).value = str(tmp_path / "new.json")
        await pilot.pause()
        await press(pilot, "enter")
        assert isinstance(app.screen, VmScreen)
    saved = tmp_path / "new.json"
    assert '"name"' in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600


async def test_eighty_columns_show_title_tabs_and_every_button() -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        bar = app.screen.query_one(ActionBar)
        assert bar.region.bottom <= 23
        assert app.screen.query_one("#overview").region.height >= 8


async def test_what_it_is_plugged_into_stands_with_the_verbs_that_change_it() -> None:
    api = FakeConsole()
    vm = next(iter(api.fleet.values()))
    app = desk(api, vm, "network")
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert "192.168.128.2" in shown(app, "#section-ports")
        assert "private" in shown(app, "#section-ports")
        assert "default" in shown(app, "#section-security-groups")
        assert "GiB" in shown(app, "#section-volumes")
        bar = app.screen.query_one(ActionBar)
        assert set(bar.verbs) >= {"attach-interface", "add-floating-ip", "add-security-group", "attach-volume"}
        await press(pilot, "1")
        assert "stop" in bar.verbs
        assert "attach-volume" not in bar.verbs


async def test_a_catalog_that_cannot_be_read_says_so_and_the_others_stand() -> None:
    api = FakeConsole()
    vm = next(iter(api.fleet.values()))

    class NoPorts(FakeConsole):
        async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
            if kind is CatalogKind.VOLUME:
                raise Unreachable("cinder is silent")
            return await super().load_catalog(entry, kind, max_age_s)

    app = desk(NoPorts(), vm, "network")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        assert "not read: cinder is silent" in shown(app, "#section-volumes")
        assert "192.168.128.2" in shown(app, "#section-ports")


async def test_a_resized_vm_waits_in_sight_with_confirm_and_revert_first() -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("resized"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot)
        assert "waiting for confirm or revert" in shown(app, "#section-waiting")
        assert app.screen.query_one(ActionBar).verbs[:2] == ("confirm-resize", "revert-resize")


async def test_diagnostics_are_shown_to_an_admin() -> None:
    api = FakeConsole(cloud_roles=("admin",))
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "a", "i")
        assert isinstance(app.screen, Diagnostics)
        assert app.screen.query_one(TextTab).view.text == await api.diagnostics(api.in_state("active").ref)
        await press(pilot, "Y")
        assert app.clipboard.startswith("{")
        await press(pilot, "escape")
        assert isinstance(app.screen, VmScreen)


async def test_the_cost_tab_tells_rate_bill_changes_and_prices() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    rate = api.costs.burn(vm.ref).own
    assert rate is not None
    sums = (Sum(currency="EUR", amount=Decimal("10.20"), amount_max=Decimal("12.345")),)
    api.costs.bills[vm.ref] = VmBill(ref=vm.ref, since=NOW, until=NOW, sums=sums, notes=("nobody looked on monday",))
    app = desk(api, vm, "cost")
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert f"{rate.monthly:.2f}" in shown(app, "#section-rate")
        assert "between 10.20 EUR and 12.34 EUR" in shown(app, "#section-this-month")
        assert "nobody looked on monday" in shown(app, "#section-this-month")
        changes = shown(app, "#section-what-would-change").splitlines()
        assert "no change" in next(line for line in changes if line.startswith("stop"))
        assert f"- {rate.monthly:.2f}" in next(line for line in changes if line.startswith("delete"))
        assert "SIMULATED list prices" in shown(app, "#section-prices")
        api.costs.priced = False
        api.tell(CostsChanged(2))
        await press(pilot)
        assert "no rate card" in shown(app, "#section-rate")
        assert not app.screen.query_one("#section-what-would-change").display
