"""The way into a guest: gated, shown, its host keys accepted by the operator and never otherwise, all of it audited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.errors import HostKeyChanged, Refused, StoreReadOnly
from osvm_tui.domain.guest import GuestRule, Hop, Login
from osvm_tui.domain.known_hosts import HostKey, host_key
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Address, VmRef
from osvm_tui.probe.base import HostKeys
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.guests import GuestPlan
from tests.unit.services.conftest import FAST, open_store
from tests.unit.services.requests import phases
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

REF = VmRef("e", "1")
ADDRESSES = (Address("private", "10.0.0.5"), Address("private", "203.0.113.9", floating=True))


class ScriptedKeys(HostKeys):
    """Accepted keys in memory; every machine shows `shows`."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[HostKey, ...]] = {}
        self.shows = b"first"
        self.asked: list[tuple[Hop, Hop | None]] = []
        self.readings = 0
        self.read = threading.Event()

    @property
    def file(self) -> str:
        return "known_hosts"

    def accepted(self, name: str) -> tuple[HostKey, ...]:
        return self.known.get(name, ())

    def reread(self) -> None:
        self.readings += 1
        self.read.set()

    def accept(self, keys: Sequence[HostKey], remark: str) -> None:
        self.known[keys[0].line.split()[0]] = tuple(keys)

    def forget(self, name: str) -> tuple[HostKey, ...]:
        return self.known.pop(name, ())

    async def shown(self, host: Hop, name: str, login: Login) -> tuple[HostKey, ...]:
        self.asked.append((host, login.bastion))
        return (host_key(name, "ssh-ed25519", self.shows),)


Make = Callable[..., Console]


@pytest.fixture
def keys() -> ScriptedKeys:
    return ScriptedKeys()


@pytest.fixture
async def guests(tmp_path: Path, keys: ScriptedKeys) -> AsyncIterator[Make]:
    """Return a factory of consoles with rules, on one scripted VM; all are closed at the end."""
    made: list[Console] = []

    def make(
        *rules: GuestRule, role: ConsoleRole = ConsoleRole.OPERATOR, read_only: str = "", simulated: bool = False,
        vm_state: str = "active", folder: Path = tmp_path,
    ) -> Console:  # fmt: skip
        cloud = ScriptedCloud(
            a_vm("1", vm_state, addresses=ADDRESSES, image_id="i-1"), scope=replace(SCOPE, simulated=simulated)
        )
        cloud.lists["images"] = (Image("i-1", "debian-12"),)
        cloud.images = lambda: _images(cloud)  # type: ignore[method-assign]
        one = Console(
            [EntryPlan("lab", lambda: cloud, read_only=read_only)], lambda owner: open_store(folder, owner), None,
            operator="ops-1", console_role=role, cadence=FAST, guests=GuestPlan(rules, lambda: keys, "known_hosts"),
        )  # fmt: skip
        made.append(one)
        return one

    yield make
    for one in made:
        await one.close()


async def _images(cloud: ScriptedCloud) -> tuple[Image, ...]:
    return cloud.lists["images"]


async def test_names_are_read_before_the_rules_that_ask_for_them(guests: Make) -> None:
    one = guests(GuestRule(image="debian-*", port=2222))
    await one.load()
    assert one.guests.route(REF).port == 22
    await one.guests.prepare(REF)
    route = one.guests.route(REF)
    assert (route.port, route.user, route.address) == (2222, "debian", "203.0.113.9")
    assert route.why == "its floating IP; port: rule 1 (image debian-*); user: usual for the image debian-12"
    assert route.unknown == "vm-1"
    assert not route.refusal
    assert "HostKeyAlias=1" in route.command


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"role": ConsoleRole.VIEWER}, "console role viewer may not open a guest shell"),
        ({"role": ConsoleRole.AUDITOR}, "console role auditor may not open a guest shell"),
        ({"read_only": "lab is read-only here"}, "lab is read-only here"),
        ({"vm_state": "stopped"}, "a guest shell needs a running VM; vm-1 is SHUTOFF"),
        ({"simulated": True}, "vm-1 is simulated: its address may be that of a real machine of somebody else"),
    ],
)
async def test_a_refusal_is_told_and_nothing_is_opened_or_accepted(
    guests: Make, keys: ScriptedKeys, made: dict[str, object], reason: str
) -> None:
    one = guests(**made)
    await one.load()
    route = one.guests.route(REF)
    assert route.refusal == reason
    assert route.command, "the command can be copied all the same"
    with pytest.raises(Refused, match=reason):
        await one.guests.note(route, "begun")
    with pytest.raises(Refused, match=reason):
        await one.guests.accept(route, (host_key("1", "ssh-ed25519", b"first"),))
    await one.guests.note(route, "refused", route.refusal)
    assert await phases(one) == [("guest-shell", "refused")]
    assert not keys.known


async def test_a_simulated_vm_may_stand_for_a_machine_that_a_rule_names(guests: Make) -> None:
    one = guests(GuestRule(address="127.0.0.1"), simulated=True)
    await one.load()
    assert not one.guests.route(REF).refusal


