"""Several clouds in one table: whose each VM is, which is production, and what a dead one looks like."""

from __future__ import annotations

from msgspec.structs import replace

from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ScopeState, ScopeView
from osvm_tui.ui.format import Token
from osvm_tui.ui.options import CloudLook
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.detail_pane import DetailPane
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled
from tests.pilot.two_clouds import TwoClouds

PRODUCTION = replace(OPTIONS, clouds={"eu": CloudLook(production=True)})


def fleet(app: Desk) -> FleetScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, FleetScreen)
    return screen


async def test_every_row_names_its_cloud_and_the_header_tells_how_each_is() -> None:
    app = Desk(TwoClouds())
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        lines = screen_text(app).splitlines()
        assert "● eu 2 s  ● lab 2 s" in lines[0]
        assert "CLOUD" in lines[2]
        table = fleet(app).table
        at = [placed.column.key for placed in table.placed].index("cloud")
        for row in table.rows:
            assert table._cells(row)[at].text == app.api.entry_of(row.ref)


async def test_eighty_columns_keep_the_cloud_beside_name_status_and_age() -> None:
    app = Desk(TwoClouds())
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert {"name", "status", "cloud", "age"} <= {placed.column.key for placed in fleet(app).table.placed}


async def test_one_cloud_has_no_column_for_it() -> None:
    app = Desk(FakeConsole(6))
    async with app.run_test(size=(200, 36)) as pilot:
        await settled(pilot)
        assert "cloud" not in {placed.column.key for placed in fleet(app).table.placed}


async def test_a_dead_cloud_greys_its_own_rows_with_their_age_and_no_others() -> None:
    api = TwoClouds()
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        api.turn("lab", ScopeState.STALE, seen_s_ago=180)
        await settled(pilot)
        table = fleet(app).table
        at = [placed.column.key for placed in table.placed].index("cloud")
        for row in table.rows:
            cells, dead = table._cells(row), api.entry_of(row.ref) == "lab"
            assert ({cell.token for cell in cells} == {Token.DIM}) is dead
            assert cells[at].text == ("lab 3 m" if dead else "eu")
        assert "● eu 2 s  ◌ lab stale 3 m" in screen_text(app).splitlines()[0]
        api.turn("lab", ScopeState.LIVE)
        await settled(pilot)
        assert not any(table._cells(row)[at].text == "lab 3 m" for row in table.rows)


async def test_production_says_so_in_header_table_pane_and_question() -> None:
    api = TwoClouds()
    app = Desk(api, options=PRODUCTION)
    async with app.run_test(size=(140, 40)) as pilot:
        vm = next(vm for vm in api.fleet.values() if api.entry_of(vm.ref) == "eu" and vm.vm_state == "active")
        fleet(app).table.cursor_to(vm.ref)
        await pilot.pause(0.12)
        text = screen_text(app)
        assert " PROD " in text.splitlines()[0]
        assert "PROD eu" in text.splitlines()[0]
        pane = fleet(app).query_one(DetailPane)
        assert (pane.border_title or "").startswith("PROD eu: ")
        assert pane.has_class("-cloud-red")
        fleet(app).action_vm_verb("stop")
        await pilot.pause(0.12)
        box = app.screen.query_one(".dialog-box")
        assert (box.border_title or "").startswith("PROD eu: ")
        assert box.has_class("-cloud-red")


async def test_the_pane_changes_its_frame_with_the_cloud_of_its_vm() -> None:
    api = TwoClouds()
    app = Desk(api, options=PRODUCTION)
    async with app.run_test(size=(140, 40)) as pilot:
        vm = next(vm for vm in api.fleet.values() if api.entry_of(vm.ref) == "lab")
        fleet(app).table.cursor_to(vm.ref)
        await pilot.pause(0.12)
        pane = fleet(app).query_one(DetailPane)
        assert not pane.has_class("-cloud-red")
        assert "PROD" not in (pane.border_title or "")


async def test_a_read_only_cloud_is_named_in_the_header() -> None:
    class Half(TwoClouds):
        def scopes(self):  # type: ignore[no-untyped-def]
            return tuple(replace(view, read_only=view.entry == "lab") for view in super().scopes())

    app = Desk(Half())
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert "READ-ONLY lab" in screen_text(app).splitlines()[0]


async def test_the_rows_of_one_cloud_are_a_filter_and_an_order() -> None:
    api = TwoClouds()
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("slash", *"cloud=lab", "enter")
        await settled(pilot)
        assert {api.entry_of(row.ref) for row in fleet(app).table.rows} == {"lab"}
        await pilot.press("escape", "colon", *"sort cloud", "enter")
        await settled(pilot)
        entries = [api.entry_of(row.ref) for row in fleet(app).table.rows]
        assert entries == sorted(entries)
        assert len(entries) == 30


async def test_a_vm_that_two_entries_see_goes_with_the_acting_one() -> None:
    class Shared(TwoClouds):
        acting = "eu"

        def entry_of(self, ref: VmRef) -> str:
            return self.acting

        def scopes(self) -> tuple[ScopeView, ...]:
            return tuple(replace(view, acting=view.entry == self.acting) for view in super().scopes())

    api = Shared()
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("slash", *"lab !tag:lab", "enter")
        await settled(pilot)
        assert not fleet(app).table.rows
        api.acting = "lab"
        api.turn("lab", ScopeState.LIVE)
        await settled(pilot)
        assert len(fleet(app).table.rows) == sum("lab" not in vm.tags for vm in api.fleet.values())
        assert fleet(app).shown_text == "lab !tag:lab", "the view stays"
