"""Money before the key: what a verb would change stands in its question, its form and the menu; no rates, no word."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from osvm_tui.domain.vm import Vm
from osvm_tui.ui.action_plan import plan
from osvm_tui.ui.dialogs.confirm_many import ConfirmMany
from osvm_tui.ui.dialogs.pick import PickDialog
from osvm_tui.ui.dialogs.resource_menu import ResourceMenu
from osvm_tui.ui.money_words import plain
from osvm_tui.ui.screens.resource_place import screen_for
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.choice_field import ChoiceField
from osvm_tui.ui.widgets.loaded_field import LoadedField
from osvm_tui.ui.widgets.price_line import PriceLine
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import FLAVORS
from tests.pilot.screen_text import screen_text


def desk(api: FakeConsole, vm: Vm) -> Desk:
    return Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await pilot.pause()


def price(app: Desk) -> str:
    line = app.screen.query_one(PriceLine)
    return str(line.content) if line.display else ""


@pytest.mark.parametrize(
    ("keys", "words"),
    [(("a", "t"), "no change"), (("a", "h"), "- "), (("ctrl+d",), "- ")],
    ids=["stop", "shelve", "delete"],
)
async def test_the_question_tells_what_the_verb_would_change(keys: tuple[str, ...], words: str) -> None:
    api = FakeConsole(20)
    vm = api.in_state("active")
    rate = api.costs.burn(vm.ref).own
    assert rate is not None
    app = desk(api, vm)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *keys)
        assert f"{words}" in price(app)
        assert f"{rate.monthly:.2f} EUR/month" in price(app)
        assert "SIMULATED list prices" in price(app)


async def test_without_rates_nothing_is_told_and_the_question_is_as_before() -> None:
    api = FakeConsole(20)
    api.costs.priced = False
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "ctrl+d")
        assert price(app) == ""
        assert "EUR" not in screen_text(app)


async def test_a_verb_that_changes_no_bill_says_nothing_of_it() -> None:
    api = FakeConsole(20)
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "a", "r")
        assert price(app) == ""


async def test_the_menu_tells_what_its_verb_would_change() -> None:
    api = FakeConsole(20)
    app = desk(api, api.in_state("shelved_offloaded"))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "a")
        told = ""
        for _ in range(12):
            told = str(app.screen.query_one("#reason", Static).content)
            if "unshelve" in told or "+ " in told:
                break
            await press(pilot, "down")
        assert "cost  + " in told


async def test_each_size_tells_its_price_and_the_form_what_the_chosen_one_would_change() -> None:
    api = FakeConsole(20)
    vm = next(vm for vm in api.fleet.values() if vm.vm_state == "active" and vm.flavor == FLAVORS[0] and not vm.locked)
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a", "z")
        while "type to narrow" not in screen_text(app):
            await pilot.pause(0.01)
        assert "+ 14.74 EUR/mo" in screen_text(app)
        await press(pilot, *"medium", "enter")
        assert "+ 14.74 EUR/month" in price(app)
        assert price(app).startswith("cost  + 0.02")


async def test_a_plan_on_many_vms_tells_the_whole_change_and_how_many_are_not_in_it() -> None:
    api = FakeConsole(300)
    refs = [vm.ref for vm in api.fleet.values() if api.verdict(vm.ref, "delete").allowed]
    assert len(refs) > 200
    for ref in refs[:3]:
        api.put(replace(api.fleet[ref], flavor=None))
    whole = api.costs.what_if("delete", refs)[0]
    app = desk(api, api.fleet[refs[0]])
    async with app.run_test(size=(120, 36)) as pilot:
        await app.push_screen(ConfirmMany(api, plan(api, "delete", refs)))
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert f"{plain(abs(whole.monthly))} EUR/month" in price(app)
        assert "3 without a price left out" in price(app)


async def test_the_form_for_a_new_vm_prices_the_order_as_it_is_chosen() -> None:
    api = FakeConsole(20)
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "N")
        await pilot.app.workers.wait_for_complete()
        assert price(app) == ""
        form = app.screen
        form.query_one("#flavor", ChoiceField).choose((FLAVORS[1].id,))
        form.query_one("#count", Input).value = "3"
        await pilot.pause()
        one = api.costs.what_if_create("mock", FLAVORS[1].id)[0]
        assert f"+ {one.monthly * 3:.2f} EUR/month" in price(app)
        api.costs.priced = False
        form.query_one("#count", Input).value = "4"
        await pilot.pause()
        assert price(app) == ""


async def test_a_change_of_a_volume_tells_its_price_in_menu_form_and_question_as_it_is_typed() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("volumes"))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause(0.06)
        await press(pilot, "slash", *"spare", "enter", "a", "G")
        menu = app.screen
        assert isinstance(menu, ResourceMenu)
        menu.query_one(OptionList).highlighted = list(menu.plans).index("d")
        await pilot.pause()
        assert "cost  - 0.0016 EUR/h, - 1.20 EUR/month" in str(menu.query_one("#reason", Static).content)
        await press(pilot, "e", "end")
        assert price(app) == "", "it is no larger yet"
        await press(pilot, "backspace", "5")
        assert price(app).startswith("cost  + 0.0008 EUR/h, + 0.60 EUR/month\nby SIMULATED")
        await press(pilot, "0")
        assert "+ 16.80 EUR/month" in price(app)
        await press(pilot, "escape", "ctrl+d")
        assert "- 1.20 EUR/month" in price(app)
        await press(pilot, "escape", "N", *"new", "tab", "end", "0")
        assert "at most + 0.0164 EUR/h, + 12.00 EUR/month" in price(app)
        types = app.screen.query_one("#param-volume_type", LoadedField)
        await press(pilot, "tab", "enter")
        while types.loading_choices or not isinstance(app.screen, PickDialog):
            await pilot.pause(0.01)
        await press(pilot, *"hdd", "enter")
        assert price(app).startswith("cost  + 0.0110 EUR/h, + 8.00 EUR/month")
        api.costs.priced = False
        app.screen.query_one("#param-size_gib", Input).value = "1000"
        await pilot.pause()
        assert price(app) == ""
