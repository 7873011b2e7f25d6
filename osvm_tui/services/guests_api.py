"""`GuestsApi`: the way into a guest by SSH: user, key, bastion, address and host keys. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct

from osvm_tui.domain.vm import VmRef


class GuestRoute(Struct, frozen=True, kw_only=True):
    """How the console would log in to a VM. `refusal` says why it cannot, empty when it can."""

    ref: VmRef
    vm_name: str
    address: str = ""
    why: str = ""
    """Why this address and these settings: `floating IP; rule 2 (image ubuntu-*)`."""
    port: int = 22
    user: str = ""
    key_file: str = ""
    bastion: str = ""
    """`user@host:port`, empty when the way is direct."""
    command: tuple[str, ...] = ()
    """The ssh command as it will be run."""
    known: bool = False
    """Whether a host key of this address was accepted before."""
    refusal: str = ""


class HostKey(Struct, frozen=True):
    """A key that a host shows. `fingerprint` is OpenSSH's, `SHA256:...`."""

    type: str
    fingerprint: str
    line: str
    """As it stands in known_hosts."""


class GuestsApi(ABC):
    """Guest shells of one console."""

    @abstractmethod
    def route(self, ref: VmRef) -> GuestRoute:
        """Return how to reach a VM; answers from memory and settings."""

    @abstractmethod
    async def host_keys(self, route: GuestRoute) -> tuple[HostKey, ...]:
        """Ask the host (through the bastion) for its keys. Raises Unreachable or AuthFailed of a bastion in words."""

    @abstractmethod
    async def accept(self, route: GuestRoute, keys: tuple[HostKey, ...]) -> None:
        """Write the keys to our own known-hosts file, and audit that the operator accepted them."""

    @abstractmethod
    async def note(self, route: GuestRoute, phase: str, detail: str = "") -> None:
        """Audit the beginning and the end of a guest shell."""
