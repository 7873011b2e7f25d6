"""Hypervisors: the hosts on which VMs run; enter shows a host's VMs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.host import Hypervisor
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import GLYPHS, Token, mib
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import bar, gib, number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class Hypervisors(Resource[Hypervisor]):
    """Compute hosts, as Nova tells them to admins."""

    place = "hypervisor"
    kind = CatalogKind.HYPERVISOR
    noun = "hypervisors"
    one = "hypervisor"
    admin = True
    beside = (CatalogKind.SERVICE,)
    use_column = "host"

    def name(self, item: Hypervisor) -> str:
        return item.hostname

    def columns(self, around: Around) -> tuple[Column[Entry[Hypervisor]], ...]:
        return (
            words("name", "NAME", 16, lambda row: row.item.hostname, grow=2),
            Column("state", "STATE", 10, lambda row: _state(row.item, around), lambda row: row.item.state),
            number("vms", "VMS", 5, lambda row: self.uses(row, around)),
            bar("vcpus", "VCPU", lambda row: _pair(row.item.vcpus_used, row.item.vcpus), around),
            bar("memory", "MEMORY", lambda row: _pair(row.item.memory_used_mib, row.item.memory_mib), around),
            bar("disk", "DISK", lambda row: _pair(row.item.disk_used_gib, row.item.disk_gib), around, priority=2),
            words("type", "TYPE", 8, lambda row: row.item.type, priority=3, token=Token.DIM),
            words("host", "HOST", 14, lambda row: row.item.host, priority=4, token=Token.DIM),
        )

    def carried(self, vm: Vm) -> Iterable[str]:
        return (vm.host,) if vm.host else ()

    def use_key(self, item: Hypervisor) -> str:
        return item.host or item.hostname

    def opens(self, row: Entry[Hypervisor], around: Around) -> Jump | None:
        return self.used_by(row, around)

    def owners(self, row: Entry[Hypervisor], around: Around) -> Sequence[Jump]:
        host = self.use_key(row.item)
        return (Jump(f"the service of {host}", "service", condition("host", host)),)

    def detail(self, row: Entry[Hypervisor], around: Around) -> Facts:
        item = row.item
        running = f", {item.running_vms} running" if item.running_vms else ""
        return (
            ("vCPU", _told(item.vcpus_used, item.vcpus, str)),
            ("memory", _told(item.memory_used_mib, item.memory_mib, mib)),
            ("disk", _told(item.disk_used_gib, item.disk_gib, gib)),
            ("VMs", f"{self.uses(row, around)} in sight{running}"),
            ("state", f"{item.state}, {item.status}"),
            ("disabled", item.disabled_reason),
            ("uptime", item.uptime),
            ("", "" if item.vcpus else "this cloud does not tell what its hosts hold (compute API 2.88 on)"),
        )


def _state(item: Hypervisor, around: Around) -> Cell:
    token = Token.WRONG if item.state != "up" else Token.STALE if item.status == "disabled" else Token.RUNNING
    told = "disabled" if token is Token.STALE else item.state or "unknown"
    return Cell(f"{GLYPHS[around.glyphs][token]} {told}", token)


def _pair(used: int | None, limit: int | None) -> tuple[float, float] | None:
    return None if used is None or not limit else (used, limit)


def _told(used: int | None, limit: int | None, show: Callable[[int], str]) -> str:
    return "" if used is None or limit is None else f"{show(used)} of {show(limit)}"


RESOURCE = Hypervisors()
