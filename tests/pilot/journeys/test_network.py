"""What people do so that a VM is reached, or no longer: ports of groups, and addresses from outside."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.domain.catalog import SecurityGroup
from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked


def inside(vm: Vm) -> bool:
    return running(vm) and not vm.floating_ip


def outside(vm: Vm) -> bool:
    return running(vm) and bool(vm.floating_ip)


def open_ports(groups: Sequence[SecurityGroup], name: str) -> set[int | None]:
    return {rule.port_min for group in groups if group.name == name for rule in group.rules if rule.open_to_world}


async def test_open_port_443(journey: Journey) -> None:
    async with journey() as op:
        await op.go("sg db")
        await op.sees("1 of", "db")
        await op.press("a", "r", "tab", "tab", *"443", "enter")
        await op.sees("open to the world: tcp 443")
        await op.press("tab", "enter")
        await op.reads(op.mine.security_groups, lambda groups: 443 in open_ports(groups, "db"))
        await op.told("adding a rule to db")


async def test_who_thinks_better_of_it_opens_nothing(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.security_groups()
        await op.go("sg db")
        await op.sees("1 of", "db")
        await op.press("a", "r", "tab", "tab", *"443", "enter")
        await op.sees("open to the world: tcp 443")
        await op.press("enter")
        await op.sees("not confirmed: nothing was sent")
        assert await op.mine.security_groups() == before


async def test_close_what_is_open_to_the_world(journey: Journey) -> None:
    async with journey() as op:
        await op.go("rule group=web 80")
        await op.sees("1 of", "web ingress")
        await op.press("ctrl+d", "tab", "enter")
        await op.reads(op.mine.security_groups, lambda groups: open_ports(groups, "web") == {22, 443})
        await op.told("closing")


async def test_a_group_that_vms_use_cannot_go(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.security_groups()
        await op.go("sg web")
        await op.sees("1 of", "web")
        await op.press("ctrl+d")
        await op.type("web")
        await op.press("enter")
        await op.sees("in use")
        assert await op.mine.security_groups() == before


async def test_give_a_vm_an_address_from_outside(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(inside)
        held = {each.id for each in await op.mine.floating_ips()}
        await op.go("fip")
        await op.sees("ADDRESS", "nowhere")
        await op.press("N")
        await op.sees("network      public")
        await op.press("ctrl+s")
        now = await op.reads(op.mine.floating_ips, lambda addresses: len(addresses) == len(held) + 1)
        new = next(each for each in now if each.id not in held)
        await op.told(f"allocate: {new.address}")
        await op.go(f"vm {vm.name}")
        await op.press("a", "f")
        await op.sees("IP  choose")
        await op.press("enter")
        await op.pick(new.address)
        await op.press("ctrl+s")
        await op.becomes(vm.id, lambda vm: vm.floating_ip == new.address)
        await op.sees(new.address)


async def test_a_vm_without_an_outside_address_has_none_to_lose(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(inside)
        await op.find(vm.name)
        await op.press("a", "F")
        await op.sees("this VM has no floating IP")
        await op.press("ctrl+s")
        await op.sees("floating IP is needed")
        assert await op.vm(vm.name) == vm


async def test_take_the_outside_address_away_and_give_it_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(outside)
        address = vm.floating_ip
        await op.find(vm.name)
        await op.press("J")
        await op.pick("floating")
        await op.sees(f"address={address}", vm.name)
        await op.press("a", "x", "tab", "enter")
        await op.becomes(vm.id, lambda vm: not vm.floating_ip)
        await op.sees("1 of", "nowhere")
        await op.press("ctrl+d")
        await op.type(address)
        await op.press("enter")
        await op.reads(op.mine.floating_ips, lambda addresses: address not in [each.address for each in addresses])


async def test_an_address_mistyped_is_kept(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.floating_ips()
        free = next(each for each in before if not each.port_id)
        await op.go(f"fip {free.address}")
        await op.sees(f"╭─ {free.address} ", "nowhere")
        await op.press("ctrl+d")
        await op.type(free.address[:-1] + "x")
        await op.press("enter", "escape")
        await op.misses("to go on")
        assert await op.mine.floating_ips() == before


async def test_let_a_vm_answer_on_the_web_s_ports(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(lambda vm: running(vm) and vm.security_groups == ("default",))
        await op.find(vm.name)
        await op.press("a", "o")
        await op.pick("web")
        await op.press("ctrl+s")
        await op.becomes(vm.id, lambda vm: set(vm.security_groups) == {"default", "web"})
        await op.told("add security group")
