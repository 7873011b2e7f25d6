"""`Resources`: a change of what VMs stand on is gated, audited, sent once, and audited again with how it ended.

No audit, no change. A lost answer is audited as unconfirmed and never sent again: the catalog read anew tells.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from osvm_tui.cloud.base import Changed
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import AnswerLost, CloudFault, OsvmError, Refused, StoreError, Unknown, Unreachable
from osvm_tui.domain.gating import Refusal, Verdict, check_resource
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.choices import Choices
from osvm_tui.services.resource_inputs import checked, told
from osvm_tui.services.resources_api import Choice, ResourceOutcome, ResourceRequest, ResourcesApi
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.tasks import end
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.resources")
_ALSO = {
    CatalogKind.FLOATING_IP: (CatalogKind.PORT, CatalogKind.QUOTA),
    CatalogKind.VOLUME: (CatalogKind.VOLUME_SNAPSHOT, CatalogKind.QUOTA),
    CatalogKind.VOLUME_SNAPSHOT: (CatalogKind.VOLUME, CatalogKind.QUOTA),
    CatalogKind.SECURITY_GROUP: (CatalogKind.QUOTA,),
    CatalogKind.SERVER_GROUP: (CatalogKind.QUOTA,),
    CatalogKind.KEYPAIR: (CatalogKind.QUOTA,),
    CatalogKind.SERVICE: (CatalogKind.HYPERVISOR,),
}
"""Which other catalogs a change of one shows in."""


class Resources(ResourcesApi):
    """Changes of resources, one at a time each; `writable` returns the open store or raises StoreReadOnly."""

    def __init__(
        self,
        scopes: Scopes,
        catalogs: Catalogs,
        choices: Choices,
        writer: AuditWriter,
        writable: Callable[[], Awaitable[Store]],
        now: Callable[[], datetime],
    ) -> None:
        self._scopes, self._catalogs, self._choices = scopes, catalogs, choices
        self._writer, self._writable, self._now = writer, writable, now
        self._under_way: set[asyncio.Task[ResourceOutcome]] = set()
        self._rereading: set[asyncio.Task[None]] = set()

    def verdict(self, action_id: str, target: ResourceTarget) -> Verdict:
        spec = RESOURCE_ACTIONS[action_id]
        try:
            actor, profile = self._scopes.actor(target.entry), self._scopes.scope(target.entry).profile
        except OsvmError as error:
            return Verdict(False, error.detail)
        return check_resource(spec, target, actor, profile)

    async def choices(
        self, kind: str, entry: str, ref: VmRef | None = None, resource_id: str = ""
    ) -> tuple[Choice, ...]:
        return await self._choices.choices(kind, entry, ref, resource_id)

    async def change(self, request: ResourceRequest) -> ResourceOutcome:
        spec = RESOURCE_ACTIONS.get(request.action_id)
        if spec is None:
            raise Unknown(f"{request.action_id} is not a change of a resource")
        # Whoever asked may go away (a closed dialog); what was begun is still audited to its end.
        task = asyncio.create_task(self._change(spec, request), name=spec.id)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def note_refused(self, request: ResourceRequest) -> None:
        verdict = self.verdict(request.action_id, request.target)
        if not verdict.allowed and verdict.refusal is not Refusal.NO_ITEM:
            await self._note_refused(request, verdict.reason)

    async def stop(self, patience_s: float = 5.0) -> None:
        """Wait a little for what is under way, so that its end is audited; readings are given up."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=patience_s)
        await end(self._rereading)

    def _ended(self, task: asyncio.Task[ResourceOutcome]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()

    async def _change(self, spec: ResourceSpec, request: ResourceRequest) -> ResourceOutcome:
        verdict = self.verdict(spec.id, request.target)
        if not verdict.allowed:
            await self._note_refused(request, verdict.reason)
            raise Refused(verdict.reason)
        client = self._scopes.client(request.target.entry)
        params = await asyncio.to_thread(checked, spec, request.target, request.params, self._now())
        store = await self._writable()
        await self._audit(store, request, "requested", told(params))
        try:
            if client is not self._scopes.client(request.target.entry):
                raise Refused(f"nothing was sent: {request.target.entry} went over to another project meanwhile")
            changed = await client.change(spec.id, request.target.id, params)
        except OsvmError as error:
            await self._failed(store, request, error)
            raise
        message = await self._done(store, spec, request, params, changed)
        resource_id = changed.resource_id or request.target.id
        return ResourceOutcome(resource_id, changed.request_id, changed.secret, message)

    async def _done(
        self, store: Store, spec: ResourceSpec, request: ResourceRequest, params: dict[str, object], changed: Changed
    ) -> str:
        name = request.target.name or str(params.get("name", "")) or changed.resource_id[:8]
        words = f"{spec.label.lower()}: {name}"
        try:
            await self._audit(store, request, "done", told(params), changed.request_id, changed.resource_id)
        except StoreError as error:
            # It is done; only its row is missing, and whoever asked is told so.
            _log.error("outcome not audited", extra={"action": spec.id, "detail": error.detail})
            words += f" (its outcome could not be audited: {error.detail})"
        self._reread(request.target.entry, spec.kind)
        return words

    async def _failed(self, store: Store, request: ResourceRequest, error: OsvmError) -> None:
        lost = isinstance(error, AnswerLost) or (isinstance(error, CloudFault) and error.may_be_done)
        sent = lost or not isinstance(error, Unreachable)
        detail = error.detail if sent else f"nothing was sent: {error.detail}"
        phase = "unconfirmed" if lost else "failed"
        try:
            await self._audit(store, request, phase, detail, getattr(error, "request_id", ""))
        except StoreError as trouble:
            _log.error("outcome not audited", extra={"action": request.action_id, "detail": trouble.detail})
        if lost:
            self._reread(request.target.entry, RESOURCE_ACTIONS[request.action_id].kind)

    def _reread(self, entry: str, kind: CatalogKind) -> None:
        """Read the catalogs that it shows in again, in the background: CatalogChanged tells when they are there."""
        task = asyncio.create_task(self._catalogs.reload(entry, (kind, *_ALSO.get(kind, ()))), name=f"reread {kind}")
        self._rereading.add(task)
        task.add_done_callback(self._rereading.discard)

    async def _note_refused(self, request: ResourceRequest, reason: str) -> None:
        """Audit a refusal; it changes nothing, so a store in trouble does not hide its reason."""
        try:
            await self._audit(await self._writable(), request, "refused", reason)
        except StoreError as error:
            _log.warning("refusal not audited", extra={"detail": error.detail})

    async def _audit(
        self,
        store: Store,
        request: ResourceRequest,
        phase: str,
        detail: str,
        request_id: str = "",
        resource_id: str = "",
    ) -> None:
        try:
            scope = self._scopes.scope(request.target.entry)
        except OsvmError:
            scope = None
        row = self._writer.resource(request, phase, scope, detail, request_id, resource_id)
        await store.append_audit([row])
