"""`FakeGuests`: guest shells in tests of the console: real rules and routes, scripted keys and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.domain.errors import OsvmError, Refused
from osvm_tui.domain.guest import GuestRule, GuestVm, chosen_address, login_for
from osvm_tui.domain.known_hosts import HostKey, host_key
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.ssh_command import ssh_command
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.guests_api import GuestRoute, GuestsApi

if TYPE_CHECKING:
    from tests.pilot.fake_console import FakeConsole


class FakeGuests(GuestsApi):
    """Keys that were accepted in `known`; `fail_next` is raised by the next asking for keys."""

    def __init__(self, console: FakeConsole, *rules: GuestRule) -> None:
        self.console, self.rules = console, rules
        self.known: set[str] = set()
        self.fail_next: OsvmError | None = None
        self.notes: list[tuple[str, str, str]] = []
        """(phase, VM, detail) of every step."""

    async def prepare(self, ref: VmRef) -> None:
        return

    def route(self, ref: VmRef) -> GuestRoute:
        vm = self.console.fleet.get(ref)
        if vm is None:
            return GuestRoute(ref=ref, vm_name=ref.short, refusal="the VM is gone")
        role = self.console.console_role
        refusal = "" if role.may(ConsoleRole.OPERATOR) else f"console role {role} may not open a guest shell"
        login = login_for(self.rules, GuestVm(vm, "mock", "web", "ubuntu-24.04"))
        address, why = chosen_address(vm, login)
        return GuestRoute(
            ref=ref, vm_name=vm.name, address=address, why=f"{why}; user: usual for the image", port=login.port,
            user=login.user, key_file=login.key_file, bastion=str(login.bastion or ""),
            command=ssh_command(login, address, vm.id, "known_hosts") if address else (),
            unknown="" if vm.id in self.known else vm.name, refusal=refusal or ("" if address else why),
        )  # fmt: skip

    async def host_keys(self, route: GuestRoute) -> tuple[HostKey, ...]:
        if self.fail_next:
            error, self.fail_next = self.fail_next, None
            raise error
        return (host_key(route.ref.id, "ssh-ed25519", b"a"), host_key(route.ref.id, "ssh-rsa", b"b"))

    async def accept(self, route: GuestRoute, keys: tuple[HostKey, ...]) -> None:
        self.known.add(route.ref.id)
        self.notes.append(("accepted", route.vm_name, " ".join(key.fingerprint for key in keys)))

    async def forget(self, ref: VmRef, *, bastion: bool = False) -> tuple[HostKey, ...]:
        self.known.discard(ref.id)
        return ()

    async def note(self, route: GuestRoute, phase: str, detail: str = "") -> None:
        if phase == "begun" and (refusal := self.route(route.ref).refusal):
            raise Refused(refusal)
        self.notes.append((phase, route.vm_name, detail))
