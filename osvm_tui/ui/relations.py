"""Where `J` and `w` lead: one jump is made at once, of several one is picked. Knows no kind of thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from osvm_tui.ui.messages import GoTo, OpenVm
from osvm_tui.ui.resources.resource import Jump, condition

if TYPE_CHECKING:
    from osvm_tui.domain.vm import Vm
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.screens.place import PlaceScreen


def follow(screen: PlaceScreen, jump: Jump) -> None:
    """Go where a jump leads."""
    screen.post_message(OpenVm(jump.ref) if jump.ref else GoTo(jump.place, jump.text))


def within(api: ConsoleApi, jump: Jump, cloud: str) -> Jump:
    """Return a jump that stays in its cloud, where several are open and tell their VMs apart."""
    scopes = api.scopes()
    endpoints = [scope.scope.endpoint for scope in scopes if scope.scope]
    if len(scopes) < 2 or not jump.text or len(set(endpoints)) < len(endpoints):
        return jump
    return replace(jump, text=f"{jump.text} {condition('cloud', cloud)}")


def choose(screen: PlaceScreen, jumps: Iterable[Jump], nothing: str) -> None:
    """Follow the only jump, let one of several be picked, or say `nothing`."""
    found = tuple(jumps)
    if not found:
        screen.notify(nothing, markup=False)
    elif len(found) == 1:
        follow(screen, found[0])
    else:
        _pick(screen, found)


def _pick(screen: PlaceScreen, jumps: tuple[Jump, ...]) -> None:
    from osvm_tui.ui.dialogs.pick import Choice, PickDialog

    choices = [Choice(str(at), jump.told, f":{jump.place} {jump.text}") for at, jump in enumerate(jumps)]

    def chosen(ids: tuple[str, ...] | None) -> None:
        if ids:
            follow(screen, jumps[int(ids[0])])

    screen.app.push_screen(PickDialog("go to", choices, (), many=False), chosen)


def owners_of_vm(api: ConsoleApi, vm: Vm) -> tuple[Jump, ...]:
    """Return what a VM stands on: its host, networks, addresses, its project's VMs, its volumes, flavor and groups."""
    view = api.scope_of(vm.ref)
    project = api.names(view.entry)[0].get(vm.project_id, "") if view else ""
    networks = dict.fromkeys(address.network for address in vm.addresses)
    floating = dict.fromkeys(address.addr for address in vm.addresses if address.floating)
    found = (
        *((Jump(f"host {vm.host}", "hypervisor", condition("host", vm.host)),) if vm.host else ()),
        *(Jump(f"network {name}", "network", condition("name", name)) for name in networks),
        *(Jump(f"floating IP {ip}", "fip", condition("address", ip)) for ip in floating),
        *((Jump("its ports", "port", condition("device", vm.id)),) if vm.addresses else ()),
        *((Jump(f"project {project}", "vm", condition("project", project)),) if project else ()),
        *(Jump(f"volume {each[:8]}", "volume", condition("id", each)) for each in vm.volume_ids),
        *((Jump(f"flavor {vm.flavor.name}", "flavor", condition("name", vm.flavor.name)),) if vm.flavor else ()),
        *((Jump(f"key pair {vm.key_name}", "keypair", condition("name", vm.key_name)),) if vm.key_name else ()),
        *(Jump(f"group {name}", "sg", condition("name", name)) for name in dict.fromkeys(vm.security_groups)),
    )
    return tuple(within(api, jump, view.entry) for jump in found) if view else found
