"""`Guests`: guest shells behind `GuestsApi`: rules, host keys and audit. Runs no ssh: who has a terminal does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import GuestError, HostKeyChanged, OsvmError, Refused, StoreError
from osvm_tui.domain.gating import state_words
from osvm_tui.domain.guest import GuestRule, GuestVm, Hop, Login, chosen_address, login_for, plain_address
from osvm_tui.domain.known_hosts import HostKey, changed
from osvm_tui.domain.roles import Actor, ConsoleRole
from osvm_tui.domain.ssh_command import ssh_command
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.base import FORGET, HostKeys
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.guest_names import GuestNames
from osvm_tui.services.guests_api import GuestRoute, GuestsApi
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import Store

SHELL, HOST_KEY = "guest-shell", "guest-host-key"
"""The audit's names for a guest shell and for what is done to accepted host keys."""
_KEYS_S = 2.0
"""How often the file of accepted keys is looked at: another console may have written it."""
_STILL = frozenset({"stopped", "paused", "suspended", "shelved", "shelved_offloaded", "soft-delete", "deleted"})
"""vm_states in which nothing in the guest can answer."""
_log = logging.getLogger(__name__)


class GuestPlan(Struct, frozen=True):
    """What guest shells are made from: the operator's rules, and how the host keys are come by."""

    rules: tuple[GuestRule, ...]
    make: Callable[[], HostKeys]
    """May take its time and raise OSError."""
    file: str
    """Where the accepted keys are kept, for ssh."""


