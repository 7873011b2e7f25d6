"""Compute services: Nova's daemons and whether they are heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.host import ComputeService
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import GLYPHS, Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class ComputeServices(Resource[ComputeService]):
    """What must run for VMs to run."""

    place = "service"
    kind = CatalogKind.SERVICE
    noun = "compute services"
    one = "compute service"
    admin = True
    beside = (CatalogKind.HYPERVISOR,)
    use_column = "host"

    def name(self, item: ComputeService) -> str:
        return f"{item.binary} on {item.host}"

    def columns(self, around: Around) -> tuple[Column[Entry[ComputeService]], ...]:
        return (
            words("binary", "SERVICE", 14, lambda row: row.item.binary, grow=1),
            words("host", "HOST", 14, lambda row: row.item.host, grow=1),
            Column("state", "STATE", 8, lambda row: _state(row.item, around), lambda row: row.item.state),
            Column("status", "STATUS", 9, lambda row: _status(row.item), lambda row: row.item.status),
            number("vms", "VMS", 5, lambda row: self.uses(row, around), priority=1),
            words("zone", "ZONE", 10, lambda row: row.item.zone, priority=2, token=Token.DIM),
            Column("heard", "HEARD", 7, lambda row: Cell(around.age(row.item.updated_at), Token.DIM), priority=3,
                   right=True, flash=False),
            words("reason", "REASON", 18, lambda row: row.item.disabled_reason, priority=4, grow=2),
        )  # fmt: skip

    def carried(self, vm: Vm) -> Iterable[str]:
        return (vm.host,) if vm.host else ()

    def use_key(self, item: ComputeService) -> str:
        return item.host if item.binary == "nova-compute" else ""

    def owners(self, row: Entry[ComputeService], around: Around) -> Sequence[Jump]:
        host = self.use_key(row.item)
        return (Jump(f"hypervisor of {host}", "hypervisor", condition("host", host)),) if host else ()

    def detail(self, row: Entry[ComputeService], around: Around) -> Facts:
        item = row.item
        down = "the cloud was told that its host is down" if item.forced_down else ""
        return (
            ("service", f"{item.binary} on {item.host}"),
            ("id", item.id),
            ("zone", item.zone),
            ("state", f"{item.state}, {item.status}"),
            ("heard", around.moment(item.updated_at)),
            ("disabled", item.disabled_reason),
            ("forced", down),
        )


def _state(item: ComputeService, around: Around) -> Cell:
    token = Token.RUNNING if item.state == "up" else Token.WRONG
    return Cell(f"{GLYPHS[around.glyphs][token]} {item.state or 'unknown'}", token)


def _status(item: ComputeService) -> Cell:
    return Cell(item.status, Token.STALE if item.status == "disabled" else Token.PLAIN)


RESOURCE = ComputeServices()
