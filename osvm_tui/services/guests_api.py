"""`GuestsApi`: the way into a guest by SSH: user, key, bastion, address and host keys. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct

from osvm_tui.domain.known_hosts import HostKey as HostKey
from osvm_tui.domain.vm import VmRef


class GuestRoute(Struct, frozen=True, kw_only=True):
    """How the console would log in to a VM. `refusal` says why it cannot, empty when it can."""

    ref: VmRef
    vm_name: str
    address: str = ""
    why: str = ""
    """Why this address and these settings: `its floating IP; user by rule 2 (image ubuntu-*)`."""
    port: int = 22
    user: str = ""
    """Empty where ssh takes the operator's login name."""
    key_file: str = ""
    bastion: str = ""
    """`user@host:port`, empty when the way is direct."""
    command: tuple[str, ...] = ()
    """The ssh command as it will be run; there also when the console itself may not run it."""
    unknown: str = ""
    """The machine whose host key must be accepted next: the bastion, then the VM. Empty when both were accepted."""
    refusal: str = ""

    @property
    def known(self) -> bool:
        """Whether every host key on the way was accepted before."""
        return not self.unknown


class GuestsApi(ABC):
    """Guest shells of one console."""

    @abstractmethod
    async def prepare(self, ref: VmRef) -> None:
        """Read the names that rules ask for, where they were not read yet, and the accepted host keys; never raises
        for the cloud's or the file's sake."""

    @abstractmethod
    def route(self, ref: VmRef) -> GuestRoute:
        """Return how to reach a VM; answers from memory: accepted keys are as last read."""

    @abstractmethod
    async def host_keys(self, route: GuestRoute) -> tuple[HostKey, ...]:
        """Ask the unknown machine of a route (the VM where none is) for its keys, through the bastion.

        Raises GuestError in words, HostKeyChanged for a machine whose accepted key is another, Refused when the way
        to the VM has changed since `route` was asked for.
        """

    @abstractmethod
    async def accept(self, route: GuestRoute, keys: tuple[HostKey, ...]) -> None:
        """Write the unknown machine's keys to our own known-hosts file, after the audit row of this operator.

        Raises Refused where keys of this machine were accepted before: they must be forgotten first.
        """

    @abstractmethod
    async def forget(self, ref: VmRef, *, bastion: bool = False) -> tuple[HostKey, ...]:
        """Forget the accepted keys of a VM, or of the bastion before it, and return them."""

    @abstractmethod
    async def note(self, route: GuestRoute, phase: str, detail: str = "") -> None:
        """Audit a step of a guest shell: `begun`, `ended`, `refused`.

        A `begun` is gated again and needs its row: Refused or StoreReadOnly mean that no shell may be opened.
        """
