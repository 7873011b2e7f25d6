"""Changes of what VMs stand on by keys: the right target, a reason for every refusal, warnings, and no lost secret."""

from __future__ import annotations

import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import Conflict
from osvm_tui.domain.resource import ResourceSpec
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.services.resources_api import ResourceRequest
from osvm_tui.ui.bindings import CHANGED
from osvm_tui.ui.commands import commands_of
from osvm_tui.ui.dialogs.error import ErrorDialog
from osvm_tui.ui.dialogs.params_form import ParamsForm
from osvm_tui.ui.dialogs.private_key import PrivateKey
from osvm_tui.ui.dialogs.resource_confirm import ConfirmChange, ConfirmGone
from osvm_tui.ui.dialogs.resource_menu import ResourceMenu
from osvm_tui.ui.messages import GoTo
from osvm_tui.ui.resources.rules import Rules
from osvm_tui.ui.screens.help import key_blocks
from osvm_tui.ui.screens.resource_place import ResourceScreen, screen_for
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_resources import PRIVATE_KEY
from tests.pilot.screen_text import screen_text
from tests.pilot.two_clouds import TwoClouds


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.pause(0.06)


async def on_row(pilot: Pilot[None], words: str) -> None:
    await pilot.pause(0.06)
    table: VTable[Any] = pilot.app.screen.query_one(VTable)
    found = next(row for row in table.rows if any(column.cell(row).text == words for column in table.columns))
    table.cursor_to(table._key(found))
    await pilot.pause()


def asked(api: FakeConsole) -> list[tuple[str, str, dict[str, object]]]:
    return [(each.action_id, each.target.id, each.params) for each in api.resources.requests]


def test_every_place_of_changes_offers_every_verb_of_its_kind_by_a_letter_of_its_own() -> None:
    offered: dict[str, ResourceSpec] = {}
    for name in CHANGED:
        resource = next(each for each in _resources() if each.place == name)
        letters = [spec.key for spec in resource.verbs()]
        assert sorted(set(letters)) == sorted(letters)
        for action_id in filter(None, (resource.new, resource.delete)):
            assert RESOURCE_ACTIONS[action_id] in resource.verbs()
        offered |= {spec.id: spec for spec in resource.verbs()}
    assert offered == RESOURCE_ACTIONS


def _resources() -> list[Any]:
    modules = ("images", "floating_ips", "security_groups", "rules", "volumes", "volume_snapshots", "keypairs",
               "server_groups", "services")  # fmt: skip
    return [screen_for(module).resource for module in modules]


async def test_a_volume_is_deleted_by_typing_its_name() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("volumes"))
    async with app.run_test(size=(100, 30)) as pilot:
        await on_row(pilot, "spare")
        await press(pilot, "ctrl+d", "enter")
        assert isinstance(app.screen, ConfirmGone)
        assert not api.resources.requests
        await press(pilot, *"spare", "enter")
        assert isinstance(app.screen, ResourceScreen)
        assert asked(api) == [("volume.delete", "vol-2", {})]
        assert app.told[-1] == "deleting spare"
        assert "spare" not in screen_text(app).replace("deleting spare", "")


async def test_escape_leaves_a_deletion_without_effect() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("volumes"))
    async with app.run_test() as pilot:
        await on_row(pilot, "spare")
        await press(pilot, "ctrl+d", *"spare", "escape")
        assert isinstance(app.screen, ResourceScreen)
    assert not api.resources.requests


async def test_a_refused_change_says_why_by_key_and_in_the_menu_and_sends_nothing() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("volumes"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "data-1")
        reason = "data-1 is in use by a VM"
        await press(pilot, "ctrl+d")
        assert app.told[-1].startswith(f"refused: {reason}")
        await press(pilot, *"data-1")
        assert isinstance(app.screen, ResourceScreen), "what is typed blindly goes nowhere"
        await press(pilot, "escape")
        await press(pilot, "a", "d")
        assert isinstance(app.screen, ResourceMenu)
        assert str(app.screen.query_one("#reason", Static).content).startswith(f"refused: {reason}")
    assert not api.resources.requests
    assert [(each.action_id, each.target.id) for each in api.resources.refusals] == [("volume.delete", "vol-1")] * 2


