"""What the bridge tells the screens (domain events as messages that merge), and what screens ask of the app.

The bridge's messages carry state, never a delta, and do not bubble: each screen gets its own.
"""

from __future__ import annotations

from textual.message import Message

from osvm_tui.domain.events import Severity
from osvm_tui.domain.operations import OperationItem, OperationView
from osvm_tui.domain.vm import VmRef


class FleetMoved(Message, bubble=False):
    """The fleet is at `revision`; ask `fleet_since`. At most about four a second."""

    def __init__(self, revision: int) -> None:
        super().__init__()
        self.revision = revision

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, FleetMoved)


class ScopesMoved(Message, bubble=False):
    """A scope connected, went stale or failed; ask `scopes()`."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, ScopesMoved)


class StuckMoved(Message, bubble=False):
    """Other VMs are stuck than before; ask `insight`."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, StuckMoved)


class MetricsMoved(Message, bubble=False):
    """VMs were measured; ask `monitor`."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, MetricsMoved)


class AlertsMoved(Message, bubble=False):
    """Alerts began, ended or were acknowledged; ask `monitor.alerts()`."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, AlertsMoved)


class OperationMoved(Message, bubble=False):
    """An item of an operation moved; `item` is how it is now."""

    def __init__(self, item: OperationItem) -> None:
        super().__init__()
        self.item = item

    def can_replace(self, message: Message) -> bool:
        """Let a newer state of the same item stand for the older one."""
        return isinstance(message, OperationMoved) and message.item.id == self.item.id


class OperationTurned(Message, bubble=False):
    """An operation was steered, or has `ended`; `view` is how it is now."""

    def __init__(self, view: OperationView, *, ended: bool) -> None:
        super().__init__()
        self.view = view
        self.ended = ended


class CatalogMoved(Message, bubble=False):
    """A catalog of an entry was read again."""

    def __init__(self, entry: str, kind: str) -> None:
        super().__init__()
        self.entry = entry
        self.kind = kind

    def can_replace(self, message: Message) -> bool:
        """Let the newest reading of the same catalog stand for all."""
        return isinstance(message, CatalogMoved) and (message.entry, message.kind) == (self.entry, self.kind)


class CostsMoved(Message, bubble=False):
    """Rates, or what costs are counted from, are others than before; ask `costs`."""

    def can_replace(self, message: Message) -> bool:
        """Let the newest of a burst stand for all."""
        return isinstance(message, CostsMoved)


class NoticeSpoken(Message, bubble=False):
    """One sentence for the operator that belongs to no VM."""

    def __init__(self, text: str, severity: Severity) -> None:
        super().__init__()
        self.text = text
        self.severity = severity


class GoTo(Message):
    """Ask the app for a place; `text` is the filter that rides along."""

    def __init__(self, place: str, text: str = "") -> None:
        super().__init__()
        self.place = place
        self.text = text


class OpenVm(Message):
    """Ask the app for the screen of one VM, at a tab: overview, console, events or raw."""

    def __init__(self, ref: VmRef, tab: str = "overview") -> None:
        super().__init__()
        self.ref = ref
        self.tab = tab


class OpenOperation(Message):
    """Ask the app for the screen of one operation."""

    def __init__(self, operation_id: str) -> None:
        super().__init__()
        self.operation_id = operation_id


class GoBack(Message):
    """Ask the app to close this screen; on the first screen a hint tells how to leave."""


class Commanded(Message):
    """A line was given to `:`: its first word and the rest."""

    def __init__(self, word: str, rest: str) -> None:
        super().__init__()
        self.word = word
        self.rest = rest


class WorkFailed(Message):
    """A worker of a screen ended with this error; the app says so once."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error
