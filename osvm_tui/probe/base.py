"""`HostKeys`: which host keys the operator accepted, and which ones a machine shows; services see only this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.known_hosts import HostKey

FORGET = "osvm ssh forget {name}"
FORGET_BASTION = "osvm ssh forget --bastion, with the name of a VM behind it"
"""What the operator does to forget accepted keys."""


class HostKeys(ABC):
    """Our own known-hosts file, and the handshake that asks a machine for its keys."""

    @property
    @abstractmethod
    def file(self) -> str:
        """Where the accepted keys are kept, for ssh."""

    @abstractmethod
    def accepted(self, name: str) -> tuple[HostKey, ...]:
        """Return the accepted keys of the host that ssh looks up as `name`, as last read; answers from memory."""

    @abstractmethod
    def reread(self) -> None:
        """Take up what others have written since. Blocks shortly; never raises."""

    @abstractmethod
    def accept(self, keys: Sequence[HostKey], remark: str) -> None:
        """Add keys. Blocks shortly; GuestError when the file cannot be written."""

    @abstractmethod
    def forget(self, name: str) -> tuple[HostKey, ...]:
        """Take the keys of one host out and return them. Blocks shortly; GuestError as above."""

    @abstractmethod
    async def shown(self, host: Hop, name: str, login: Login) -> tuple[HostKey, ...]:
        """Ask a machine for its keys, one of each kind, named `name`; log in to nothing but the login's bastion.

        Raises GuestError in words: no answer, no SSH, a bastion that takes none of our keys; HostKeyChanged for a
        bastion that is not the one whose key was accepted.
        """
