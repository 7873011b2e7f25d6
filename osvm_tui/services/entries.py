"""`Entries`: opens the entries of this console, follows each, and moves one over to another project of its user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import Refused, Unauthorized, Unknown
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.entry import EntryPlan, LateClient
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.scope_follower import ScopeFollower
from osvm_tui.services.scope_status import ScopeStatus
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.tasks import end
from osvm_tui.store.base import SnapshotShelf, Store


class Entries:
    """What was asked for at the start, and the task that follows each. `apply` shows a delta, `changed` tells of it."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        book: OperationBook,
        cadence: Cadence,
        now: Callable[[], datetime],
        store: Callable[[], Store | None],
        owner: str,
        *,
        apply: Callable[[str, Delta], None],
        changed: Callable[[], None],
    ) -> None:
        self._fleet, self._scopes, self._book, self._cadence = fleet, scopes, book, cadence
        self._now, self._store, self._owner = now, store, owner
        self._apply, self._changed = apply, changed
        self._plans: dict[str, EntryPlan] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def open(self, plans: Sequence[EntryPlan], shelf: SnapshotShelf | None) -> None:
        """Take up entries, each with its last picture where there is one; nothing is asked yet."""
        for plan in plans:
            follower = self._follower(plan, plan.make)
            self._plans[plan.entry] = plan
            self._scopes.add(plan.entry, follower, plan.read_only, moved=bool(plan.project))
            snapshot = shelf.read(plan.entry) if shelf else None
            if snapshot is not None:
                follower.status.cached(snapshot.scope, snapshot.taken_at, len(snapshot.vms))
                follower.server_time = snapshot.server_time
                self._fleet.apply(plan.entry, Delta(snapshot.vms))

    def follow(self) -> None:
        """Follow every entry in the background, each in a task of its own."""
        for follower in self._scopes.followers():
            self._run(follower)

    async def stop(self) -> None:
        """Stop following."""
        await end(self._tasks.values())

    async def close(self) -> None:
        """Close every client."""
        for follower in self._scopes.followers():
            await follower.client.close()

    async def switch(self, entry: str, project: str) -> None:
        """Let an entry see another project; see `ConsoleApi.switch_project`."""
        plan = self._plans.get(entry)
        if plan is None:
            raise Unknown(f"no cloud {entry} is open here")
        if plan.of_project is None:
            raise Refused(f"{entry} cannot change its project")
        self._must_be_idle(entry)
        follower = self._follower(plan, partial(plan.of_project, project))
        try:
            await follower.connect_once()
            self._must_be_idle(entry)
        except Unauthorized as error:
            await follower.client.close()
            error.hint = f"this user may have no role in that project; {entry} stays in the one before"
            raise
        except BaseException:
            await follower.client.close()
            raise
        await self._replace(plan, follower)

    async def _replace(self, plan: EntryPlan, follower: ScopeFollower) -> None:
        entry, before, task = plan.entry, self._scopes.follower(plan.entry), self._tasks.get(plan.entry)
        if task is not None:
            await end([task])
        self._apply(entry, Delta(removed=tuple(self._fleet.of(entry))))
        self._scopes.add(entry, follower, plan.read_only, moved=True)
        if task is not None:
            self._run(follower)
        self._changed()
        await before.client.close()

    def _must_be_idle(self, entry: str) -> None:
        """Refuse while something asked for here is on its way: a token of another project would not find its VM."""
        open_items = [item for item in self._book.recent() if item.state.open and item.owner == self._owner]
        if any(item.entry == entry for item in open_items):
            raise Refused(f"operations on {entry} are still under way", hint="go over when they have ended: see :op")

    def _follower(self, plan: EntryPlan, make: Callable[[], CloudClient]) -> ScopeFollower:
        status = ScopeStatus(plan.entry, self._changed, self._cadence.call_log, self._cadence.stale_after_s)
        client = LateClient(plan.entry, make, status.called)
        return ScopeFollower(
            client, self._fleet.of(plan.entry), partial(self._apply, plan.entry),
            status, self._cadence, self._now, self._store, self._owner, lambda: self._book.busy,
        )  # fmt: skip

    def _run(self, follower: ScopeFollower) -> None:
        entry = follower.status.entry
        self._tasks[entry] = asyncio.create_task(follower.run(), name=f"follow {entry}")
