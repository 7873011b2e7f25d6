"""`TwoClouds`: a FakeConsole of two entries, `eu` and `lab`, each with every second VM; each turns stale by itself."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.domain.events import ScopesChanged
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ScopeState, ScopeView
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import ENDPOINT, seeded_fleet

LAB = "http://127.0.0.1:9774/v2.1|LabOne"


class TwoClouds(FakeConsole):
    """Two endpoints in one fleet."""

    def __init__(self, count: int = 30) -> None:
        vms = seeded_fleet(count)
        super().__init__(vms=[replace(vm, endpoint=LAB) if n % 2 else vm for n, vm in enumerate(vms)], simulated=False)
        self.states = {"eu": ScopeState.LIVE, "lab": ScopeState.LIVE}
        self.seen_at = dict.fromkeys(self.states, self.now - timedelta(seconds=2))

    def turn(self, entry: str, state: ScopeState, *, seen_s_ago: float = 2.0) -> None:
        """Let one entry go to `state`, last read so long ago."""
        self.states[entry] = state
        self.seen_at[entry] = self.now - timedelta(seconds=seen_s_ago)
        self.tell(ScopesChanged(self.revision))

    def scopes(self) -> tuple[ScopeView, ...]:
        one = super().scopes()[0]
        endpoints = {"eu": ENDPOINT, "lab": LAB}
        return tuple(
            replace(
                one,
                entry=entry,
                state=state,
                scope=replace(self.scope, entry=entry, endpoint=endpoints[entry]),
                acting=entry == "eu",
                vms=sum(vm.endpoint == endpoints[entry] for vm in self.fleet.values()),
                last_good_at=self.seen_at[entry],
            )
            for entry, state in self.states.items()
        )

    def entry_of(self, ref: VmRef) -> str:
        return {ENDPOINT: "eu", LAB: "lab"}.get(ref.endpoint, "")

    def scope_of(self, ref: VmRef) -> ScopeView | None:
        return next((view for view in self.scopes() if view.entry == self.entry_of(ref)), None)
