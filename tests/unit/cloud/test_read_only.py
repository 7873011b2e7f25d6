"""A cloud that was opened read-only: no change of any kind reaches the transport; looking goes on as ever."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress

import pytest

from osvm_tui.cloud.resource_verbs import RESOURCE_VERBS
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call, Reply
from osvm_tui.cloud.verbs import VERBS
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import CloudFault, ReadOnly
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from tests.unit.cloud.scripted import Hourglass, ScriptedTransport
from tests.unit.cloud.test_resource_verbs import GIVEN
from tests.unit.cloud.test_verbs import PARAMS

LOOKING = ("console-output", "remote-console", "diagnostics")
ORDER = CreateVm(name="a", flavor_id="f", image_id="i")


class Watched:
    """A client whose transport keeps everything that would have left this machine."""

    def __init__(self, *, read_only: bool) -> None:
        self.transport = ScriptedTransport(self._answer)
        self.told: list[object] = []
        self.cloud = RestCloud("eu", self.transport, timing=Hourglass().timing(), read_only=read_only)
        self.cloud.on_call = self.told.append

    @staticmethod
    def _answer(call: Call) -> Reply:
        return Reply(200, {}, b"{}")

    async def opened(self) -> RestCloud:
        await self.cloud.connect()
        self.told.clear()
        return self.cloud


@pytest.fixture
async def watched() -> Watched:
    watched = Watched(read_only=True)
    await watched.opened()
    return watched


def nothing_left(watched: Watched) -> bool:
    return (watched.transport.calls, watched.told) == ([], [])


def test_every_verb_of_the_tables_is_tried_here() -> None:
    assert set(VERBS) == set(ACTIONS) - {"create-server"}
    assert set(RESOURCE_VERBS) == set(RESOURCE_ACTIONS)
    assert {action_id for action_id, spec in ACTIONS.items() if not spec.changes} == set(LOOKING)


@pytest.mark.parametrize("action_id", sorted(set(VERBS) - set(LOOKING)))
async def test_no_change_of_a_vm_leaves(watched: Watched, action_id: str) -> None:
    with pytest.raises(ReadOnly, match="eu was opened read-only: nothing was sent"):
        await watched.cloud.act(action_id, "vm-1", PARAMS.get(action_id, {}))
    assert nothing_left(watched)


@pytest.mark.parametrize("action_id", sorted(RESOURCE_VERBS))
async def test_no_change_of_a_resource_leaves(watched: Watched, action_id: str) -> None:
    with pytest.raises(ReadOnly):
        await watched.cloud.change(action_id, "r-1", GIVEN[action_id])
    assert nothing_left(watched)


async def test_no_creation_leaves(watched: Watched) -> None:
    with pytest.raises(ReadOnly):
        await watched.cloud.create_vm(ORDER)
    assert nothing_left(watched)


async def test_a_client_that_may_change_sends_all_of_these() -> None:
    watched = Watched(read_only=False)
    cloud = await watched.opened()
    sent = 0
    for action_id in sorted(set(VERBS) - set(LOOKING)):
        sent += await _left(watched, cloud.act(action_id, "vm-1", PARAMS.get(action_id, {})))
    for action_id in sorted(RESOURCE_VERBS):
        sent += await _left(watched, cloud.change(action_id, "r-1", GIVEN[action_id]))
    sent += await _left(watched, cloud.create_vm(ORDER))
    assert sent == len(VERBS) - len(LOOKING) + len(RESOURCE_VERBS) + 1


async def test_looking_is_not_held_back(watched: Watched) -> None:
    cloud = watched.cloud
    await cloud.console_output("vm-1", 3)
    await cloud.remote_console("vm-1")
    await cloud.diagnostics("vm-1")
    await cloud.flavors()
    assert [call.method for call in watched.transport.calls] == ["POST", "POST", "GET", "GET"]


async def _left(watched: Watched, sending: Awaitable[object]) -> int:
    """Return how many requests one change sent; 200 is not what each of them hopes for."""
    before = len(watched.transport.calls)
    with suppress(CloudFault):
        await sending
    return len(watched.transport.calls) - before
