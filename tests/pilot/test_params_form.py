"""The parameter form: every kind of field, lists that load, fail or are empty, and refusals that lose nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import Unreachable
from osvm_tui.services.resources_api import Choice
from osvm_tui.ui.dialogs.params_form import Caution, ParamsForm
from osvm_tui.ui.dialogs.pick import Choice as Offered
from osvm_tui.ui.dialogs.pick import PickDialog
from osvm_tui.ui.widgets.choice_field import ChoiceField
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text

VOLUME = Param("volume_id", "volume", help="a free one")


class Blank(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static("")


class Lists:
    """Answers for choices by kind; an error is raised once."""

    def __init__(self, **by_kind: Sequence[Choice | Offered] | Exception) -> None:
        self.by_kind = by_kind

    async def __call__(self, kind: str) -> Sequence[Choice | Offered]:
        found = self.by_kind[kind]
        if isinstance(found, Exception):
            self.by_kind[kind] = (Choice("late", "late-one"),)
            raise found
        return found


class Asked:
    """A desk with one form open and what it gave back."""

    def __init__(self, params: Sequence[Param], before: Mapping[str, object] = {}, **rest: Any) -> None:
        self.answers: list[dict[str, object] | None] = []
        lists = rest.pop("lists", Lists())
        self.form = ParamsForm("attach volume web-1", params, before, lists, **rest)
        self.desk = Desk(FakeConsole(3), lambda api, options: Blank())

    async def open(self, pilot: Pilot[None]) -> None:
        self.desk.push_screen(self.form, self.answers.append)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    def shown(self, name: str) -> str:
        return str(self.form.query_one(f"#param-{name}", ChoiceField).content)

    def wrong(self, name: str) -> str:
        return str(self.form.query_one(f"#field-{name} .field-wrong", Static).content)

    def answer(self) -> str:
        return str(self.form.query_one("#answer", Static).content)


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def test_every_kind_of_field_gives_its_kind_of_value() -> None:
    params = (
        Param("name", default="x"),
        Param("password", "secret"),
        Param("kept", "int", default="7"),
        Param("series", "choice", choices=("daily", "weekly"), default="daily"),
        Param("whole", "flag", required=False),
        Param("metadata", "pairs"),
        Param("tags", "words", required=False),
    )
    asked = Asked(params)
    async with asked.desk.run_test(size=(80, 24)) as pilot:
        await asked.open(pilot)
        await press(pilot, "end", "y", "tab", *"s3", "tab", "tab", "enter", *"week", "enter", "space", "tab")
        await press(pilot, *"team=web", "enter")
    assert asked.answers == [
        {"name": "xy", "password": "s3", "kept": 7, "series": "weekly", "whole": True, "metadata": {"team": "web"}}
    ]


async def test_a_secret_is_never_on_screen() -> None:
    asked = Asked((Param("password", "secret"),))
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        await press(pilot, *"hunter2")
        assert "hunter2" not in screen_text(asked.desk)


async def test_what_is_missing_or_wrong_stands_beside_its_field_until_it_is_mended() -> None:
    asked = Asked((Param("name"), Param("metadata", "pairs")))
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        await press(pilot, "tab", *"team", "ctrl+s")
        assert asked.wrong("name") == "name is needed"
        assert asked.wrong("metadata") == "metadata is key=value, not team"
        assert asked.desk.focused is asked.form.query_one("#param-name", Input)
        await press(pilot, "x")
        assert asked.wrong("name") == ""
    assert not asked.answers


async def test_the_only_choice_is_taken_when_it_is_needed() -> None:
    lists = Lists(volume=(Choice("v-1", "data", "10 GiB"),), host=(Choice("h-1", "node-1"),))
    asked = Asked((VOLUME, Param("host", "host", required=False)), lists=lists)
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        assert "data" in asked.shown("volume_id")
        assert asked.shown("host") == "none chosen"
        await press(pilot, "ctrl+s")
    assert asked.answers == [{"volume_id": "v-1"}]


async def test_one_of_several_is_found_by_typing() -> None:
    many = tuple(Choice(f"v-{n}", f"disk-{n}", "10 GiB") for n in range(40))
    asked = Asked((VOLUME,), lists=Lists(volume=many))
    async with asked.desk.run_test(size=(80, 24)) as pilot:
        await asked.open(pilot)
        await press(pilot, *"disk-33")
        assert isinstance(asked.desk.screen, PickDialog)
        await press(pilot, "enter", "ctrl+s")
    assert asked.answers == [{"volume_id": "v-33"}]


async def test_an_empty_list_says_what_makes_one() -> None:
    asked = Asked((VOLUME,), lists=Lists(volume=()))
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        assert asked.shown("volume_id") == "no free volume in this project; N in :volume makes one"
        await press(pilot, "ctrl+s")
        assert asked.wrong("volume_id") == "volume is needed"
    assert not asked.answers


async def test_a_list_that_could_not_be_read_is_asked_for_again_by_enter() -> None:
    asked = Asked((VOLUME,), lists=Lists(volume=Unreachable("no route to cinder")))
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        assert "no route to cinder" in asked.shown("volume_id")
        await press(pilot, "enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert "late-one" in asked.shown("volume_id")


async def test_a_form_that_edits_gives_only_what_was_changed() -> None:
    params = (Param("name", required=False), Param("description", required=False))
    asked = Asked(params, {"name": "web-1", "description": "old"}, edits=True)
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        await press(pilot, "ctrl+s")
        assert asked.answer() == "nothing is changed yet"
        await press(pilot, "tab", "ctrl+u", "ctrl+s")
    assert asked.answers == [{"description": ""}]


async def test_present_words_can_be_emptied_on_purpose() -> None:
    asked = Asked((Param("tags", "words"),), {"tags": ["web", "prod"]})
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        assert asked.form.query_one(Input).value == "web, prod"
        await press(pilot, "end", "ctrl+u", "ctrl+s")
    assert asked.answers == [{"tags": []}]


async def test_a_refusal_comes_back_with_everything_typed_and_is_not_sent_twice() -> None:
    sent: list[dict[str, object]] = []
    answers: list[asyncio.Future[str]] = []

    async def send(values: dict[str, object]) -> str:
        sent.append(values)
        answers.append(asyncio.get_running_loop().create_future())
        return await answers[-1]

    asked = Asked((Param("name"),), send=send)
    async with asked.desk.run_test() as pilot:
        await asked.open(pilot)
        await press(pilot, *"web", "ctrl+s", "ctrl+s")
        assert asked.answer() == "asking the cloud ..."
        answers[0].set_result("failed: the name is taken (req-7)")
        await pilot.pause()
        await pilot.pause()
        assert asked.answer() == "failed: the name is taken (req-7)"
        assert asked.form.query_one(Input).value == "web"
        await press(pilot, "2", "ctrl+s")
        answers[1].set_result("")
        await pilot.pause()
    assert sent == [{"name": "web"}, {"name": "web2"}]
    assert asked.answers == [{"name": "web2"}]


async def test_the_only_field_opens_its_list_and_what_does_not_fit_stays_with_its_reason() -> None:
    sizes = (
        Offered("1", "small", "1 vCPU", refused="a disk cannot shrink"),
        Offered("2", "large"),
        Offered("3", "huge"),
    )
    asked = Asked((Param("flavor_id", "flavor"),), lists=Lists(flavor=sizes))
    async with asked.desk.run_test(size=(80, 24)) as pilot:
        await asked.open(pilot)
        dialog = asked.desk.screen
        assert isinstance(dialog, PickDialog)
        await press(pilot, "up", "enter")
        assert asked.desk.screen is dialog
        assert str(dialog.query_one("#why", Static).content) == "not possible: a disk cannot shrink"
        await press(pilot, "down", "enter")
        assert asked.desk.focused is asked.form.query_one("#go")
        await press(pilot, "enter")
    assert asked.answers == [{"flavor_id": "2"}]


async def test_what_is_chosen_takes_one_line_in_eighty_columns() -> None:
    size = Offered("1", "c2.xlarge", "16 vCPU +12   32 GiB +24   160 GiB +80   left 8 vCPU, 16 GiB, and more")
    asked = Asked((Param("flavor_id", "flavor"),), {"flavor_id": "1"}, lists=Lists(flavor=(size,)))
    async with asked.desk.run_test(size=(80, 24)) as pilot:
        await asked.open(pilot)
        field = asked.form.query_one("#param-flavor_id", ChoiceField)
        assert field.size.height == 1
        assert "c2.xlarge  16 vCPU +12  32 GiB +24  160 GiB +80  left" in screen_text(asked.desk)


class Slow(Lists):
    """Answers when `there` is set."""

    def __init__(self, **by_kind: Sequence[Choice | Offered] | Exception) -> None:
        super().__init__(**by_kind)
        self.there = asyncio.Event()

    async def __call__(self, kind: str) -> Sequence[Choice | Offered]:
        await self.there.wait()
        return await super().__call__(kind)


class Early(NamedTuple):
    """What the form said while its list was read, what it showed when it was, and what it gave."""

    said: str
    shown: str
    answers: list[dict[str, object] | None]


NAME = Param("name", default="data")
ONE = (Choice("v-1", "disk"),)


async def sent_early(found: Sequence[Choice] | Exception, *keys: str, name: Param = NAME) -> Early:
    """Press ctrl-s and `keys` while a list is still read."""
    lists = Slow(volume=found)
    asked = Asked((name, VOLUME), lists=lists)
    async with asked.desk.run_test() as pilot:
        asked.desk.push_screen(asked.form, asked.answers.append)
        await press(pilot, "ctrl+s", *keys)
        said = asked.answer() if asked.form.is_current else ""
        lists.there.set()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        return Early(said, screen_text(asked.desk), asked.answers)


async def test_what_is_sent_while_a_list_is_read_goes_on_when_it_is_there() -> None:
    early = await sent_early(ONE)
    assert early.said == "still reading what there is; goes on when it is read, esc leaves"
    assert early.answers == [{"name": "data", "volume_id": "v-1"}]


async def test_it_says_what_is_missing_when_the_list_leaves_a_choice() -> None:
    early = await sent_early((*ONE, Choice("v-2", "logs")))
    assert early.answers == []
    assert "volume is needed" in early.shown
    assert "still reading" not in early.shown


async def test_it_is_not_sent_when_the_list_cannot_be_read() -> None:
    early = await sent_early(Unreachable("no route to cinder"))
    assert early.answers == []
    assert "no route to cinder" in early.shown
    assert "still reading" not in early.shown


@pytest.mark.parametrize(("key", "answers"), [("x", []), ("escape", [None])])
async def test_an_edit_or_escape_takes_it_back(key: str, answers: list[None]) -> None:
    early = await sent_early(ONE, key)
    assert early.said == ""
    assert early.answers == answers


async def test_what_else_is_missing_is_told_at_once() -> None:
    early = await sent_early(ONE, name=Param("name"))
    assert early.said == ""
    assert early.answers == []
    assert "name is needed" in early.shown


CAUTION = Caution("ACTIVE · mock", "the guest is stopped meanwhile", "resize web-1")


async def test_the_form_of_a_disruptive_verb_is_the_question_and_an_enter_too_many_is_no_answer() -> None:
    sizes = (Offered("1", "small"), Offered("2", "large"))
    lists = Lists(flavor=sizes)
    param = Param("flavor_id", "flavor")
    for keys, answer in ((("enter", "enter"), None), (("enter", "ctrl+s"), {"flavor_id": "2"})):
        asked = Asked((param,), lists=lists, caution=CAUTION)
        async with asked.desk.run_test(size=(80, 24)) as pilot:
            await asked.open(pilot)
            await press(pilot, *"large")
            await press(pilot, keys[0])
            assert all(words in screen_text(asked.desk) for words in CAUTION)
            assert "ctrl-s goes ahead" in screen_text(asked.desk)
            await press(pilot, keys[1])
        assert asked.answers == [answer]


async def test_enter_in_a_field_of_a_disruptive_verb_goes_on_to_cancel() -> None:
    asked = Asked((Param("password", "secret"),), caution=CAUTION)
    async with asked.desk.run_test(size=(80, 24)) as pilot:
        await asked.open(pilot)
        await press(pilot, *"s3", "enter")
        assert asked.desk.focused is asked.form.query_one("#cancel")
        await press(pilot, "tab", "enter")
    assert asked.answers == [{"password": "s3"}]
