"""`AuditWriter`: makes audit entries of what operations do, under the operator's name and session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.operations import Operation, OperationItem
from osvm_tui.domain.roles import ConsoleRole, Scope
from osvm_tui.domain.vm import Vm
from osvm_tui.services.resources_api import ResourceRequest


class AuditWriter:
    """Who and where from, for every entry of this console."""

    def __init__(self, operator: str, console_role: ConsoleRole, session: str, now: Callable[[], datetime]) -> None:
        self._operator, self._role, self._session, self._now = operator, console_role, session, now

    def item(self, item: OperationItem, phase: str, *, detail: str = "", source: str = "") -> AuditEntry:
        """Return the entry of one item's step; the operator is the one who asked, also after a take-over."""
        return AuditEntry(
            at=self._now(),
            operator=item.operator,
            console_role=self._role.value if item.operator == self._operator else "",
            phase=phase,
            action=item.action_id,
            entry=item.entry,
            endpoint=item.ref.endpoint,
            project_id=item.scope_key.rpartition("|")[2].replace("*", ""),
            vm_id=item.ref.id,
            vm_name=item.vm_name,
            detail=detail or item.message,
            request_id=item.request_id,
            operation_id=item.operation_id,
            item_id=item.id,
            source=source,
            session=self._session,
        )

    def operation(self, operation: Operation, phase: str, detail: str) -> AuditEntry:
        """Return the entry of a whole operation that this console's operator steers, whoever asked for it."""
        return AuditEntry(
            at=self._now(),
            operator=self._operator,
            console_role=self._role.value,
            phase=phase,
            action=operation.action_id,
            detail=detail,
            operation_id=operation.id,
            source=operation.source,
            session=self._session,
        )

    def refused(self, action_id: str, vm: Vm, entry: str, reason: str, source: str) -> AuditEntry:
        """Return the entry of a request that the gate refused."""
        return AuditEntry(
            at=self._now(),
            operator=self._operator,
            console_role=self._role.value,
            phase="refused",
            action=action_id,
            entry=entry,
            endpoint=vm.endpoint,
            project_id=vm.project_id,
            vm_id=vm.id,
            vm_name=vm.name,
            detail=reason,
            source=source,
            session=self._session,
        )

    def resource(
        self,
        request: ResourceRequest,
        phase: str,
        scope: Scope | None,
        detail: str,
        request_id: str = "",
        resource_id: str = "",
    ) -> AuditEntry:
        """Return the entry of a change of a resource: its id and name stand where a VM's would."""
        target = request.target
        own = scope.project_id if scope else ""
        return AuditEntry(
            at=self._now(),
            operator=self._operator,
            console_role=self._role.value,
            phase=phase,
            action=request.action_id,
            entry=target.entry,
            endpoint=scope.endpoint if scope else "",
            project_id=target.project_id or own,
            vm_id=resource_id or target.id,
            vm_name=target.name or str(request.params.get("name", "")),
            detail=detail,
            request_id=request_id,
            source=request.source,
            session=self._session,
        )

    def session(self, phase: str, detail: str, source: str) -> AuditEntry:
        """Return the entry of a console's start or end."""
        return AuditEntry(
            at=self._now(),
            operator=self._operator,
            console_role=self._role.value,
            phase=phase,
            action=f"session.{phase}",
            detail=detail,
            source=source,
            session=self._session,
        )
