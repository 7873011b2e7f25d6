"""`FakeInsight`: a scripted InsightApi for tests of the console: norms and stuck VMs are put in."""

from __future__ import annotations

from osvm_tui.domain.vm import VmRef
from osvm_tui.services.insight_api import InsightApi, Remedy, Stuck, Usual


class FakeInsight(InsightApi):
    """Answer what was put into `norms`, `stuck_vms` and `remedies_of`."""

    def __init__(self) -> None:
        self.norms: dict[str, Usual] = {}
        self.stuck_vms: dict[VmRef, Stuck] = {}
        self.remedies_of: dict[VmRef, tuple[Remedy, ...]] = {}

    def usual(self, entry: str, action_id: str) -> Usual | None:
        return self.norms.get(action_id)

    def stuck(self, ref: VmRef) -> Stuck | None:
        return self.stuck_vms.get(ref)

    def all_stuck(self) -> tuple[Stuck, ...]:
        return tuple(sorted(self.stuck_vms.values(), key=lambda each: each.since))

    def remedies(self, ref: VmRef) -> tuple[Remedy, ...]:
        return self.remedies_of.get(ref, ())
