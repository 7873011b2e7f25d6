"""Nova's instance action log, console text and console URLs: wire rows -> domain values."""

from __future__ import annotations

from datetime import datetime

from msgspec import Raw, Struct, field

from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.catalog import InstanceAction, InstanceEvent, RemoteConsole


class EventRow(Struct, gc=False):
    """One step of an instance action; `host` for admins only, tracebacks are left behind."""

    event: str = ""
    start_time: datetime | None = None
    finish_time: datetime | None = None
    result: str | None = None
    host: str | None = None

    def value(self) -> InstanceEvent:
        """Return it as the domain's event."""
        return InstanceEvent(
            self.event, utc(self.start_time), utc(self.finish_time), self.result or "", self.host or ""
        )


class ActionRow(Struct, gc=False):
    """One entry of the action log; `updated_at` from 2.58, events in single answers only."""

    action: str = ""
    request_id: str = ""
    start_time: datetime | None = None
    updated_at: datetime | None = None
    user_id: str | None = None
    project_id: str | None = None
    message: str | None = None
    events: list[EventRow] | None = None

    def value(self) -> InstanceAction:
        """Return it as the domain's instance action, events in the order of their start."""
        events = sorted((row.value() for row in self.events or ()), key=_started)
        return InstanceAction(
            action=self.action,
            request_id=self.request_id,
            started_at=utc(self.start_time),
            updated_at=utc(self.updated_at),
            user_id=self.user_id or "",
            project_id=self.project_id or "",
            message=self.message or "",
            events=tuple(events),
        )


class ConsoleRow(Struct, gc=False):
    """The answer of `POST /servers/{id}/remote-consoles`."""

    protocol: str = ""
    type: str = ""
    url: str = ""


class OutputRow(Struct, gc=False):
    """The answer of os-getConsoleOutput."""

    output: str | None = None


class CreatedFields(Struct, gc=False):
    """What counts of the answer of a creation; its adminPass is never read."""

    id: str = ""


class CreatedRow(Struct, gc=False):
    """The answer of `POST /servers`."""

    server: CreatedFields = field(default_factory=CreatedFields)


def action(body: bytes) -> InstanceAction:
    """Decode one answer of `GET /servers/{id}/os-instance-actions/{request}`."""
    return rows.one(rows.parts(body).get("instanceAction", Raw(b"{}")), ActionRow).value()


def remote_console(body: bytes) -> RemoteConsole:
    """Decode a console URL."""
    row = rows.one(rows.parts(body).get("remote_console", Raw(b"{}")), ConsoleRow)
    return RemoteConsole(row.protocol, row.type, row.url)


def console_output(body: bytes) -> str:
    """Decode the serial console's text."""
    return rows.one(body, OutputRow).output or ""


def created_id(body: bytes) -> str:
    """Decode the id of the server that a creation made."""
    return rows.one(body, CreatedRow).server.id


def _started(event: InstanceEvent) -> float:
    return event.started_at.timestamp() if event.started_at else 0.0