async def test_keys_are_accepted_once_after_their_audit_row(guests: Make, keys: ScriptedKeys) -> None:
    one = guests()
    await one.load()
    route = one.guests.route(REF)
    shown = await one.guests.host_keys(route)
    assert keys.asked == [(Hop("203.0.113.9", 22), None)]
    assert not keys.known
    await one.guests.accept(route, shown)
    assert one.guests.route(REF).known
    with pytest.raises(Refused, match="look again"):
        await one.guests.accept(route, shown)
    rows = [row.entry for row in await one.audit(AuditQuery(action="guest-host-key"))]
    assert [(row.phase, row.vm_name, shown[0].fingerprint in row.detail) for row in rows] == [
        ("accepted", "vm-1", True)
    ]


async def test_a_route_reads_no_file_and_whoever_waits_reads_it_again(guests: Make, keys: ScriptedKeys) -> None:
    one = guests()
    await one.load()
    keys.known["1"] = (host_key("1", "ssh-ed25519", b"first"),)
    assert not one.guests.route(REF).known
    assert keys.readings == 0
    await one.guests.prepare(REF)
    assert one.guests.route(REF).known
    assert keys.readings == 1
    with pytest.raises(Refused, match="look again"):
        await one.guests.accept(one.guests.route(REF), keys.known["1"])
    assert keys.readings == 2


async def test_a_running_console_reads_the_accepted_keys_by_itself(guests: Make, keys: ScriptedKeys) -> None:
    one = guests()
    await one.start()
    assert await asyncio.to_thread(keys.read.wait, 5)


async def test_keys_of_somebody_else_are_not_accepted(guests: Make, keys: ScriptedKeys) -> None:
    one = guests()
    await one.load()
    for wrong in ((), (host_key("2", "ssh-ed25519", b"first"),)):
        with pytest.raises(Refused):
            await one.guests.accept(one.guests.route(REF), wrong)
    assert not keys.known


async def test_the_bastion_comes_first_and_the_vm_through_it(guests: Make, keys: ScriptedKeys) -> None:
    one = guests(GuestRule(bastion="ops@gate.example:2222"))
    await one.load()
    gate = Hop("gate.example", 2222, "ops")
    route = one.guests.route(REF)
    assert (route.address, route.bastion, route.unknown) == ("10.0.0.5", str(gate), f"the bastion {gate}")
    await one.guests.accept(route, await one.guests.host_keys(route))
    assert set(keys.known) == {"[gate.example]:2222"}
    route = one.guests.route(REF)
    assert route.unknown == "vm-1"
    await one.guests.accept(route, await one.guests.host_keys(route))
    assert keys.asked == [(gate, gate), (Hop("10.0.0.5", 22), gate)]
    assert one.guests.route(REF).known


async def test_a_changed_key_is_refused_with_both_until_the_old_one_is_forgotten(
    guests: Make, keys: ScriptedKeys
) -> None:
    one = guests()
    await one.load()
    (before,) = await one.guests.host_keys(one.guests.route(REF))
    await one.guests.accept(one.guests.route(REF), (before,))
    keys.shows = b"second"
    with pytest.raises(HostKeyChanged) as caught:
        await one.guests.host_keys(one.guests.route(REF))
    assert caught.value.accepted == before.fingerprint
    assert caught.value.shown == host_key("1", "ssh-ed25519", b"second").fingerprint
    assert "osvm ssh forget vm-1" in caught.value.hint
    assert keys.known["1"] == (before,)
    assert await one.guests.forget(REF) == (before,)
    assert await one.guests.forget(REF) == ()
    assert not one.guests.route(REF).known
    assert [phase for _, phase in await phases(one)] == ["accepted", "forgotten"]


async def test_a_way_that_has_changed_since_it_was_shown_is_not_taken(guests: Make) -> None:
    one = guests(GuestRule(image="debian-*", port=2222))
    await one.load()
    old = one.guests.route(REF)
    await one.guests.prepare(REF)
    for step in (one.guests.host_keys(old), one.guests.note(old, "begun")):
        with pytest.raises(Refused, match="another one now"):
            await step


async def test_a_shell_is_audited_at_both_ends_and_needs_its_first_row(guests: Make, tmp_path: Path) -> None:
    one = guests(GuestRule(user="ops"))
    await one.load()
    await one.guests.note(one.guests.route(REF), "begun")
    await one.guests.note(one.guests.route(REF), "ended", "with 0 after 3 s")
    rows = [row.entry for row in await one.audit(AuditQuery(action="guest-shell"))]
    assert [(row.phase, row.detail) for row in reversed(rows)] == [
        ("begun", "ops at 203.0.113.9:22"), ("ended", "with 0 after 3 s"),
    ]  # fmt: skip
    assert {(row.operator, row.vm_id, row.source) for row in rows} == {("ops-1", "1", "console")}

    (tmp_path / "file").write_text("")
    other = guests(folder=tmp_path / "file" / "absent")
    await other.load()
    with pytest.raises(StoreReadOnly):
        await other.guests.note(other.guests.route(REF), "begun")
    await other.guests.note(other.guests.route(REF), "ended")


async def test_a_vm_that_is_gone_is_refused(guests: Make) -> None:
    one = guests()
    await one.load()
    assert "gone" in one.guests.route(VmRef("e", "9")).refusal
