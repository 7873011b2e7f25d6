"""Several consoles on one file, as real processes, and one that is killed in the middle of its writes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from osvm_tui.domain.operations import ItemState
from osvm_tui.store.base import AuditQuery
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, an_item, an_operation


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    """Give a fresh SQLite backend."""
    made = Backend("sqlite", tmp_path)
    yield made
    await made.stop()


async def start(backend: Backend, owner: str, what: str) -> asyncio.subprocess.Process:
    """Start another console."""
    command = ["-m", "tests.unit.store.child", str(backend.folder), owner, what]
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)


async def run(backend: Backend, what: str, count: int = 2) -> list[str]:
    """Run several consoles at once and return what each printed."""
    children = [await start(backend, f"child-{number}", what) for number in range(count)]
    outputs = [(await child.communicate())[0].decode().strip() for child in children]
    assert [child.returncode for child in children] == [0] * count
    return outputs


async def killed_after(backend: Backend, what: str, lines: int) -> list[str]:
    """Start a console, kill it once it has acknowledged `lines` writes, and return all that it acknowledged."""
    child = await start(backend, "victim", what)
    assert child.stdout is not None
    told = [(await child.stdout.readline()).decode().strip() for _ in range(lines)]
    child.kill()
    told += (await child.stdout.read()).decode().split("\n")[:-1]
    await child.wait()
    return told


async def test_two_processes_make_one_chain(backend: Backend) -> None:
    await backend.console()
    await run(backend, "chain")
    store = await backend.console("after")
    report = await store.verify_audit()
    assert (report.holds, report.rows) == (True, 80)
    details = [row.entry.detail for row in reversed(await store.audit(AuditQuery()))]
    for owner in ("child-0", "child-1"):
        assert [text for text in details if text.startswith(owner)] == [f"{owner}-{number}" for number in range(40)]


async def test_each_item_is_taken_by_one_process_only(backend: Backend) -> None:
    store = await backend.console()
    await store.plan(an_operation([an_item(number, owner="shared") for number in range(30)]), [])
    won = await run(backend, "swap")
    assert sum(int(text) for text in won) == 30
    details = [row.entry.detail for row in await store.audit(AuditQuery())]
    assert sorted(details) == sorted(f"op-1-item-{number}" for number in range(30))


async def test_a_lease_has_one_holder_among_processes(backend: Backend) -> None:
    await backend.console()
    assert sorted(await run(backend, "lead")) == ["0 set()", "20 {1}"]


@pytest.mark.parametrize("lines", [1, 2, 7, 20])
async def test_what_a_killed_process_was_told_is_there_and_nothing_is_torn(backend: Backend, lines: int) -> None:
    told = await killed_after(backend, "write_until_killed", lines)
    store = await backend.console("after")
    assert store.notices == []
    assert (await store.verify_audit()).holds
    details = {row.entry.detail for row in await store.audit(AuditQuery(limit=10_000))}
    assert set(told) <= details
    items = {item.operation_id: item.state for item in await store.items()}
    assert {f"plan-{name[3:]}" for name in items} == {text for text in details if text.startswith("plan")}
    sending = {f"move-{name[3:]}" for name, state in items.items() if state is ItemState.SENDING}
    assert sending == {text for text in details if text.startswith("move")}
    names = {vm.name.partition("-")[2] for vm in (await store.load_vms(ADMIN)).vms}
    assert len(names) <= 1


async def test_what_a_killed_process_spooled_is_replayed_by_the_next(backend: Backend) -> None:
    await backend.console("other")
    told = await killed_after(backend, "spool_until_killed", 5)
    store = await backend.console("after")
    details = [row.entry.detail for row in reversed(await store.audit(AuditQuery(limit=10_000)))]
    assert details[: len(told)] == told
    assert len(details) - len(told) <= 1
    assert (await store.verify_audit()).holds
