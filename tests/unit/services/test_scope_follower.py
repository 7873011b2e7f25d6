"""Following one scope: what is learned, what is kept through failures, and what may be removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from osvm_tui.cloud.base import VmPage
from osvm_tui.domain.catalog import PortAddress
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import CloudFault, Forbidden, Unauthorized, Unreachable
from osvm_tui.domain.vm import Address, VmRef
from osvm_tui.services import scope_follower
from osvm_tui.services.api import ScopeState
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scope_follower import ScopeFollower
from osvm_tui.services.scope_status import ScopeStatus
from tests.unit.services.scripted_cloud import START, ScriptedCloud, a_vm

QUICK = Cadence(sweep_min_s=0.0, sweep_share=1e9, addresses_s=0.0, details_s=0.0)


class Bench:
    """A follower without a store, stepped by hand."""

    def __init__(self, cloud: ScriptedCloud, cadence: Cadence = QUICK) -> None:
        self.cloud = cloud
        self.fleet = Fleet(["lab"])
        self.now = START
        self.status = ScopeStatus("lab", lambda: None, 10)
        self.follower = ScopeFollower(
            cloud, self.fleet.of("lab"), self.applied, self.status,
            cadence, self.clock, lambda: None, "me", lambda: False,
        )  # fmt: skip

    def applied(self, delta: Delta) -> None:
        self.fleet.apply("lab", delta)

    def state(self) -> ScopeState:
        return self.status.state

    def clock(self) -> datetime:
        return self.now

    async def step(self) -> float:
        wait = await self.follower._round()
        await self.follower.upkeep_done()
        return wait

    def ids(self) -> list[str]:
        return sorted(vm.id for vm in self.fleet.vms())


async def test_the_first_round_reads_all_pages_and_the_next_only_what_changed() -> None:
    bench = Bench(ScriptedCloud(*(a_vm(str(n)) for n in range(5))))
    await bench.step()
    assert bench.ids() == ["0", "1", "2", "3", "4"]
    bench.cloud.vms["3"] = a_vm("3", "stopped")
    bench.cloud.changed = ["3"]
    bench.cloud.asked.clear()
    await bench.step()
    assert "list" not in bench.cloud.asked[:1]
    assert bench.cloud.asked[0] == "delta"
    assert bench.fleet.get(VmRef("e", "3")).status == "SHUTOFF"  # type: ignore[union-attr]


async def test_a_failed_poll_is_no_information() -> None:
    bench = Bench(ScriptedCloud(a_vm("1"), a_vm("2")))
    await bench.step()
    bench.cloud.errors["delta"] = [Unreachable("connection refused")]
    wait = await bench.step()
    assert bench.ids() == ["1", "2"]
    assert bench.state() is ScopeState.STALE
    assert 0 < wait <= 60
    await bench.step()
    assert bench.state() is ScopeState.LIVE


async def test_a_list_that_breaks_in_the_middle_removes_nothing() -> None:
    bench = Bench(ScriptedCloud(*(a_vm(str(n)) for n in range(4))))
    await bench.step()
    bench.follower.server_time = None
    bench.follower._complete = False
    bench.cloud.vms.pop("3")
    bench.cloud.errors["page"] = [CloudFault("502 bad gateway")]
    bench.cloud.vms["x"] = a_vm("x")
    await bench.step()
    assert "3" in bench.ids()


async def test_deletions_come_by_delta_by_404_and_by_sweep() -> None:
    bench = Bench(ScriptedCloud(*(a_vm(str(n)) for n in range(4))))
    await bench.step()
    bench.cloud.deleted = ["0"]
    del bench.cloud.vms["0"]
    await bench.step()
    assert bench.ids() == ["1", "2", "3"]
    await bench.follower.lost(VmRef("e", "1"))
    del bench.cloud.vms["1"]
    assert bench.ids() == ["2", "3"]
    del bench.cloud.vms["2"]  # archived: no delta ever tells
    await bench.step()
    assert bench.ids() == ["3"]


async def test_a_vm_first_seen_after_the_sweep_began_is_not_removed() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    await bench.step()
    late = a_vm("late")

    async def ids():  # type: ignore[no-untyped-def]
        await bench.follower.observe(late)
        yield ("1",)

    bench.cloud.list_vm_ids = ids  # type: ignore[method-assign]
    await bench.step()
    assert bench.ids() == ["1", "late"]


async def test_a_vm_that_only_the_sweep_knows_is_fetched() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    await bench.step()
    bench.cloud.vms["2"] = a_vm("2")
    await bench.step()
    assert bench.ids() == ["1", "2"]


async def test_an_older_reading_changes_nothing() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    await bench.step()
    newer = a_vm("1", "stopped", updated_at=START + timedelta(seconds=5))
    await bench.follower.observe(newer)
    bench.cloud.changed = ["1"]
    await bench.step()
    assert bench.fleet.get(newer.ref) == newer


async def test_live_addresses_lie_over_nova_s_cached_ones() -> None:
    vm = a_vm("1", addresses=(Address("private", "10.0.0.5"),))
    bench = Bench(ScriptedCloud(vm))
    bench.cloud.addresses = (
        PortAddress("1", "10.0.0.6", 4, False, "n1", "fa:16", "port-1"),
        PortAddress("1", "203.0.112.9", 4, True, "n2", "", "port-1"),
    )
    await bench.step()
    shown = bench.fleet.get(vm.ref)
    assert shown is not None
    assert (shown.fixed_ip, shown.floating_ip) == ("10.0.0.6", "203.0.112.9")
    assert shown.addresses[0].network == "private"
    bench.cloud.addresses = ()
    await bench.step()
    assert bench.fleet.get(vm.ref).addresses == ()  # type: ignore[union-attr]


async def test_refused_credentials_are_not_tried_again_by_themselves() -> None:
    bench = Bench(ScriptedCloud())
    bench.cloud.errors["connect"] = [Unauthorized("wrong password")]
    assert await bench.step() >= 3600
    assert bench.status.view(True, START).state is ScopeState.FAILED


async def test_without_addresses_vms_still_go() -> None:
    bench = Bench(ScriptedCloud(a_vm("1"), a_vm("2")))
    await bench.step()
    bench.cloud.errors["addresses"] = [Unreachable("this cloud has no network service in its catalog")] * 9
    del bench.cloud.vms["2"]  # archived: no delta ever tells
    await bench.step()
    assert bench.ids() == ["1"]
    assert bench.state() is ScopeState.LIVE


async def test_a_forbidden_chore_does_not_stop_the_list() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    bench.cloud.errors["addresses"] = [Forbidden("policy")]
    await bench.step()
    assert bench.state() is ScopeState.LIVE


async def test_an_entry_that_points_elsewhere_now_drops_the_old_picture() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    old = msgspec.structs.replace(a_vm("old"), endpoint="elsewhere")
    bench.fleet.apply("lab", Delta((old,)))
    bench.status.cached(msgspec.structs.replace(bench.cloud.scope, endpoint="elsewhere"), START, 1)
    await bench.step()
    assert bench.ids() == ["1"]


async def test_a_poll_that_hangs_ages_into_stale() -> None:
    bench = Bench(ScriptedCloud(a_vm("1")))
    await bench.step()
    view = bench.status.view(True, START + timedelta(seconds=60))
    assert view.state is ScopeState.STALE


async def test_what_changed_while_a_long_page_was_written_is_in_the_next_delta(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply's Date is its end: the next delta starts from when the page was asked for."""
    bench, asked, ticks = Bench(ScriptedCloud()), [], 0.0
    monkeypatch.setattr(scope_follower, "time", SimpleNamespace(monotonic=lambda: ticks))

    async def list_vms(since: datetime | None = None) -> AsyncIterator[VmPage]:
        nonlocal ticks
        asked.append(since)
        ticks += 30.0
        yield VmPage((a_vm("1"),), (), START + timedelta(seconds=ticks), True)

    bench.cloud.list_vms = list_vms  # type: ignore[method-assign]
    await bench.follower._whole_list()
    await bench.follower._delta()
    await bench.follower._delta()
    overlap = timedelta(seconds=QUICK.overlap_s)
    assert asked == [None, START - overlap, START + timedelta(seconds=30) - overlap]
