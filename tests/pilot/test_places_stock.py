"""The places of what VMs stand on: rows at 80 columns, words where there is nothing, and the ways between them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.domain.catalog import SecurityGroup
from osvm_tui.domain.errors import Unreachable
from osvm_tui.domain.roles import ReleaseProfile
from osvm_tui.domain.volume import Volume
from osvm_tui.services.api import CatalogKind, CatalogView, ScopeState
from osvm_tui.ui.bindings import STOCK
from osvm_tui.ui.columns import GAP, GUTTER, fit
from osvm_tui.ui.dialogs.all_facts import AllFacts
from osvm_tui.ui.dialogs.pick import PickDialog
from osvm_tui.ui.messages import GoTo
from osvm_tui.ui.options import CloudLook
from osvm_tui.ui.places import Place, place_named, screen_of
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.screens.resource_place import ResourceScreen
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.filter_bar import FilterBar
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled
from tests.pilot.two_clouds import TwoClouds

FIRST_CELLS = {
    "flavor": "m1.small", "image": "debian-12", "network": "private", "port": "plug-0", "router": "gate",
    "fip": "203.0.112.2", "sg": "web", "rule": "tcp 22", "volume": "data-1", "snapshot": "data-1-monday",
    "keypair": "deploy", "group": "spread", "quota": "vCPU", "hypervisor": "compute-02", "service": "nova-compute",
}  # fmt: skip


def _place(name: str) -> Place:
    found = place_named(name)
    assert found is not None
    return found


def stock(place: str, api: FakeConsole) -> Desk:
    return Desk(api, screen_of(_place(place)))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


async def go(pilot: Pilot[None], place: str) -> None:
    pilot.app.post_message(GoTo(place))
    await settled(pilot)


def place_and_filter(app: Desk) -> tuple[str, str]:
    screen = app.screen
    assert isinstance(screen, PlaceScreen)
    return screen.place, screen.query_one(FilterBar).text


def shown(app: Desk) -> list[str]:
    table = app.screen.query_one(VTable)
    return [table.columns[0].cell(row).text for row in table.rows]


def test_every_place_of_the_stock_is_looked_at_here() -> None:
    assert set(FIRST_CELLS) == set(STOCK)


async def test_each_place_shows_its_rows_whole_in_eighty_columns() -> None:
    app = stock("flavor", FakeConsole(cloud_roles=("admin",)))
    async with app.run_test(size=(80, 24)) as pilot:
        for place, words in FIRST_CELLS.items():
            await go(pilot, place)
            table = app.screen.query_one(VTable)
            assert table.has_focus
            assert words in screen_text(app)
            assert app.screen.query_one(".detail").styles.border_top[0] == "round"
            assert sum(placed.width + 2 for placed in table.placed) + 1 <= table.size.width


@pytest.mark.parametrize("place", STOCK)
def test_with_several_clouds_each_place_names_the_cloud_of_a_row_in_eighty_columns(place: str) -> None:
    options = replace(OPTIONS, clouds={"eu": CloudLook("red", production=True)})
    found: Any = screen_of(_place(place))
    screen: ResourceScreen = found(TwoClouds(), options)
    placed = fit(screen._columns, 78)
    assert {"cloud"} < {each.column.key for each in placed}
    assert len(placed) > 2
    assert GUTTER + sum(each.width + GAP for each in placed) - GAP <= 77


USED_BY = (
    ("flavor", "m1.small", ("fleet", "flavor=m1.small")),
    ("image", "debian-12", ("fleet", "image=debian-12")),
    ("network", "private", ("fleet", "network=private")),
    ("sg", "default", ("fleet", "sg=default")),
    ("keypair", "ops-key", ("fleet", "key=ops-key")),
    ("hypervisor", "compute-01", ("fleet", "host=compute-01")),
    ("service", "compute-02", ("fleet", "host=compute-02")),
)


async def test_w_leads_to_the_vms_that_use_it() -> None:
    api = FakeConsole(cloud_roles=("admin",))
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        for place, row, landed in USED_BY:
            await go(pilot, place)
            _cursor_on(app, row)
            await press(pilot, "w")
            assert place_and_filter(app) == landed
            assert 0 < len(app.screen.query_one(VTable).rows) <= len(api.fleet)


def _cursor_on(app: Desk, words: str) -> None:
    table: VTable[Any] = app.screen.query_one(VTable)
    for row in table.rows:
        if any(column.cell(row).text == words for column in table.columns):
            table.cursor_to(table._key(row))
            return
    raise AssertionError(f"no row of {words}")


async def test_w_of_a_server_group_finds_exactly_its_members() -> None:
    api = FakeConsole()
    app = stock("group", api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        _cursor_on(app, "spread")
        await press(pilot, "w")
        assert {row.vm.id for row in app.screen.query_one(VTable).rows} == {vm.id for vm in [*api.fleet.values()][:2]}


async def test_what_no_vm_uses_says_so_and_stays() -> None:
    app = stock("sg", FakeConsole())
    async with app.run_test() as pilot:
        await settled(pilot)
        _cursor_on(app, "web")
        await press(pilot, "w")
        assert app.told == ["no VM in sight uses web"]
        assert place_and_filter(app) == ("sg", "")


async def test_what_a_vm_holds_leads_to_that_vm() -> None:
    api = FakeConsole()
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        for place, row, key in (("volume", "data-1", "J"), ("fip", "203.0.112.2", "w"), ("port", "plug-0", "w")):
            await go(pilot, place)
            _cursor_on(app, row)
            await press(pilot, key)
            assert isinstance(app.screen, VmScreen)
            assert app.screen.ref == next(iter(api.fleet))


WAYS = (
    ("snapshot", "data-1-monday", "J", ("volume", "id=vol-1"), ["data-1"]),
    ("volume", "data-1", "enter", ("snapshot", "volume=data-1"), ["data-1-monday"]),
    ("sg", "web", "enter", ("rule", "group=web"), ["web", "web", "web"]),
    ("rule", "tcp 22", "J", ("sg", "id=sg-2"), ["web"]),
    ("router", "gate", "enter", ("port", 'owner="router gate"'), ["port-r"]),
    ("hypervisor", "compute-03", "J", ("service", "host=compute-03"), ["nova-compute"]),
)


async def test_one_thing_leads_to_the_other() -> None:
    app = Desk(FakeConsole(cloud_roles=("admin",)))
    async with app.run_test(size=(120, 36)) as pilot:
        for place, row, key, landed, rows in WAYS:
            await go(pilot, place)
            app.screen.show_text("")  # type: ignore[attr-defined]
            _cursor_on(app, row)
            await press(pilot, key)
            assert place_and_filter(app) == landed
            assert shown(app) == rows


async def test_a_host_opens_as_its_vms() -> None:
    app = stock("hypervisor", FakeConsole(cloud_roles=("admin",)))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "enter")
        assert place_and_filter(app) == ("fleet", "host=compute-00")
        assert {row.vm.host for row in app.screen.query_one(VTable).rows} == {"compute-00"}


async def test_j_on_a_vm_picks_among_what_it_stands_on() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert isinstance(app.screen, FleetScreen)
        app.screen.table.cursor_to(vm.ref)
        await press(pilot, "J")
        assert isinstance(app.screen, PickDialog)
        told = [choice.label for choice in app.screen.choices]
        assert {f"host {vm.host}", "network private", "project web"} <= set(told)
        await press(pilot, *"network", "enter")
        assert place_and_filter(app) == ("network", "name=private")


async def test_enter_shows_all_that_is_known_where_it_leads_nowhere() -> None:
    app = stock("keypair", FakeConsole())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter")
        assert isinstance(app.screen, AllFacts)
        assert "11:22:33:44" in screen_text(app)
        await press(pilot, "escape")
        assert place_and_filter(app) == ("keypair", "")


async def test_a_filter_reads_values_not_what_is_drawn() -> None:
    app = stock("volume", FakeConsole())
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "slash", *"status=in-use size>20G", "enter")
        assert shown(app) == ["data-1"]


class NoCinder(FakeConsole):
    def __init__(self) -> None:
        super().__init__()
        self.scope = replace(self.scope, profile=ReleaseProfile(services=frozenset({"compute", "network", "image"})))


async def test_a_cloud_without_cinder_says_so_and_is_not_asked() -> None:
    api = NoCinder()
    api.fail_next = Unreachable("nobody asked for this")
    app = stock("volume", api)
    async with app.run_test() as pilot:
        await settled(pilot)
        assert app.screen.query_one(VTable).empty == "this cloud has no volume service"
        await press(pilot, "N")
    assert "this cloud has no volume service" in app.told[-1]
    assert api.fail_next is not None


class Secretive(FakeConsole):
    def catalog(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        return None

    async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
        return CatalogView(entry, kind, error="not permitted: list hypervisors")


async def test_hosts_that_are_not_shown_are_explained_in_words() -> None:
    app = stock("hypervisor", Secretive())
    async with app.run_test() as pilot:
        await settled(pilot)
        assert "hypervisors are for admins, which the token of mock is not" in app.screen.query_one(VTable).empty
        assert "not permitted" in app.screen.query_one(VTable).empty


async def test_an_empty_place_names_the_key_that_fills_it() -> None:
    api = FakeConsole()
    api.resources.items[CatalogKind.SERVER_GROUP] = []
    app = stock("group", api)
    async with app.run_test() as pilot:
        await settled(pilot)
        assert app.screen.query_one(VTable).empty == "no server group here yet; N: keep VMs together or apart"


async def test_rows_stay_when_the_cloud_is_lost() -> None:
    api = FakeConsole()
    app = stock("router", api)
    async with app.run_test() as pilot:
        await settled(pilot)
        api.fail_next = Unreachable("no route to host", entry="mock")
        await press(pilot, "ctrl+r")
        api.fail_next = Unreachable("no route to host", entry="mock")
        app.screen.read(0.0)  # type: ignore[attr-defined]
        await settled(pilot)
        assert "no route to host" in str(app.screen.query_one(About).content)
        assert shown(app) == ["gate"]


async def test_what_a_stranger_wrote_cannot_steer_the_terminal() -> None:
    api = FakeConsole()
    volume = Volume(id="vol-9", name="\x1b[31mred\x07", status="available", description="\x1b]0;title\x07 of mine")
    api.resources.items[CatalogKind.VOLUME] = [volume]
    app = stock("volume", api)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "enter")
        shown = screen_text(app)
        assert "red" in shown
        assert "of mine" in shown
        assert not any(sign in shown for sign in "\x1b\x07")


async def test_of_two_clouds_each_row_names_its_own_and_ways_stay_in_it() -> None:
    api = TwoClouds()
    app = stock("sg", api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        table = app.screen.query_one(VTable)
        assert [row.cloud for row in table.rows] == ["eu", "eu", "lab", "lab"]
        assert "CLOUD" in screen_text(app)
        table.cursor_to(("lab", "sg-1"))
        await press(pilot, "w")
        assert place_and_filter(app) == ("fleet", "sg=default cloud=lab")
        assert {api.entry_of(row.ref) for row in app.screen.query_one(VTable).rows} == {"lab"}
        await go(pilot, "sg")
        app.screen.query_one(VTable).cursor_to(("lab", "sg-2"))
        await press(pilot, "enter")
        assert place_and_filter(app) == ("rule", "group=web cloud=lab")
        assert {row.cloud for row in app.screen.query_one(VTable).rows} == {"lab"}


async def test_a_dead_cloud_greys_its_own_rows() -> None:
    api = TwoClouds()
    app = stock("flavor", api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        api.turn("lab", ScopeState.STALE)
        await settled(pilot)
        assert isinstance(app.screen, ResourceScreen)
        assert {row.cloud for row in app.screen.all_rows if app.screen.tone(row)} == {"lab"}


async def test_j_of_a_vm_leads_to_its_address_outside_and_to_its_ports() -> None:
    api = FakeConsole()
    vm = next(vm for vm in api.fleet.values() if vm.floating_ip)
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        app.screen.query_one(VTable).cursor_to(vm.ref)
        await press(pilot, "J", *"floating", "enter")
        assert place_and_filter(app) == ("fip", f"address={vm.floating_ip}")
        assert shown(app) == [vm.floating_ip]
        await go(pilot, "vm")
        await press(pilot, "J", *"ports", "enter")
        assert place_and_filter(app) == ("port", f"device={vm.id}")


async def test_a_bare_word_finds_the_row_first_that_is_called_so() -> None:
    api = FakeConsole()
    kind = CatalogKind.SECURITY_GROUP
    group = next(each for each in api.resources.items[kind] if isinstance(each, SecurityGroup) and each.name == "web")
    api.resources.items[kind] += [replace(group, id=f"sg-{name}", name=name) for name in ("a-web", "web-2")]
    app = stock("sg", api)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert shown(app)[0] == "a-web"
        app.post_message(GoTo("sg", "web"))
        await settled(pilot)
        assert shown(app)[:2] == ["web", "a-web"]
        table = app.screen.query_one(VTable)
        assert table.cursor == 0
        table.cursor_to(("mock", "sg-web-2"))
        app.post_message(GoTo("sg", "WEB"))
        await settled(pilot)
        assert table.cursor == 0, "also where the cursor stood on another row that passes"