class Guests(GuestsApi):
    """Guest shells of one console; without a plan each is refused."""

    def __init__(
        self,
        plan: GuestPlan | None,
        fleet: Fleet,
        scopes: Scopes,
        catalogs: Catalogs,
        writer: AuditWriter,
        writable: Callable[[], Awaitable[Store]],
        source: str,
    ) -> None:
        self._plan, self._fleet, self._scopes = plan, fleet, scopes
        self._writer, self._writable, self._source = writer, writable, source
        self.names = GuestNames(plan.rules if plan else (), scopes, catalogs)
        self._made: HostKeys | None = None
        self._reading = asyncio.Lock()

    async def keep(self) -> None:
        """Keep the accepted host keys in memory as their file has them; until cancelled."""
        while self._plan is not None:
            await self._try_keys()
            await asyncio.sleep(_KEYS_S)

    async def _try_keys(self) -> None:
        if self._plan is None:
            return
        try:
            await self._keys()
        except GuestError as error:
            _log.info("accepted host keys not read", extra={"detail": error.detail})

    async def _keys(self) -> HostKeys:
        """Return the accepted keys as they are now; GuestError when there is no place for them."""
        assert self._plan is not None, "whoever comes here has a route, and a route has a plan"
        async with self._reading:
            try:
                made = self._made if self._made is not None else await asyncio.to_thread(self._plan.make)
                await asyncio.to_thread(made.reread)
            except OSError as error:
                raise GuestError(f"there is no place for accepted host keys: {error.strerror}") from None
            self._made = made
        return made

    async def prepare(self, ref: VmRef) -> None:
        await self._try_keys()
        entry = self._fleet.entry_of(ref)
        try:
            if entry:
                await self.names.read(entry)
        except OsvmError as error:
            _log.info("names for the ssh rules not read", extra={"detail": error.detail})

    def route(self, ref: VmRef) -> GuestRoute:
        vm = self._fleet.get(ref)
        if vm is None:
            return GuestRoute(ref=ref, vm_name=ref.short, refusal=f"the VM {ref.short} is gone")
        if self._plan is None:
            return GuestRoute(ref=ref, vm_name=vm.name, refusal="this console opens no guest shells")
        login = self._login(vm)
        address, why = chosen_address(vm, login)
        route = GuestRoute(
            ref=ref, vm_name=vm.name, address=address, why=_told(why, login), port=login.port, user=login.user,
            key_file=login.key_file, bastion=str(login.bastion or ""), refusal=self._refusal(vm, login),
        )  # fmt: skip
        if not address:
            return replace(route, refusal=route.refusal or why)
        try:
            command = ssh_command(login, address, vm.id, self._plan.file)
        except GuestError as error:
            return replace(route, refusal=error.detail)
        return replace(route, command=command, unknown=self._unknown(vm, login))

    def way(self, vm: Vm) -> tuple[str, Login | None]:
        """Return where a guest is reached and how the rules log in, without asking whether this operator may."""
        if self._plan is None or not self._plan.rules:
            return "", None
        login = self._login(vm)
        return chosen_address(vm, login)[0], login

    def _login(self, vm: Vm) -> Login:
        assert self._plan is not None
        entry = self._fleet.entry_of(vm.ref)
        project = self.names.project(vm, entry) or ""
        return login_for(self._plan.rules, GuestVm(vm, entry, project, self.names.image(vm, entry)))

    def _refusal(self, vm: Vm, login: Login) -> str:
        """Return why this operator may not open a shell there now, or why none could answer; empty when all is well."""
        try:
            entry = self._scopes.entry_for(vm.ref)
            actor, scope = self._scopes.actor(entry), self._scopes.scope(entry)
        except OsvmError as error:
            return error.detail
        if policy := _policy(actor):
            return policy
        if vm.vm_state in _STILL:
            return f"a guest shell needs a running VM; {vm.name} is {state_words(vm)}"
        if scope.simulated and plain_address(login.address) is None:
            return f"{vm.name} is simulated: its address may be that of a real machine of somebody else"
        return ""

    def _unknown(self, vm: Vm, login: Login) -> str:
        """Return who is not known by what was read last; before the first reading nobody is."""
        if login.bastion and not self._accepted(login.bastion.known_as):
            return f"the bastion {login.bastion}"
        return "" if self._accepted(vm.id) else vm.name

    def _accepted(self, name: str) -> tuple[HostKey, ...]:
        return self._made.accepted(name) if self._made else ()

    async def host_keys(self, route: GuestRoute) -> tuple[HostKey, ...]:
        vm, login = self._same(route)
        keys, bastion = await self._keys(), login.bastion
        if bastion and not keys.accepted(bastion.known_as):
            return await keys.shown(bastion, bastion.known_as, login)
        shown = await keys.shown(Hop(route.address, login.port), vm.id, login)
        if other := changed(keys.accepted(vm.id), shown):
            before, now = other
            raise HostKeyChanged(vm.name, before.fingerprint, now.fingerprint, forget=FORGET.format(name=vm.name))
        return shown

    async def accept(self, route: GuestRoute, keys: tuple[HostKey, ...]) -> None:
        vm, login = self._same(route)
        if policy := self._refusal(vm, login):
            raise Refused(policy)
        known, name = await self._keys(), vm.id
        if login.bastion and not known.accepted(login.bastion.known_as):
            name = login.bastion.known_as
        if known.accepted(name) or not keys or any(key.line.split()[0] != name for key in keys):
            raise Refused(f"these are not the keys that were asked of {route.unknown or vm.name}; look again")
        told = ", ".join(f"{key.type} {key.fingerprint}" for key in keys)
        await self._write(self._entry(vm, HOST_KEY, "accepted", f"{route.unknown} at {route.address}: {told}"))
        await asyncio.to_thread(known.accept, keys, f"{route.unknown} {route.address}")

    async def forget(self, ref: VmRef, *, bastion: bool = False) -> tuple[HostKey, ...]:
        vm = self._fleet.get(ref)
        if vm is None or self._plan is None:
            raise Refused(self.route(ref).refusal)
        login = self._login(vm)
        if bastion and login.bastion is None:
            raise Refused(f"no rule gives {vm.name} a bastion")
        if policy := _policy(self._scopes.actor(self._scopes.entry_for(ref))):
            raise Refused(policy)
        name = login.bastion.known_as if bastion and login.bastion else vm.id
        known = await self._keys()
        found = known.accepted(name)
        if found:
            told = ", ".join(f"{key.type} {key.fingerprint}" for key in found)
            await self._write(
                self._entry(vm, HOST_KEY, "forgotten", f"{login.bastion if bastion else vm.name}: {told}")
            )
            await asyncio.to_thread(known.forget, name)
        return found

    async def note(self, route: GuestRoute, phase: str, detail: str = "") -> None:
        if phase == "begun":
            vm, _ = self._same(route)
            if refusal := self.route(route.ref).refusal:
                raise Refused(refusal)
            way = f"{route.user or 'login name'} at {route.address}:{route.port}"
            await self._write(self._entry(vm, SHELL, phase, f"{way} through {route.bastion}" if route.bastion else way))
            return
        ref = route.ref
        gone = Vm(endpoint=ref.endpoint, id=ref.id, name=route.vm_name, status="", vm_state="")
        try:
            await self._write(self._entry(self._fleet.get(ref) or gone, SHELL, phase, detail))
        except StoreError as error:
            # What is over, or never was, is not undone by a store in trouble.
            _log.warning("guest shell not audited", extra={"detail": error.detail})

    def _same(self, route: GuestRoute) -> tuple[Vm, Login]:
        """Return VM and login of a route; Refused when they have become others since it was shown."""
        now, vm = self.route(route.ref), self._fleet.get(route.ref)
        if vm is None or not now.command:
            raise Refused(now.refusal)
        if now.command != route.command:
            raise Refused(f"the way to {route.vm_name} is another one now ({now.address}); look again")
        return vm, self._login(vm)

    def _entry(self, vm: Vm, action: str, phase: str, detail: str) -> AuditEntry:
        entry = self._writer.refused(action, vm, self._fleet.entry_of(vm.ref), detail, self._source)
        return replace(entry, phase=phase)

    async def _write(self, entry: AuditEntry) -> None:
        store = await self._writable()
        await store.append_audit([entry])


def _policy(actor: Actor) -> str:
    """Return what forbids this operator every guest shell; a shell can change the guest."""
    if not actor.console_role.may(ConsoleRole.OPERATOR):
        return f"console role {actor.console_role} may not open a guest shell"
    return actor.read_only


def _told(why: str, login: Login) -> str:
    """Return why this way: the address first, then what each source gave."""
    given: dict[str, list[str]] = {}
    for key, source in login.sources:
        given.setdefault(source, []).append(key.replace("_", " "))
    return "; ".join([why, *(f"{', '.join(keys)}: {source}" for source, keys in given.items())])
