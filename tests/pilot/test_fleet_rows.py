"""The fleet's rows: the cursor stays on its VM whatever comes, goes or is sorted; marks hold on to VMs."""

from __future__ import annotations

import random

from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import ScopeState
from osvm_tui.ui.fleet_view import Row
from osvm_tui.ui.format import Token
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import seeded_fleet
from tests.pilot.screen_text import screen_text, settled


def fleet(pilot: Pilot[None]) -> FleetScreen:
    screen = pilot.app.screen
    assert isinstance(screen, FleetScreen)
    return screen


def table(pilot: Pilot[None]) -> VTable[Row]:
    return fleet(pilot).table


def under_cursor(pilot: Pilot[None]) -> Vm:
    row = table(pilot).row_at_cursor()
    assert row is not None
    return row.vm


def line_of_cursor(pilot: Pilot[None]) -> int:
    return table(pilot).cursor - table(pilot).scroll_offset.y


async def test_the_last_picture_stands_before_the_clouds_are_asked() -> None:
    api = FakeConsole(20)
    seen: list[tuple[int, bool]] = []

    class Watched(FakeConsole):
        async def start(self) -> None:
            seen.append((len(app.screen.query_one(VTable).rows), self.started))
            await super().start()

    api = Watched(20)
    app = Desk(api)
    async with app.run_test() as pilot:
        await settled(pilot)
    assert seen == [(20, False)]
    assert api.closed


async def test_the_cursor_stays_on_its_vm_through_a_storm() -> None:
    rng = random.Random(5)
    api = FakeConsole(60)
    newcomers = list(seeded_fleet(90, seed=99))
    async with Desk(api).run_test(size=(100, 24)) as pilot:
        await pilot.press(*"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj")
        chosen = under_cursor(pilot).ref
        for _ in range(12):
            others = [ref for ref in api.fleet if ref != chosen]
            api.remove(*rng.sample(others, 3))
            api.put(*(newcomers.pop() for _ in range(4)))
            api.put(replace(api.fleet[chosen], task_state=rng.choice((None, "rebooting"))))
            fleet(pilot).on_fleet_moved(None)  # type: ignore[arg-type]
            await pilot.press(rng.choice(("A", "S", "I")))
            await settled(pilot)
            assert under_cursor(pilot).ref == chosen
            assert fleet(pilot).targets() == (chosen,)
            assert 0 <= line_of_cursor(pilot) < table(pilot).size.height - 1
        assert api.vm(chosen) == under_cursor(pilot)


async def test_rows_that_come_above_do_not_move_the_line_under_the_eye() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(100, 24)) as pilot:
        await pilot.press("pagedown", "pagedown")
        line, chosen = line_of_cursor(pilot), under_cursor(pilot).ref
        first = under_cursor(pilot)
        api.put(*(replace(first, id=f"new-{n}", name=f"aaa-{n}") for n in range(5)))
        await settled(pilot)
        assert under_cursor(pilot).ref == chosen
        assert line_of_cursor(pilot) == line


async def test_when_the_chosen_vm_goes_the_cursor_takes_the_line_and_the_table_survives_emptiness() -> None:
    api = FakeConsole(3)
    async with Desk(api).run_test() as pilot:
        await pilot.press("j")
        gone = under_cursor(pilot).ref
        api.remove(gone)
        await settled(pilot)
        assert under_cursor(pilot).ref != gone
        api.remove(*list(api.fleet))
        fleet(pilot).on_fleet_moved(None)  # type: ignore[arg-type]
        await settled(pilot)
        assert fleet(pilot).targets() == ()
        await pilot.press("j", "k", "G", "g", "pagedown", "space", "V", "enter", "a", "c", "v", "ctrl+d")
        assert "N makes one" in screen_text(pilot.app)
        assert pilot.app.screen is fleet(pilot)


async def test_moving_keys() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(100, 24)) as pilot:
        for key, index in (("G", 59), ("g", 0), ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("end", 59), ("home", 0)):
            await pilot.press(key)
            assert table(pilot).cursor == index, key
        page = table(pilot).size.height - 1
        await pilot.press("pagedown")
        assert table(pilot).cursor == page
        await pilot.press("pageup", "k")
        assert table(pilot).cursor == 0


