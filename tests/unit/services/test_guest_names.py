"""Guests are not logged in to before the names are read that the rules for logging in ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.errors import CloudError
from osvm_tui.domain.guest import GuestRule
from osvm_tui.domain.metrics import Source
from osvm_tui.services.console import Console
from osvm_tui.services.guests import GuestPlan
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm
from tests.unit.services.test_guests import ADDRESSES, ScriptedKeys

Make = Callable[..., Console]


class Cloud(ScriptedCloud):
    """Has one image, and two projects."""

    async def images(self) -> tuple[Image, ...]:
        self._step("images")
        return (Image("i-1", "debian-12"),)

    async def project_names(self) -> dict[str, str]:
        self._step("project_names")
        return {"p": "web", "q": "db"}


@pytest.fixture
def cloud() -> Cloud:
    scope = replace(SCOPE, project_id="admin", all_projects=True)
    return Cloud(a_vm("1", addresses=ADDRESSES, image_id="i-1"), scope=scope)


@pytest.fixture
def ruled(console: Callable[..., Console], cloud: Cloud) -> Make:
    """Return a factory of consoles with rules."""
    return lambda *rules: console(cloud, guests=GuestPlan(rules, ScriptedKeys, "known_hosts"))


@pytest.mark.parametrize(
    ("rules", "user"),
    [
        ([GuestRule(image="debian-*", port=2222)], "debian"),
        ([GuestRule(project="web", port=2222), GuestRule(user="ops")], "ops"),
        ([GuestRule(port=2222), GuestRule(user="ops", tag="ops")], "debian"),
    ],
)
async def test_ssh_waits_for_names_that_the_rules_ask_for(
    ruled: Make, cloud: Cloud, rules: list[GuestRule], user: str
) -> None:
    one = ruled(*rules)
    cloud.errors["project_names"] = [CloudError("no answer")] * 99
    await one.load()
    assert Source.SSH not in one.monitor._offered("lab")
    assert Source.DIAGNOSTICS in one.monitor._offered("lab")
    cloud.errors.clear()
    await one.monitor._learn_names()
    assert Source.SSH in one.monitor._offered("lab")
    _, login = one._guests.way(one.vms()[0])
    assert login is not None
    assert (login.user, login.port) == (user, 2222)


async def test_rules_without_names_wait_for_nothing_and_ask_nobody(ruled: Make, cloud: Cloud) -> None:
    one = ruled(GuestRule(user="ops"), GuestRule(port=22, name="db-*"))
    await one.load()
    cloud.asked.clear()
    assert Source.SSH in one.monitor._offered("lab")
    await one.monitor._learn_names()
    assert not {"images", "project_names"} & {*cloud.asked}


async def test_what_cannot_be_read_is_not_waited_for_for_ever(ruled: Make, cloud: Cloud) -> None:
    one = ruled(GuestRule(image="debian-*"))
    cloud.errors["images"] = [CloudError("no answer")] * 99
    await one.load()
    for _ in range(6):
        await one.monitor._learn_names()
        assert Source.SSH not in one.monitor._offered("lab")
    await one.monitor._learn_names()
    assert Source.SSH in one.monitor._offered("lab")
    before = cloud.asked.count("images")
    for _ in range(30):
        await one.monitor._learn_names()
    assert cloud.asked.count("images") == before + 1
    cloud.errors.clear()
    for _ in range(30):
        await one.monitor._learn_names()
    assert one._guests.names.image(one.vms()[0], "lab") == "debian-12"
