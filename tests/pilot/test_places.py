"""The places beside the fleet: what they read, how they filter, and what they say when a cloud or the store fails."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from osvm_tui.domain.audit import ChainReport
from osvm_tui.domain.errors import StoreError, Unreachable
from osvm_tui.domain.operations import ActionRequest, ItemState
from osvm_tui.services.api import CatalogKind, CatalogView, ScopeState
from osvm_tui.ui.bindings import KEYS, STOCK, keys_of
from osvm_tui.ui.commands import commands_of
from osvm_tui.ui.places import PLACES, screen_of
from osvm_tui.ui.screens.audit import AuditScreen
from osvm_tui.ui.screens.clouds import CloudsScreen
from osvm_tui.ui.screens.health import HealthScreen
from osvm_tui.ui.screens.help import HelpScreen, key_blocks
from osvm_tui.ui.screens.operation import OperationScreen
from osvm_tui.ui.screens.operations import OperationsScreen
from osvm_tui.ui.screens.resource_place import screen_for
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.filter_bar import FilterBar
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text

SIDE_PLACES = [place for place in PLACES if place.name not in ("vm", *STOCK[1:])]


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def about(app: Desk) -> str:
    return str(app.screen.query_one(About).content)


async def asked(api: FakeConsole, *action_ids: str) -> None:
    for action_id in action_ids:
        vm = next(vm for vm in api.fleet.values() if api.verdict(vm.ref, action_id).allowed)
        await api.submit(ActionRequest(action_id, (vm.ref,)))


@pytest.mark.parametrize("place", SIDE_PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
async def test_every_place_opens_with_a_focus_and_escape_asks_to_leave(place: object, size: tuple[int, int]) -> None:
    api = FakeConsole()
    await asked(api, "stop", "start")
    app = Desk(api, screen_of(place))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await press(pilot)
        assert app.focused is not None
        await press(pilot, "escape")
        assert "first screen" in app.told[-1]


async def test_operations_show_how_they_end_and_open_their_vm() -> None:
    api = FakeConsole()
    await asked(api, "stop", "pause")
    app = Desk(api, OperationsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert "2 running" in about(app)
        api.advance(ItemState.FAILED, "no valid host")
        await pilot.pause(0.25)
        assert "0 running" in about(app)
        table = app.screen.query_one(VTable)
        assert [item.state for item in table.rows] == [ItemState.FAILED, ItemState.FAILED]
        assert "no valid host" in str(app.screen.query_one(".detail", Static).content)
        await press(pilot, "enter")
        assert isinstance(app.screen, OperationScreen)
        await press(pilot, "enter")
        assert isinstance(app.screen, VmScreen)
        assert app.screen.ref == table.rows[0].ref


async def test_a_filter_narrows_a_list_and_a_wrong_one_keeps_its_rows() -> None:
    api = FakeConsole()
    await asked(api, "stop", "pause", "start")
    app = Desk(api, OperationsScreen)
    async with app.run_test() as pilot:
        await press(pilot, "slash", *"action=pause", "enter")
        table = app.screen.query_one(VTable)
        assert [item.action_id for item in table.rows] == ["pause"]
        await press(pilot, "slash", "space", *"~(")
        assert [item.action_id for item in table.rows] == ["pause"]
        await press(pilot, "escape", "escape")
        assert app.screen.query_one(FilterBar).text == ""
        assert len(table.rows) == 3


async def test_the_audit_reads_rows_and_verifies_the_chain() -> None:
    api = FakeConsole()
    await asked(api, "stop", "pause")
    app = Desk(api, AuditScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert [row.seq for row in app.screen.query_one(VTable).rows] == [2, 1]
        await press(pilot, "v")
    assert app.told[-1].startswith("the chain holds: 2 rows")


async def test_a_broken_chain_is_told_loudly() -> None:
    class Broken(FakeConsole):
        async def verify_audit(self) -> ChainReport:
            return ChainReport(1, 2, "row 2 was changed")

    app = Desk(Broken(), AuditScreen)
    async with app.run_test() as pilot:
        await press(pilot, "v")
    assert app.told[-1] == "the chain is broken: row 2 was changed"


async def test_a_store_that_cannot_be_read_is_told_and_the_rows_stay() -> None:
    api = FakeConsole()
    await asked(api, "stop")
    app = Desk(api, AuditScreen)
    async with app.run_test() as pilot:
        await press(pilot)
        api.fail_next = StoreError("disk I/O error")
        assert isinstance(app.screen, AuditScreen)
        app.screen.read()
        await press(pilot)
        assert "disk I/O error" in about(app)
        assert len(app.screen.query_one(VTable).rows) == 1


async def test_a_stale_cloud_is_told_with_its_trouble_and_what_to_do() -> None:
    api = FakeConsole()
    app = Desk(api, CloudsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        api.turn_scope(ScopeState.STALE, "cloud unreachable", "connection refused")
        await press(pilot)
        told = str(app.screen.query_one(".detail", Static).content)
    assert "stale" in told
    assert "connection refused" in told


async def test_health_names_every_check_and_the_store() -> None:
    app = Desk(FakeConsole(), HealthScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert "all checks are well" in about(app)
        assert "writable" in str(app.screen.query_one("#section-checks", Static).content)
        assert "sqlite" in str(app.screen.query_one("#section-store", Static).content)
        assert "/servers/detail" in str(app.screen.query_one("#section-last-calls", Static).content)


async def test_a_catalog_of_a_dead_cloud_is_told_and_the_others_are_shown() -> None:
    class Two(FakeConsole):
        def scopes(self):  # type: ignore[no-untyped-def]
            one = super().scopes()[0]
            return (one, replace(one, entry="dead", acting=False))

        def catalog(self, entry: str, kind: CatalogKind) -> CatalogView | None:
            return None if entry == "dead" else super().catalog(entry, kind)

        async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
            if entry == "dead":
                raise Unreachable("no route to host", entry="dead")
            return await super().load_catalog(entry, kind, max_age_s)

    app = Desk(Two(), screen_for("flavors"))
    async with app.run_test() as pilot:
        await press(pilot)
        assert "no route to host" in about(app)
        rows = app.screen.query_one(VTable).rows
        assert {row.cloud for row in rows} == {"mock"}
        assert len(rows) == 4


async def test_a_clicked_head_sorts_by_value_not_by_text() -> None:
    app = Desk(FakeConsole(), screen_for("flavors"))
    async with app.run_test() as pilot:
        await press(pilot)
        app.screen.query_one(VTable).post_message(VTable.HeadPressed("ram"))
        await press(pilot)
        sizes = [row.item.memory_mib for row in app.screen.query_one(VTable).rows]
    assert sizes == sorted(sizes)


async def test_help_lists_every_key_of_the_place() -> None:
    for place in {name for key in KEYS for name in key.places} - {"table"}:
        told = "\n".join(str(block) for block in key_blocks(place, {}).values())
        assert all(key.help in told for key in keys_of(place))
    assert "f9" in str(key_blocks("fleet", {"vm.menu": "f9"})["change"])


async def test_help_of_a_place_is_asked_by_its_name() -> None:
    app = Desk(FakeConsole(), lambda api, options: HelpScreen(api, options, "audit"))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        assert ":audit" in about(app)
        assert "check the whole chain" in str(app.screen.query_one("#section-look", Static).content)


async def test_the_palette_offers_verbs_with_their_refusal_keys_and_places() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))
    async with app.run_test() as pilot:
        await press(pilot)
        offered = {command.title: command for command in commands_of(app.screen)}
        assert "refused" in offered["start"].help
        assert "refused" not in offered["stop"].help
        assert {f"go to {place.title}" for place in PLACES} <= set(offered)
        await press(pilot, "ctrl+p", *"go to Audit", "enter")
        await pilot.pause(0.3)
        assert isinstance(app.screen, AuditScreen)


async def test_the_palette_asks_on_one_line_in_our_words() -> None:
    app = Desk(FakeConsole())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "ctrl+p")
        seen = screen_text(app).splitlines()
        line = next(at for at, text in enumerate(seen) if "type what to do or where to go" in text)
        assert "╭" in seen[line - 1]
        assert "╰" in seen[line + 1]
        await press(pilot, "ctrl+p")
        assert len(app.screen_stack) == 2, "it opens once"
