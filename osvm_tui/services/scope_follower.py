"""`ScopeFollower`: keeps one entry's VMs up to date, as leader from the cloud or behind another leader from the store.

One task per entry, single-flight. A failed poll is no information: the picture stays and ages. A VM is removed only on
DELETED, on 404 by id, or on absence from a complete healthy sweep that began after it was first seen.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from osvm_tui.cloud.base import CloudClient, VmPage
from osvm_tui.domain.diff import Delta, diff
from osvm_tui.domain.errors import CloudError, Forbidden, NotFound, OsvmError, StoreError, Unauthorized
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ScopeState
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.kept_picture import SLICE, KeptPicture, slices
from osvm_tui.services.leadership import Leadership
from osvm_tui.services.live_addresses import LiveAddresses
from osvm_tui.services.scope_status import ScopeStatus
from osvm_tui.store.base import Lease, Store

_log = logging.getLogger("osvm.fleet")
_LOCKOUT_S = 3600.0
"""Refused credentials are not tried again by themselves: a cloud may lock the account."""
_BREATH_S = 0.02
"""Between two parts of a reading that may change every VM: the screen then draws them in several pictures."""
_MANY_UNKNOWN = 50
"""More new ids than this are fetched by a whole list instead of one by one."""

Apply = Callable[[Delta], None]


class ScopeFollower:
    """The polling of one clouds.yaml entry."""

    def __init__(
        self,
        client: CloudClient,
        known: dict[VmRef, Vm],
        apply: Apply,
        status: ScopeStatus,
        cadence: Cadence,
        now: Callable[[], datetime],
        store: Callable[[], Store | None],
        owner: str,
        busy: Callable[[], bool],
    ) -> None:
        self.client, self.known, self.status = client, known, status
        self.server_time: datetime | None = None
        """The Date of the last complete list or delta: where the next delta starts."""
        self._apply, self._cadence, self._now, self._store = apply, cadence, now, store
        self._owner, self._busy = owner, busy
        self._leadership: Leadership | None = None
        self._addresses = LiveAddresses()
        self._first_seen: dict[VmRef, float] = {}
        self._wake = asyncio.Event()
        self._due: dict[str, float] = {"addresses": 0.0, "sweep": 0.0, "details": 0.0}
        self._details: AsyncIterator[VmPage] | None = None
        self._sweep_s = 0.0
        self._complete = False
        self._revision = 0
        self._failures = 0
        self._kept = KeptPicture(known, store, now, touch_s=cadence.lease_ttl_s)
        self._upkeep: asyncio.Task[None] | None = None

    @property
    def scope(self) -> Scope | None:
        """What the token sees, once connected."""
        return self.status.scope

    def poke(self) -> None:
        """Poll at once instead of when the time comes."""
        self._wake.set()

    async def run(self) -> None:
        """Follow until cancelled; every failure is shown in the status and tried again with backoff."""
        try:
            while True:
                wait = await self._round()
                await self._rest(wait)
        finally:
            if self._upkeep is not None:
                self._upkeep.cancel()
            if self._leadership:
                await self._leadership.stop()

    async def load_once(self) -> None:
        """Connect and read the whole list once, for headless verbs; CloudError when it cannot."""
        await self._connect()
        await self._whole_list()

    async def connect_once(self) -> None:
        """Connect without reading any VM, for headless verbs that need none; CloudError when it cannot."""
        await self._connect()

    async def observe(self, vm: Vm) -> None:
        """Take over one reading of one VM that was made outside the polling."""
        await self._take_over(self._news([vm]))

    async def lost(self, ref: VmRef) -> None:
        """Take over a 404 by id."""
        await self._take_over(diff(self.known, (), [ref]))

    async def _take_over(self, delta: Delta) -> None:
        if self._leadership is not None and self._leadership.lease is not None:
            await self._save(delta)
        else:
            self._publish(delta)

    def _news(self, vms: Iterable[Vm], gone: Iterable[VmRef] = ()) -> Delta:
        """Return what a reading changes; one that is older than what is known (another API node) changes nothing."""
        fresh = [self._addresses.over(vm) for vm in vms if not _older(vm, self.known.get(vm.ref))]
        delta = diff(self.known, fresh, gone)
        now = time.monotonic()
        for vm in delta.upserts:
            if vm.ref not in self.known:
                self._first_seen[vm.ref] = now
        return delta

    async def _round(self) -> float:
        try:
            if self.scope is None:
                await self._connect()
            await self._poll()
        except CloudError as error:
            return self._failed(error)
        except StoreError as error:
            _log.warning("store", extra={"detail": error.detail})
            return self._cadence.busy_s
        except OsvmError as error:
            return self._failed(error)
        except Exception as error:
            _log.exception("poll failed")
            return self._failed(CloudError(f"the console could not read this answer ({type(error).__name__})"))
        self._failures = 0
        return self._cadence.busy_s if self._busy() else self._cadence.idle_s

    def _failed(self, error: OsvmError) -> float:
        self._failures += 1
        self.status.failed(error)
        if isinstance(error, Unauthorized):
            return _LOCKOUT_S if self.scope is None else _LOCKOUT_S / 12
        asked = getattr(error, "retry_after_s", None) or 0.0
        spread = 0.75 + 0.5 * random.random()
        wait = self._cadence.busy_s * spread * 2.0 ** min(self._failures - 1, 8)
        return max(float(asked), min(wait, self._cadence.backoff_max_s))

    async def _connect(self) -> None:
        scope = await self.client.connect()
        if self.status.cached_key and self.status.cached_key != scope.key:
            # The entry points at another cloud or project than when the last picture was kept.
            self._apply(Delta(removed=tuple(self.known)))
            self.server_time = None
        self.status.connected(scope)
        self._leadership = Leadership(f"fleet:{scope.key}", self._owner, self._cadence, self._store)

    async def _poll(self) -> None:
        leadership = self._leadership
        assert leadership is not None
        leads = await leadership.hold()
        self.status.led(leads, leadership.holder)
        if leads:
            await self._poll_cloud()
        else:
            await self._follow_store()

    async def _poll_cloud(self) -> None:
        started = time.monotonic()
        if not self._complete and (self.server_time is None or not self.known):
            await self._whole_list()
        else:
            await self._delta()
        self.status.good(self._now(), (time.monotonic() - started) * 1000)
        if self._upkeep is None or self._upkeep.done():
            # Beside the delta, never in front of it: on a slow cloud these take longer than a poll may wait.
            self._upkeep = asyncio.create_task(self._keep_up(), name=f"upkeep {self.status.entry}")

    async def _keep_up(self) -> None:
        try:
            # Not before the addresses were asked for once: they may change every VM of a first list.
            if self._due["addresses"]:
                await self._keep_up_store()
            await self._chores()
            await self._keep_up_store()
        except OsvmError as error:
            _log.info("upkeep put off", extra={"detail": error.detail})
            self._put_off()
        except Exception:
            _log.exception("upkeep failed")
            self._put_off()

    async def _keep_up_store(self) -> None:
        if self.scope is not None:
            await self._kept.catch_up(self.scope, self._lease)

    def _put_off(self) -> None:
        soon = time.monotonic() + self._cadence.addresses_s
        self._due = {name: max(at, soon) for name, at in self._due.items()}

    async def upkeep_done(self) -> None:
        """Return when the work beside the polling has ended."""
        if self._upkeep is not None:
            await self._upkeep

    async def _whole_list(self) -> None:
        """Read all pages, showing each as it comes; what a complete list lacks is gone."""
        began = time.monotonic()
        seen: set[str] = set()
        server_time: datetime | None = None
        async for page in self.client.list_vms():
            server_time = server_time or self._asked_at(page, began)
            seen.update(vm.id for vm in page.vms)
            await self._learn(page, whole=True)
        await self._drop_absent(seen, began)
        self._complete = True
        self.server_time = server_time or self.server_time
        self._due["sweep"] = time.monotonic() + self._cadence.sweep_min_s
        self.status.good(self._now(), (time.monotonic() - began) * 1000)

    async def _delta(self) -> None:
        assert self.server_time is not None
        since = self.server_time - timedelta(seconds=self._cadence.overlap_s)
        began = time.monotonic()
        server_time: datetime | None = None
        async for page in self.client.list_vms(since):
            server_time = server_time or self._asked_at(page, began)
            await self._learn(page)
        self.server_time = server_time or self.server_time

    def _asked_at(self, page: VmPage, began: float) -> datetime | None:
        """Return the server's clock when a list that we began at `began` (monotonic seconds) was asked for.

        A reply's Date is stamped when the reply ends. Rows may have been read any time before that, so the next
        delta must start from the question: what changed while a long page was written is in no page else.
        """
        if page.server_time is None:
            return None
        self.status.clock_offset = page.server_time - self._now()
        return page.server_time - timedelta(seconds=time.monotonic() - began)

    async def _learn(self, page: VmPage, *, whole: bool = False) -> None:
        """Take a page over; one of a `whole` list is kept later, for the next page must not wait for the store."""
        gone = [VmRef(self._endpoint, vm_id) for vm_id in page.gone]
        delta = self._news(page.vms, gone)
        await (self._show(delta) if whole and delta else self._save(delta))

    async def _chores(self) -> None:
        """Do what is due beside the delta, one after the other; each fails alone, a forbidden one for an hour."""
        for name, chore in (("addresses", self._read_addresses), ("sweep", self._sweep), ("details", self._page)):
            if time.monotonic() < self._due[name]:
                continue
            try:
                self._due[name] = time.monotonic() + await chore()
                self.status.chore(name, self._now())
            except Forbidden as error:
                self.status.chore(name, self._now(), error.detail)
                self._due[name] = time.monotonic() + 3600.0
            except CloudError as error:
                # A cloud without a working Neutron still has VMs that go: the sweep must not wait for addresses.
                self.status.chore(name, self._now(), error.detail)
                self._due[name] = time.monotonic() + max(self._cadence.addresses_s, self._cadence.busy_s)

    async def _read_addresses(self) -> float:
        moved = await asyncio.to_thread(self._addresses.replace, await self.client.list_addresses())
        if self._addresses.unnamed():
            self._addresses.name_networks(await self.client.networks())
        refs = [VmRef(self._endpoint, vm_id) for vm_id in moved]
        for part in slices(refs):
            vms = [vm for ref in part if (vm := self.known.get(ref))]
            delta = diff(self.known, [self._addresses.over(vm) for vm in vms])
            await (self._show(delta) if len(refs) > SLICE else self._save(delta))
            await asyncio.sleep(_BREATH_S)
        return self._cadence.addresses_s

    async def _sweep(self) -> float:
        """Compare presence by ids; returns the time until the next one, so that sweeps stay a small share."""
        began = time.monotonic()
        seen: set[str] = set()
        async for ids in self.client.list_vm_ids():
            seen.update(ids)
        self._sweep_s = time.monotonic() - began
        unknown = seen.difference([ref.id for ref in self.known])
        if len(unknown) > _MANY_UNKNOWN:
            await self._whole_list()
        else:
            await self._fetch(unknown)
            await self._drop_absent(seen, began)
            self._complete = True
        return max(self._cadence.sweep_min_s, self._sweep_s / self._cadence.sweep_share)

    async def _page(self) -> float:
        """Read one page of details: what does not move `updated` (tags, groups, volumes) is seen this way."""
        if self._details is None:
            self._details = self.client.list_vms()
            return self._cadence.sweep_min_s
        try:
            page = await anext(self._details)
        except StopAsyncIteration:
            self._details = None
            return self._cadence.sweep_min_s
        except CloudError:
            self._details = None
            raise
        await self._learn(page)
        pages = max(1, len(self.known) // max(1, len(page.vms)))
        return min(self._cadence.details_s / pages, 4 * self._cadence.sweep_min_s)

    async def _fetch(self, vm_ids: Iterable[str]) -> None:
        for vm_id in vm_ids:
            try:
                vm = await self.client.get_vm(vm_id)
            except NotFound:
                continue
            await self._save(self._news([vm]))

    async def _drop_absent(self, seen: set[str], began: float) -> None:
        absent = [ref for ref in self.known if ref.id not in seen and self._first_seen.get(ref, 0.0) < began]
        await self._save(diff(self.known, (), absent))

    async def _follow_store(self) -> None:
        """Take over what the leader of this scope wrote."""
        store, scope = self._store(), self.scope
        if store is None or scope is None:
            return
        rows = await (store.vms_since(scope, self._revision) if self._revision else store.load_vms(scope))
        if rows.seen_at is None:
            return  # the leader has written nothing yet: an empty store is no information
        removed = rows.removed
        if not self._revision:
            here = {vm.ref for vm in rows.vms}
            removed = tuple(ref for ref in self.known if ref not in here)
        self._revision = rows.revision
        # What we have seen ourselves, following an operation, may be newer than what the leader wrote.
        fresh = [vm for vm in rows.vms if not _older(vm, self.known.get(vm.ref))]
        self._publish(diff(self.known, fresh, removed))
        self.status.followed(rows.seen_at)

    async def _save(self, delta: Delta) -> None:
        """Show a delta, then keep it; a store in trouble does not hide what the cloud said."""
        self._publish(delta)
        if self.scope is not None:
            await self._kept.write(delta, self.scope, self._lease)

    async def _show(self, delta: Delta) -> None:
        """Show a big delta part by part, to be kept later."""
        self._kept.fall_behind()
        self._publish(Delta(removed=delta.removed))
        for part in slices(delta.upserts):
            self._publish(Delta(tuple(part)))
            await asyncio.sleep(0)

    @property
    def _lease(self) -> Lease | None:
        return self._leadership.lease if self._leadership else None

    def _publish(self, delta: Delta) -> None:
        if delta:
            self._apply(delta)
        self.status.vms = len(self.known)

    @property
    def _endpoint(self) -> str:
        assert self.scope is not None
        return self.scope.endpoint

    async def _rest(self, seconds: float) -> None:
        leadership = self._leadership
        if leadership is not None and not leadership.leads and self.status.state is ScopeState.LIVE:
            seconds = self._cadence.follow_s
        # Not wait_for: before Python 3.12 it loses a cancellation that comes in the moment of the wake-up.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


def _older(vm: Vm, known: Vm | None) -> bool:
    if known is None or vm.updated_at is None or known.updated_at is None:
        return False
    return vm.updated_at < known.updated_at
