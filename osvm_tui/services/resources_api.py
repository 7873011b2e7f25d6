"""`ResourcesApi`: changes of what VMs stand on, and the choices for a parameter. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct

from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.resource import ResourceTarget as ResourceTarget
from osvm_tui.domain.vm import VmRef


class ResourceRequest(Struct, frozen=True):
    """One change of a resource; for a creation `target.id` is empty."""

    action_id: str
    target: ResourceTarget
    params: dict[str, object] = {}
    source: str = "console"


class ResourceOutcome(Struct, frozen=True):
    """How it ended. `secret` (a private key) is shown once and never stored, logged or audited."""

    resource_id: str
    request_id: str = ""
    secret: str = ""
    message: str = ""


class Choice(Struct, frozen=True):
    """One thing that can be given for a parameter: `value` is sent, the rest is shown."""

    value: str
    label: str
    detail: str = ""


class ResourcesApi(ABC):
    """Resources behind one face. Catalogs themselves are read by `ConsoleApi.load_catalog`."""

    @abstractmethod
    def verdict(self, action_id: str, target: ResourceTarget) -> Verdict:
        """Ask the gate; answers from memory."""

    @abstractmethod
    async def change(self, request: ResourceRequest) -> ResourceOutcome:
        """Gate, audit, send once, audit how it ended, read the catalog again. Raises Refused, StoreReadOnly (nothing
        was sent then), AnswerLost, or what the cloud answered; a failed or lost answer is audited, too."""

    @abstractmethod
    async def note_refused(self, request: ResourceRequest) -> None:
        """Audit a request that the gate refused at the key press; what would be allowed now, or means no item, leaves
        no row. Never raises for the store's sake: a refusal changes nothing."""

    @abstractmethod
    async def choices(
        self, kind: str, entry: str, ref: VmRef | None = None, resource_id: str = ""
    ) -> tuple[Choice, ...]:
        """Return what can be given for a parameter of `kind` (see `Param`), of a VM or resource where it needs one."""
