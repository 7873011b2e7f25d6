"""Nova's diagnostics as a source: values with their source and age for an admin, `not permitted` for a member."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from osvm_tui.domain.errors import ProbeNotPermitted
from osvm_tui.domain.metrics import Metric, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.probe.diagnostics import DiagnosticsProbe
from osvm_tui.probe.probe import Target
from tests.contract.cloud import states
from tests.contract.cloud.rig import Rig


async def test_diagnostics_measure_for_an_admin_and_not_for_a_member(rig: Rig) -> None:
    vm_id = await states.active(rig, "measured")
    vm = await rig.admin.get_vm(vm_id)
    clients = {"admin": rig.admin, "member": rig.member}
    probe = DiagnosticsProbe(lambda entry, vm_id: clients[entry].diagnostics(vm_id))
    began = datetime.now(UTC)
    first = await probe.read(Target(vm=vm, entry="admin"))
    second = await probe.read(Target(vm=vm, entry="admin"))
    assert began <= first.at <= second.at <= datetime.now(UTC), "the age is that of the answer"
    assert first.source is Source.DIAGNOSTICS
    assert vm.flavor is not None
    assert first.memory is not None
    assert first.memory.total == vm.flavor.memory_mib * 2**20
    assert first.vcpus
    assert first.cpu_busy_s is not None
    assert (second.cpu_busy_s or 0) >= first.cpu_busy_s
    found = sample(first, second)
    assert found.source is Source.DIAGNOSTICS
    if found.span_s is not None:
        assert 0 <= (found.value(Metric.CPU) or 0) <= 100
    with pytest.raises(ProbeNotPermitted, match="not permitted"):
        await probe.read(Target(vm=vm, entry="member"))