async def test_marks_hold_on_to_vms_and_leave_with_them() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test() as pilot:
        await pilot.press("space", "space", "j", "space")
        marked = set(fleet(pilot).targets())
        assert len(marked) == 3
        await pilot.press("S", "I")
        assert set(fleet(pilot).targets()) == marked
        leaving = next(iter(marked))
        api.remove(leaving)
        fleet(pilot).on_fleet_moved(None)  # type: ignore[arg-type]
        await settled(pilot)
        assert set(fleet(pilot).targets()) == marked - {leaving}
        await pilot.press("u")
        assert len(fleet(pilot).targets()) == 1


async def test_a_range_is_marked_from_the_last_mark_to_the_cursor() -> None:
    async with Desk(FakeConsole(60)).run_test() as pilot:
        await pilot.press("j", "space", "j", "j", "V")
        rows = table(pilot).rows
        assert table(pilot).marks == {row.ref for row in rows[1:5]}


async def test_all_filtered_are_marked_and_hidden_marks_still_count() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        await pilot.press("Z", "asterisk")
        errors = {vm.ref for vm in api.fleet.values() if vm.status == "ERROR"}
        assert set(fleet(pilot).targets()) == errors
        await pilot.press("Z", "slash", *"name:web", "enter")
        assert set(fleet(pilot).targets()) == errors
        assert f"{len(errors)} marked" in screen_text(pilot.app)


async def test_a_frozen_picture_moves_only_when_it_is_let_go() -> None:
    api = FakeConsole(10)
    async with Desk(api).run_test() as pilot:
        await pilot.press("P")
        api.remove(*list(api.fleet)[:4])
        await settled(pilot)
        assert len(table(pilot).rows) == 10
        assert "frozen" in screen_text(pilot.app)
        await pilot.press("P")
        assert len(table(pilot).rows) == 6


async def test_a_scope_that_is_not_live_greys_its_rows_and_says_how_old_they_are() -> None:
    api = FakeConsole(10)
    async with Desk(api).run_test(size=(100, 24)) as pilot:
        row = table(pilot).rows[0]
        assert fleet(pilot).picture.tone(row) is None
        api.turn_scope(ScopeState.STALE, "cloud unreachable")
        await settled(pilot)
        assert fleet(pilot).picture.tone(row) is Token.DIM
        assert "stale 2 s" in screen_text(pilot.app)
        assert len(table(pilot).rows) == 10
        api.turn_scope(ScopeState.LIVE)
        await settled(pilot)
        assert fleet(pilot).picture.tone(row) is None


async def test_a_pending_verb_shows_what_it_leads_to_until_it_has_arrived() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        vm = api.in_state("stopped")
        table(pilot).cursor_to(vm.ref)
        fleet(pilot).action_vm_verb("start")
        await settled(pilot)
        assert "→ ACTIVE" in screen_text(pilot.app)
        assert "start asked" in screen_text(pilot.app)
        api.advance()
        fleet(pilot).on_fleet_moved(None)  # type: ignore[arg-type]
        await settled(pilot)
        assert "→ ACTIVE" not in screen_text(pilot.app)
        assert under_cursor(pilot).status == "ACTIVE"


async def test_a_cell_that_changed_flashes_once() -> None:
    api = FakeConsole(10)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        first = under_cursor(pilot)
        await settled(pilot)
        api.put(replace(first, status="PAUSED", vm_state="paused", task_state=None))
        fleet(pilot).on_fleet_moved(None)  # type: ignore[arg-type]
        assert table(pilot)._flashes.of(first.ref) == {1}
        table(pilot)._end_flash(first.ref)
        assert not table(pilot)._flashes.of(first.ref)


async def test_the_mouse_chooses_opens_and_sorts() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        await pilot.click(VTable, offset=(10, 4))
        assert table(pilot).cursor == 3
        await pilot.click(VTable, offset=(5, 0))
        assert fleet(pilot).picture.view.descending
        line = pilot.app.screen.query_one(HeaderBar).render().plain
        await pilot.click(HeaderBar, offset=(line.index("error"), 0))
        await settled(pilot)
        assert all(row.vm.status == "ERROR" for row in table(pilot).rows)


async def test_names_from_outside_cannot_steer_the_terminal() -> None:
    vm = replace(seeded_fleet(1)[0], name="evil\x1b[2J\x07[red]name[/]\n\u202e")
    async with Desk(FakeConsole(vms=(vm,))).run_test(size=(120, 36)) as pilot:
        text = screen_text(pilot.app)
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        assert "[red]name[/]" in text