async def test_a_viewer_changes_nothing_and_is_told_so() -> None:
    api = FakeConsole(role=ConsoleRole.VIEWER)
    app = Desk(api, screen_for("keypairs"))
    async with app.run_test() as pilot:
        await press(pilot, "N", "ctrl+d")
    assert app.told == [
        "refused: console role viewer may not new key pair",
        "refused: console role viewer may not delete",
    ]
    assert not api.resources.requests


async def test_a_form_starts_from_the_items_own_values_and_sends_what_was_changed() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("volumes"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "data-1")
        await press(pilot, "a", "n", "end", *"-old", "enter")
        assert asked(api) == [("volume.rename", "vol-1", {"name": "data-1-old"})]
        await on_row(pilot, "spare")
        await press(pilot, "a", "e", "end", "backspace", "5", "enter")
        assert asked(api)[1:] == [("volume.extend", "vol-2", {"size_gib": 15})]
        assert "15 GiB" in screen_text(app)


async def test_a_form_that_was_open_when_the_console_went_over_to_another_project_sends_nothing_there() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("keypairs"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "deploy")
        await press(pilot, "N", *"mine")
        await api.switch_project("mock", "p-data")
        await press(pilot, "enter")
        assert isinstance(app.screen, ParamsForm)
        assert "mock went over to another project since this was begun" in screen_text(app)
    assert not api.resources.requests


async def test_a_form_comes_back_with_the_reason_when_the_cloud_refuses() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("server_groups"))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "N", *"spread-2")
        api.resources.fail_next = Conflict("that name is taken", request_id="req-9")
        await press(pilot, "enter")
        assert isinstance(app.screen, ParamsForm)
        assert "that name is taken" in screen_text(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, ResourceScreen)
        assert "spread-2" in screen_text(app)


async def test_an_error_without_a_form_is_a_dialog() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("floating_ips"))
    async with app.run_test(size=(100, 30)) as pilot:
        await on_row(pilot, "203.0.112.2")
        api.resources.fail_next = Conflict("the port is busy")
        await press(pilot, "a", "x", "right", "enter")
        assert isinstance(app.screen, ErrorDialog)
        assert "the port is busy" in screen_text(app)


async def test_help_and_palette_tell_the_changes_of_the_place_and_why_one_is_refused() -> None:
    assert "add rule: let something through" in str(key_blocks("sg", {})["action menu"])
    app = Desk(FakeConsole(), screen_for("volumes"))
    async with app.run_test() as pilot:
        await on_row(pilot, "data-1")
        told = {command.title: command.help for command in commands_of(app.screen)}
        assert told["extend"] == "a e  make it larger"
        assert told["delete"].startswith("a d  refused: data-1 is in use")


async def test_a_disruptive_change_is_asked_with_cancel_in_focus() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("floating_ips"))
    async with app.run_test(size=(100, 30)) as pilot:
        await on_row(pilot, "203.0.112.2")
        await press(pilot, "a", "x")
        assert isinstance(app.screen, ConfirmChange)
        assert app.focused is app.screen.query_one("#cancel", Button)
        await press(pilot, "enter")
        assert not api.resources.requests
        await press(pilot, "a", "x", "right", "enter")
    assert asked(api) == [("floating-ip.disassociate", "fip-1", {})]


async def test_a_rule_that_opens_a_port_to_the_world_is_pointed_out_before_it_is_sent() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("security_groups"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "default")
        await press(pilot, "a", "r")
        app.screen.query_one("#param-ports", Input).value = "3389"
        await pilot.pause()
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, ConfirmChange)
        assert "open to the world: tcp 3389" in screen_text(app)
        assert not api.resources.requests
        await press(pilot, "right", "enter")
        assert [each[:2] for each in asked(api)] == [("security-group.add-rule", "sg-1")]
        assert "open to the world: tcp 3389" in screen_text(app)
        await press(pilot, "a", "r")
        app.screen.query_one("#param-ports", Input).value = "5432"
        await pilot.pause()
        app.screen.query_one("#param-remote_cidr", Input).value = "10.0.0.0/8"
        await pilot.pause()
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, ResourceScreen)
    assert len(asked(api)) == 2


