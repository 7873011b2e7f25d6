"""`Scopes`: the entries of this console, their clients and followers, and through which one an action goes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.errors import Refused, Unknown
from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.roles import Actor, CloudRole, ConsoleRole, Scope
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ApiCall, ScopeView
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scope_follower import ScopeFollower

PROJECT = "project_id"
"""Under which name an item's `was` keeps in which project its VM is to be made."""


class Scopes:
    """Every entry by name, in the order in which they were asked for."""

    def __init__(self, fleet: Fleet, operator: str, console_role: ConsoleRole) -> None:
        self._fleet = fleet
        self._operator, self._role = operator, console_role
        self._followers: dict[str, ScopeFollower] = {}
        self._read_only: dict[str, str] = {}
        self._moved: dict[str, bool] = {}

    def add(self, entry: str, follower: ScopeFollower, read_only: str = "", *, moved: bool = False) -> None:
        """Take up one entry; `read_only` is the sentence that refuses every change through it, `moved` tells whether
        it is in another project than clouds.yaml says."""
        self._followers[entry], self._read_only[entry], self._moved[entry] = follower, read_only, moved

    def followers(self) -> tuple[ScopeFollower, ...]:
        """Return all followers."""
        return tuple(self._followers.values())

    def follower(self, entry: str) -> ScopeFollower:
        """Return one entry's follower; Unknown for an entry that is not open."""
        if entry not in self._followers:
            raise Unknown(f"no cloud {entry} is open here", hint=f"open are: {', '.join(self._followers)}")
        return self._followers[entry]

    def client(self, entry: str) -> CloudClient:
        """Return one entry's client."""
        return self.follower(entry).client

    def scope(self, entry: str) -> Scope:
        """Return what an entry's token sees; Refused while it is not connected."""
        scope = self.follower(entry).scope
        if scope is None:
            raise Refused(f"{entry} is not connected yet", hint="see :cloud for the reason")
        return scope

    def other_project(self, entry: str) -> str:
        """Return the id of the project that an entry is in though clouds.yaml names another, empty where it is not."""
        scope = self._followers[entry].scope if self._moved.get(entry) else None
        return scope.project_id if scope else ""

    def actor(self, entry: str) -> Actor:
        """Return who acts through an entry."""
        return self.scope(entry).actor(self._operator, self._role, self._read_only[entry])

    def entry_for(self, ref: VmRef, asked: str = "") -> str:
        """Return the entry through which an action on `ref` goes; Unknown when none sees it."""
        if asked:
            if ref not in self.follower(asked).known:
                raise Unknown(f"{asked} does not show the VM {ref.short}")
            return asked
        entry = self._fleet.entry_of(ref)
        if not entry:
            raise Unknown(f"no open cloud shows the VM {ref.short}", hint="refresh with ctrl-r")
        return entry

    def showing(self, ref: VmRef, entry: str) -> str:
        """Return `entry` if it is open and shows the VM, else nothing."""
        follower = self._followers.get(entry)
        return entry if follower is not None and ref in follower.known else ""

    def read_only(self, entry: str) -> str:
        """Return the sentence that refuses every change through an entry, empty when there is none.

        Of an entry that only other consoles have open: why this one may change nothing at all.
        """
        own = self._read_only.values()
        return self._read_only.get(entry, next(iter(own), "") if all(own) else "")

    def entry_of_scope(self, scope_key: str, preferred: str, project_id: str = "") -> str:
        """Return an entry that may act for a scope, `preferred` if it does; empty when none does.

        One that makes things in `project_id` goes before all others: a scope of all projects has entries of several.
        """
        acting = [(name, scope.project_id) for name, scope in self._acting() if scope.key == scope_key]
        names = [name for name, project in acting if project == project_id] or [name for name, _ in acting]
        return preferred if preferred in names else next(iter(names), "")

    def may_send(self, item: OperationItem) -> bool:
        """Return whether an item's entry still sees what it saw then, and makes things in the same project."""
        project = item.was.get(PROJECT)
        return any(
            name == item.entry and scope.key == item.scope_key and project in (None, scope.project_id)
            for name, scope in self._acting()
        )

    def keys(self) -> frozenset[str]:
        """Return the scopes that this console can act for."""
        return frozenset(scope.key for _, scope in self._acting())

    def _acting(self) -> list[tuple[str, Scope]]:
        """Return connected entries that may send changes: who may not would only refuse what others left behind."""
        return [(name, f.scope) for name, f in self._followers.items() if f.scope and self._may_act(name, f.scope)]

    def _may_act(self, name: str, scope: Scope) -> bool:
        actor = scope.actor(self._operator, self._role, self._read_only[name])
        return not actor.read_only and actor.console_role.may(ConsoleRole.OPERATOR) and actor.holds(CloudRole.MEMBER)

    def views(self, now: datetime) -> tuple[ScopeView, ...]:
        """Return every entry's state, in the order asked for."""
        return tuple(self.view(entry, now) for entry in self._followers)

    def view(self, entry: str, now: datetime) -> ScopeView:
        """Return one entry's state."""
        follower, acting = self._followers[entry], self._fleet.order[0]
        view = follower.status.view(entry == acting, now, follower.client.token_expires_at)
        return msgspec.structs.replace(view, read_only=bool(self._read_only[entry]))

    def calls(self) -> tuple[ApiCall, ...]:
        """Return the last API calls of all entries, newest first."""
        calls = [call for f in self._followers.values() for call in f.status.calls]
        return tuple(sorted(calls, key=lambda call: call.at, reverse=True))
