"""Which VM is read when, by which source, and what a failure costs the others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import HostKeyChanged, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import Sample, Source
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Target
from osvm_tui.services.collector import Collector
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.monitor_plan import Pace
from osvm_tui.services.source_choice import RANK, SourceChoice
from tests.contract.store.samples import a_vm
from tests.unit.services.scripted_probe import ScriptedProbe, Time

PACE = Pace(view_s=3, background_s=60, samples_per_s=20, at_once=10)


class Desk:
    """A collector over a fleet of one entry with scripted sources."""

    def __init__(self, vms: int = 3, sources: Sequence[Source] = (Source.SSH,), pace: Pace = PACE) -> None:
        self.time, self.leads = Time(), True
        self.fleet = Fleet(["demo"])
        self.vms = [a_vm(number) for number in range(1, vms + 1)]
        self.fleet.apply("demo", Delta(tuple(self.vms), ()))
        self.probes = {source: ScriptedProbe(source, self.time.now) for source in sources}
        self.samples: list[tuple[str, Sample | None]] = []
        self.choices: dict[VmRef, SourceChoice] = {}
        self.collector = Collector(
            self.fleet, pace, lambda vm: Target(vm=vm, entry="demo"), lambda _: RANK, lambda _: self.leads,
            lambda _: False, self.heard, self.time, random.Random(7),
        )  # fmt: skip
        self.collector.probes = self.probes

    def heard(self, vm: Vm, sample: Sample | None, choice: SourceChoice) -> None:
        self.samples.append((vm.name, sample))
        self.choices[vm.ref] = choice

    async def go(self, seconds: float, step: float = 0.5) -> None:
        for _ in range(int(seconds / step)):
            self.time.pass_by(step)
            await self.collector.take_over()
            self.collector.tick()
            await self.collector.settled()


async def test_what_is_in_view_is_read_every_few_seconds_and_the_rest_in_the_background() -> None:
    desk = Desk()
    await desk.collector.take_over()
    desk.collector.watch([desk.vms[0].ref])
    await desk.go(120)
    reads = desk.probes[Source.SSH].reads
    assert 35 <= reads.count("web-0001") <= 42
    assert all(1 <= reads.count(name) <= 3 for name in ("web-0002", "web-0003"))


async def test_who_does_not_lead_reads_only_what_is_in_view() -> None:
    desk = Desk()
    desk.leads = False
    await desk.collector.take_over()
    desk.collector.watch([desk.vms[1].ref])
    await desk.go(90)
    assert set(desk.probes[Source.SSH].reads) == {"web-0002"}


async def test_the_budget_bounds_readings_a_second_and_at_once_and_views_do_not_starve_the_rest() -> None:
    desk = Desk(vms=400, pace=replace(PACE, samples_per_s=4, at_once=3))
    await desk.collector.take_over()
    desk.collector.watch([vm.ref for vm in desk.vms[:60]])
    await desk.go(60, step=1.0)
    assert len(desk.samples) <= 4 * 61
    watched = {vm.name for vm in desk.vms[:60]}
    others = [name for name in desk.probes[Source.SSH].reads if name not in watched]
    assert len(others) >= 40
    assert desk.probes[Source.SSH].most_at_once <= 3


async def test_hung_vms_cost_the_others_nothing() -> None:
    desk = Desk(vms=5, pace=replace(PACE, read_s=0.05))
    desk.probes[Source.SSH].hold = asyncio.Event()
    await desk.collector.take_over()
    desk.collector.watch([vm.ref for vm in desk.vms])
    desk.time.pass_by(1)
    assert desk.collector.tick() == 5
    assert desk.collector.running == 5
    assert desk.collector.tick() == 0
    await desk.collector.settled()
    assert desk.collector.running == 0
    assert desk.choices[desk.vms[0].ref].trouble() == "no answer"


async def test_the_next_best_source_is_asked_when_one_cannot_tell_and_the_better_one_is_tried_again() -> None:
    desk = Desk(vms=1, sources=(Source.SSH, Source.PROMETHEUS, Source.DIAGNOSTICS))
    ssh, prometheus = desk.probes[Source.SSH], desk.probes[Source.PROMETHEUS]
    ssh.error, prometheus.error = ProbeUnfit("no login rule"), ProbeUnfit("not in Prometheus")
    await desk.collector.take_over()
    desk.collector.watch([desk.vms[0].ref])
    await desk.go(6)
    choice = desk.choices[desk.vms[0].ref]
    assert choice.chosen is Source.DIAGNOSTICS
    assert choice.trouble() == ""
    assert choice.tried() == (
        (Source.SSH, "no login rule"), (Source.PROMETHEUS, "not in Prometheus"), (Source.DIAGNOSTICS, "measured"),
    )  # fmt: skip
    assert len(prometheus.reads) == 1
    ssh.error = None
    await desk.go(40)
    assert choice.tried()[0] == (Source.SSH, "measured")
    assert desk.samples[-1][1] is not None
    assert desk.samples[-1][1].source is Source.SSH


async def test_one_that_worked_may_fail_once_before_others_are_asked() -> None:
    desk = Desk(vms=1, sources=(Source.SSH, Source.DIAGNOSTICS))
    ssh = desk.probes[Source.SSH]
    await desk.collector.take_over()
    desk.collector.watch([desk.vms[0].ref])
    await desk.go(3.5)
    ssh.error = ProbeFailed("connection lost")
    await desk.go(3)
    assert desk.probes[Source.DIAGNOSTICS].reads == []
    assert desk.choices[desk.vms[0].ref].trouble() == "connection lost"
    await desk.go(3)
    assert desk.choices[desk.vms[0].ref].chosen is Source.DIAGNOSTICS


async def test_a_cloud_that_refuses_one_vm_is_not_asked_about_the_others() -> None:
    desk = Desk(vms=30, sources=(Source.DIAGNOSTICS,))
    diagnostics = desk.probes[Source.DIAGNOSTICS]
    diagnostics.error = ProbeNotPermitted("not permitted")
    await desk.go(300)
    assert len(diagnostics.reads) == 1
    assert {choice.trouble() for choice in desk.choices.values()} == {"not permitted"}


async def test_a_wrong_host_key_and_a_defect_of_a_source_are_told_and_end_nothing() -> None:
    desk = Desk(vms=2)
    ssh = desk.probes[Source.SSH]
    ssh.errors["web-0001"] = HostKeyChanged("web-0001", "SHA256:a", "SHA256:b", forget="osvm ssh forget")
    ssh.error = ZeroDivisionError("a defect")
    await desk.go(70)
    assert [desk.choices[vm.ref].trouble() for vm in desk.vms] == [
        "host key changed", "internal error (ZeroDivisionError)",
    ]  # fmt: skip


@pytest.mark.parametrize("gone", [{"vm_state": "stopped", "status": "SHUTOFF"}, None])
async def test_what_stops_or_goes_is_read_no_more_and_what_comes_back_is(gone: dict[str, str] | None) -> None:
    desk = Desk(vms=1)
    await desk.go(65)
    (vm,) = desk.vms
    desk.fleet.apply("demo", Delta((replace(vm, **gone),), ()) if gone else Delta((), (vm.ref,)))
    assert await desk.collector.take_over() == (vm.ref,)
    before = len(desk.probes[Source.SSH].reads)
    await desk.go(150, step=5)
    assert len(desk.probes[Source.SSH].reads) == before
    assert desk.probes[Source.SSH].forgotten == [vm.ref]
    desk.fleet.apply("demo", Delta((vm,), ()))
    await desk.go(70)
    assert len(desk.probes[Source.SSH].reads) > before


async def test_closing_stops_readings_and_sources() -> None:
    desk = Desk(vms=1)
    desk.probes[Source.SSH].hold = asyncio.Event()
    await desk.collector.take_over()
    desk.collector.watch([desk.vms[0].ref])
    desk.time.pass_by(1)
    desk.collector.tick()
    await asyncio.sleep(0)
    await desk.collector.close()
    assert desk.probes[Source.SSH].closed
    assert desk.samples == []


async def test_a_fleet_that_is_too_large_for_the_budget_has_longer_rounds_and_gaps() -> None:
    small, large = Desk(vms=10), Desk(vms=3000)
    for desk in (small, large):
        await desk.collector.take_over()
    assert (small.collector.gap_s, large.collector.gap_s) == (210.0, 700.0)


async def test_a_cloud_s_api_is_asked_less_often_the_more_vms_it_is_asked_about() -> None:
    desk = Desk(vms=300, sources=(Source.DIAGNOSTICS,))
    await desk.go(80, step=1.0)
    diagnostics = desk.probes[Source.DIAGNOSTICS]
    assert 100 <= len(diagnostics.reads) <= 162, "nor at the start"
    diagnostics.reads.clear()
    await desk.go(120, step=1.0)
    assert 0.5 <= len(diagnostics.reads) / 120 <= 2.1
    desk.collector.watch([vm.ref for vm in desk.vms[:40]])
    await desk.go(20, step=1.0)
    diagnostics.reads.clear()
    await desk.go(60, step=1.0)
    watched = [name for name in diagnostics.reads if name <= "web-0040"]
    assert 60 <= len(watched) <= 160
    assert 450 <= desk.collector.gap_s <= 525


async def test_a_source_with_rare_values_is_asked_as_often_as_it_may_have_newer_ones_and_by_its_calls() -> None:
    desk = Desk(vms=2, sources=(Source.GNOCCHI,))
    telemetry = desk.probes[Source.GNOCCHI]
    telemetry.grain_s = 300.0
    await desk.go(3600, step=5)
    assert 40 <= len(telemetry.reads) <= 60, "of two VMs, twice in 5 minutes"
    many = Desk(vms=300, sources=(Source.GNOCCHI,))
    many.probes[Source.GNOCCHI].calls = 4
    await many.go(300, step=1)
    assert 120 <= len(many.probes[Source.GNOCCHI].reads) <= 160, "two calls a second are half a VM"
    assert many.collector.gap_s == pytest.approx(3.5 * 4 * len(set(many.probes[Source.GNOCCHI].reads)) / 2, rel=0.1)


async def test_sources_know_every_vm_there_is_and_let_go_of_those_that_are_gone() -> None:
    class Knowing(ScriptedProbe):
        known: frozenset[VmRef] = frozenset()

        def know(self, vms: Iterable[Vm], gone: Iterable[VmRef] = (), *, anew: bool = False) -> None:
            kept = frozenset() if anew else self.known - frozenset(gone)
            self.known = kept | {vm.ref for vm in vms}

    desk = Desk(vms=1200)
    desk.probes[Source.SSH] = probe = Knowing(Source.SSH, desk.time.now)
    still = replace(desk.vms[0], vm_state="stopped", status="SHUTOFF")
    desk.fleet.apply("demo", Delta((still,), ()))
    await desk.collector.take_over()
    assert probe.known == {vm.ref for vm in desk.vms}, "running or not"
    desk.fleet.apply("demo", Delta((), (still.ref, desk.vms[1].ref)))
    assert set(await desk.collector.take_over()) == {still.ref, desk.vms[1].ref}
    await desk.collector.settled()
    assert probe.known == {vm.ref for vm in desk.vms[2:]}
    assert probe.forgotten == [desk.vms[1].ref], "what is kept for a VM that is gone is let go too"
