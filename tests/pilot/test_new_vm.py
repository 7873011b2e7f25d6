"""The New VM form: errors beside their field, the order as typed, and nothing lost when the cloud refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from osvm_tui.domain.errors import QuotaExceeded, Unreachable
from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ItemState
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.services.api import CatalogKind, CatalogView, ScopeState, ScopeView
from osvm_tui.ui.dialogs.new_vm import NewVmForm
from osvm_tui.ui.dialogs.pick import PickDialog
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.choice_field import ChoiceField
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text


def desk(api: FakeConsole) -> Desk:
    vm = api.in_state("active")
    return Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def fill(pilot: Pilot[None], name: str = "web-{n}", count: str = "2") -> None:
    """Open the form and fill in what it needs, by keys only."""
    await press(pilot, "N")
    await press(pilot, *name, "tab", "backspace", *count, "tab")
    await press(pilot, "enter", *"debian", "enter")
    await press(pilot, "enter", *"small", "enter")


def wrong(app: Desk, name: str) -> str:
    return str(app.screen.query_one(f"#field-{name} .field-wrong", Static).content)


def answer(app: Desk) -> str:
    return str(app.screen.query_one("#answer", Static).content)


async def test_the_form_names_the_cloud_and_the_project_that_the_vm_will_be_in() -> None:
    api = FakeConsole()
    api.scope = replace(api.scope, all_projects=True)
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "N")
        assert "new VM in mock, project web" in screen_text(app)


async def test_the_cloud_s_line_follows_its_state_and_a_cloud_that_answers_at_last_is_asked_what_it_offers() -> None:
    class Two(FakeConsole):
        def scopes(self) -> tuple[ScopeView, ...]:
            mock = super().scopes()[0]
            return (mock, replace(mock, entry="lab", state=ScopeState.FAILED, acting=False))

    api = Two()
    api.scope_state = ScopeState.CONNECTING
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot)
        api.fail_next = Unreachable("mock did not answer")
        await press(pilot, "N")
        assert "connecting" in str(app.screen.query_one("#cloud", ChoiceField).content)
        assert "mock did not answer" in answer(app)
        api.turn_scope(ScopeState.LIVE)
        await press(pilot)
        assert "live" in str(app.screen.query_one("#cloud", ChoiceField).content)
        assert isinstance(app.screen, NewVmForm)
        assert not app.screen.untold
        assert not answer(app)


async def test_an_order_is_sent_as_typed() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        assert isinstance(app.screen, NewVmForm)
        app.screen.query_one("#user-data", TextArea).text = "#!/bin/sh\necho hello\n"
        app.screen.query_one("#metadata", Input).value = "team=web, stage=prod"
        await pilot.pause()
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, VmScreen)
    order, count = api.orders[0]
    assert (order.name, count, order.flavor_id, order.image_id) == ("web-{n}", 2, "1", "img-2")
    assert order.network_ids == ("n-1",)
    assert order.security_groups == ("sg-1",)
    assert order.metadata == (("team", "web"), ("stage", "prod"))
    assert order.user_data == "#!/bin/sh\necho hello\n"
    assert app.told[-1].startswith("creating")


async def test_a_server_group_and_scheduler_hints_go_with_the_order() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot, name="db", count="1")
        app.screen.query_one("#server-group", ChoiceField).focus()
        await press(pilot, "enter", *"spread", "enter")
        hints = app.screen.query_one("#hints", Input)
        hints.value = "same_host"
        await pilot.pause()
        await press(pilot, "ctrl+s")
        assert wrong(app, "hints") == "same_host is not key=value"
        hints.value = "same_host=a1, build_near_host_ip=10.0.0.1"
        await pilot.pause()
        await press(pilot, "ctrl+s")
    order, _ = api.orders[0]
    assert order.server_group_id == "gr-1"
    assert order.hints == (("same_host", "a1"), ("build_near_host_ip", "10.0.0.1"))


async def test_what_is_missing_stands_beside_its_field_and_nothing_is_sent() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "N", "ctrl+s")
        assert wrong(app, "name").startswith("a VM needs a name")
        assert wrong(app, "image") == "choose what the VM boots from"
        assert wrong(app, "flavor") == "choose a size"
        assert app.focused is app.screen.query_one("#name", Input)
        assert answer(app).startswith("not sent")
    assert not api.orders


async def test_more_than_the_quota_is_told_before_the_cloud_is_asked() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot, count="50")
        await press(pilot, "ctrl+s")
        assert wrong(app, "flavor") == "quota: 50 VMs needed, 40 VMs left"
    assert not api.orders


async def test_broken_cloud_config_is_told_with_its_line() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        app.screen.query_one("#user-data", TextArea).text = "#cloud-config\npackages: [nginx\nruncmd: x\n"
        await press(pilot, "ctrl+s")
        assert "not YAML: line 3" in wrong(app, "user-data")
    assert not api.orders


async def test_user_data_comes_from_a_file_or_the_reason_stands_beside_it(tmp_path: Path) -> None:
    api = FakeConsole()
    app = desk(api)
    good, binary, large = tmp_path / "good", tmp_path / "binary", tmp_path / "large"
    good.write_text("#cloud-config\npackages: [nginx]\n")
    binary.write_bytes(b"\x1f\x8b\xff\x00")
    large.write_text("#!" + "x" * 60_000)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        field = app.screen.query_one("#file", Input)
        for path, told in ((tmp_path / "none", "no such file"), (binary, "not text"), (large, "49,149")):
            field.value = str(path)
            await pilot.pause()  # the form hears of it: an edit behind ctrl-s would take it back
            await press(pilot, "ctrl+s")
            assert told in wrong(app, "file")
        assert not api.orders
        field.value = str(good)
        await pilot.pause()
        await press(pilot, "ctrl+s")
    assert api.orders[0][0].user_data == good.read_text()


async def test_a_refusal_at_once_leaves_everything_typed() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        api.fail_next = QuotaExceeded("Quota exceeded for cores", entry="mock", request_id="req-9")
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, NewVmForm)
        assert "Quota exceeded for cores" in answer(app)
        assert app.screen.query_one("#name", Input).value == "web-{n}"
        assert app.screen.query_one("#flavor", ChoiceField).value == "1"
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, VmScreen)
    assert len(api.orders) == 1


async def test_an_order_is_never_made_in_a_project_that_the_console_went_over_to_meanwhile() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        await api.switch_project("mock", "p-data")
        await press(pilot)
        assert "new VM in mock, project web" in screen_text(app)
        assert "mock went over to another project since this was begun" in answer(app)
        await press(pilot, "ctrl+s")
        assert answer(app).startswith("refused: mock went over to another project")
        assert app.screen.query_one("#name", Input).value == "web-{n}"
        assert not api.orders
        await api.switch_project("mock", "p-web")
        await press(pilot, "ctrl+s")
    assert len(api.orders) == 1


async def test_a_refusal_that_comes_later_brings_the_reason_to_the_form() -> None:
    class Slow(FakeConsole):
        async def create(self, *args: object, **rest: object):  # type: ignore[no-untyped-def]
            done = await super().create(*args, **rest)  # type: ignore[arg-type]
            items = tuple(replace(item, state=ItemState.SENDING) for item in done.items)
            self.items.update({item.id: item for item in items})
            return replace(done, operation_id=items[0].operation_id, items=items)

    api = Slow()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        await press(pilot, "ctrl+s", "ctrl+s")
        assert isinstance(app.screen, NewVmForm)
        assert len(api.orders) == 1
        item = api.operations()[0]
        failed = replace(item, state=ItemState.FAILED, message="Quota exceeded", request_id="req-8")
        api.items[item.id] = failed
        api.tell(OperationChanged(failed))
        await press(pilot)
        assert isinstance(app.screen, NewVmForm)
        assert "Quota exceeded" in answer(app)
        assert "req-8" in answer(app)
        assert app.screen.query_one("#name", Input).value == "web-{n}"


async def test_a_viewer_is_told_why_and_nothing_is_sent() -> None:
    api = FakeConsole(role=ConsoleRole.VIEWER)
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await fill(pilot)
        await press(pilot, "ctrl+s")
        assert answer(app).startswith("refused: console role viewer may not")
    assert not api.orders


async def test_several_are_chosen_with_space_and_escape_changes_nothing() -> None:
    api = FakeConsole()
    app = desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "N")
        groups = app.screen.query_one("#groups", ChoiceField)
        groups.focus()
        await press(pilot, "enter", "down", "space", "escape")
        assert groups.chosen == ("sg-1",)
        await press(pilot, "enter", "down", "space", "enter")
        assert set(groups.chosen) == {"sg-1", "sg-2"}
        assert not isinstance(app.screen, PickDialog)
        await press(pilot, "escape")
        assert isinstance(app.screen, VmScreen)
    assert not api.orders


async def test_the_form_fits_a_small_terminal() -> None:
    app = desk(FakeConsole())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "N")
        for selector in ("#name", "#told", "#create"):
            region = app.screen.query_one(selector).region
            assert region.height > 0
            assert region.bottom <= 24


@pytest.mark.parametrize(("key", "sent"), [("", True), ("x", False)])
async def test_an_order_sent_while_the_lists_are_read_is_made_when_they_are_there(key: str, *, sent: bool) -> None:
    there = asyncio.Event()

    class Slow(FakeConsole):
        async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
            await there.wait()
            return await super().load_catalog(entry, kind, max_age_s)

    api = Slow()
    app = Desk(api)
    async with app.run_test(size=(120, 40)) as pilot:
        for each in ("N", *"web", "ctrl+s", *key):
            await pilot.press(each)
        form = app.screen
        assert isinstance(form, NewVmForm)
        assert ("still reading what there is" in answer(app)) is sent
        for name, chosen in (("image", "img-2"), ("flavor", "1")):
            form.query_one(f"#{name}", ChoiceField).choose((chosen,))  # as after another cloud was chosen
        there.set()
        await press(pilot)
    assert bool(api.orders) is sent