async def test_a_rule_is_closed_from_its_row() -> None:
    api = FakeConsole()
    app = Desk(api, screen_for("rules"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "tcp 22")
        await press(pilot, "ctrl+d", "right", "enter")
        assert asked(api) == [("security-group.delete-rule", "sg-2", {"rule_id": "rule-4"})]
        assert "tcp 22" not in screen_text(app).replace("closing web ingress tcp 22", "")
        assert isinstance(app.screen, ResourceScreen)
        assert isinstance(app.screen.resource, Rules)


async def test_a_service_is_disabled_with_a_reason_by_an_admin_only() -> None:
    member = FakeConsole()
    app = Desk(member, screen_for("services"))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a", "x")
        assert "refused" in str(app.screen.query_one("#reason", Static).content)
    assert not member.resources.requests
    admin = FakeConsole(role=ConsoleRole.ADMIN, cloud_roles=("admin",))
    app = Desk(admin, screen_for("services"))
    async with app.run_test(size=(120, 36)) as pilot:
        await on_row(pilot, "compute-01")
        await press(pilot, "a", "x", *"fans", "enter", "right", "enter")
    assert asked(admin) == [("service.disable", "svc-1", {"reason": "fans"})]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


async def test_a_private_key_is_shown_once_saved_for_its_user_only_and_kept_nowhere(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = FakeConsole()
    app = Desk(api, screen_for("keypairs"))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "N", *"mine", "enter")
        assert isinstance(app.screen, PrivateKey)
        assert "not-a-key-but-secret" in screen_text(app)
        await press(pilot, "enter", "enter")
        saved = home / ".ssh" / "mine.pem"
        while not isinstance(app.screen, PrivateKey):
            await pilot.pause(0.02)
        assert saved.read_text() == PRIVATE_KEY
        assert stat.S_IMODE(saved.stat().st_mode) == 0o600
        await press(pilot, "escape")
        assert isinstance(app.screen, ResourceScreen)
        assert "mine" in screen_text(app)
        assert "not-a-key-but-secret" not in screen_text(app)
    secret = "not-a-key-but-secret"
    assert secret not in caplog.text
    assert not any(secret in told for told in app.told)
    assert not any(secret in str(row) for row in (*api.rows, *api.resources.items[CatalogKind.KEYPAIR]))
    assert all(isinstance(each, ResourceRequest) and secret not in str(each) for each in api.resources.requests)


async def test_a_private_key_that_nobody_took_is_thrown_away_only_when_asked_twice() -> None:
    app = Desk(FakeConsole(), screen_for("keypairs"))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "N", *"mine", "enter", "escape")
        assert isinstance(app.screen, PrivateKey)
        assert "neither saved nor copied" in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, ResourceScreen)


async def test_a_private_key_can_be_copied() -> None:
    app = Desk(FakeConsole(), screen_for("keypairs"))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "N", *"mine", "enter", "tab", "enter", "escape")
        assert app.clipboard == PRIVATE_KEY
        assert isinstance(app.screen, ResourceScreen)


async def test_new_things_are_made_by_form_in_their_places() -> None:
    api = FakeConsole()
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        app.post_message(GoTo("fip"))
        await press(pilot, "N", "ctrl+s")
        assert asked(api)[0][:2] == ("floating-ip.allocate", "")
        assert asked(api)[0][2]["network_id"] == "n-2"
        assert app.told[-1] == "allocate: 203.0.112.101"
        app.post_message(GoTo("sg"))
        await press(pilot, "N", *"shop", "ctrl+s")
        assert asked(api)[1] == ("security-group.create", "", {"name": "shop"})
        app.post_message(GoTo("volume"))
        await press(pilot, "N", *"scratch", "ctrl+s")
        assert asked(api)[2] == ("volume.create", "", {"name": "scratch", "size_gib": 10})
        assert "scratch" in screen_text(app)


async def test_of_two_clouds_the_one_is_chosen_in_which_a_thing_is_made() -> None:
    api = TwoClouds()
    app = Desk(api, screen_for("server_groups"))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause(0.06)
        await press(pilot, "N", *"lab", "enter", *"apart", "enter")
    assert [(each.action_id, each.target.entry) for each in api.resources.requests] == [("server-group.create", "lab")]
