"""For any history of saves: what followers assemble from any revision is what a fresh load shows."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osvm_tui.domain.diff import Delta, apply
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store.base import FleetRows
from tests.contract.store.backends import KINDS, Backend
from tests.contract.store.samples import ADMIN, MEMBER, NOON, a_vm

vms = st.builds(
    lambda number, name, state, project: a_vm(
        number, name=name, project_id=f"p-{1 + number % 2}", status=state[0], vm_state=state[1], locked=project
    ),
    number=st.integers(1, 6),
    name=st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=8),
    state=st.sampled_from([("ACTIVE", "active"), ("SHUTOFF", "stopped"), ("ERROR", "error"), ("DELETED", "deleted")]),
    project=st.booleans(),
)
saves = st.lists(st.tuples(st.lists(vms, max_size=4), st.lists(st.integers(1, 6), max_size=2)), max_size=6)


def by_ref(rows: FleetRows) -> dict[VmRef, Vm]:
    """Return loaded VMs by identity."""
    return {vm.ref: vm for vm in rows.vms}


async def check(backend: Backend, history: list[tuple[list[Vm], list[int]]]) -> None:
    """Save the history, remembering every picture on the way; bring each up to date and compare."""
    store = await backend.console()
    pictures = [(scope, await store.load_vms(scope)) for scope in (ADMIN, MEMBER)]
    expected: dict[VmRef, Vm] = {}
    for upserts, removed in history:
        refs = [a_vm(number).ref for number in removed]
        await store.save_vms(ADMIN, upserts, refs, NOON, None)
        named = {vm.ref: vm for vm in upserts}
        dead = [ref for ref, vm in named.items() if vm.vm_state == "deleted"]
        dead += [ref for ref in refs if ref not in named]
        expected = apply(expected, Delta(tuple(vm for ref, vm in named.items() if ref not in dead), tuple(dead)))
        pictures += [(scope, await store.load_vms(scope)) for scope in (ADMIN, MEMBER)]
    now = {scope.key: by_ref(await store.load_vms(scope)) for scope in (ADMIN, MEMBER)}
    assert now[ADMIN.key] == expected
    assert now[MEMBER.key] == {ref: vm for ref, vm in expected.items() if vm.project_id == "p-1"}
    for scope, old in pictures:
        moved = await store.vms_since(scope, old.revision)
        assert apply(by_ref(old), Delta(moved.vms, moved.removed)) == now[scope.key]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(history=saves)
def test_any_revision_and_what_moved_since_make_the_present(
    kind: str, history: list[tuple[list[Vm], list[int]]]
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            backend = Backend(kind, Path(folder))
            await backend.start()
            try:
                await check(backend, history)
            finally:
                await backend.stop()

    asyncio.run(run())
