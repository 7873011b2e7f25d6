"""Alerts and what is to be told of them, shared by several consoles."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertSeverity, AlertState, AlertView
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.alert_base import WebhookCall
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ENDPOINT, NOON, an_entry

ALERT = AlertView(
    id="a-1", rule="cpu", ref=VmRef(ENDPOINT, "vm-1"), vm_name="web", entry="demo", severity=AlertSeverity.CRITICAL,
    words="cpu 97 %", state=AlertState.FIRING, since=NOON, value=97.0,
)  # fmt: skip


def call(number: int) -> WebhookCall:
    return WebhookCall(f"c-{number}", b"{}", NOON + timedelta(seconds=number))


async def test_a_rule_has_one_open_alert_of_a_vm_whoever_finds_it_first(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    begun = await asyncio.gather(*(store.alerts.begin(replace(ALERT, id=f"a-{n}"), [call(n)])
                                   for n, store in enumerate((one, two, one, two))))  # fmt: skip
    assert sorted(begun) == [False, False, False, True]
    assert await one.alerts.begin(replace(ALERT, id="other", rule="disk"))
    assert len((await two.alerts.since(0))[1]) == 2
    assert len(await two.alerts.claim_calls(NOON + timedelta(minutes=1), 60)) == 1


async def test_an_alert_is_followed_from_its_begin_over_who_knows_to_its_end(store: SqlStore) -> None:
    await store.alerts.begin(ALERT)
    change, (first,) = await store.alerts.since(0)
    assert first == ALERT
    entry = an_entry("done", action="alert-silence")
    until = NOON + timedelta(hours=1)
    assert await store.alerts.mark("a-1", AlertState.SILENCED, "ops-2", "known", until, [entry])
    change, (known,) = await store.alerts.since(change)
    assert (known.state, known.who, known.note, known.silent_until) == (AlertState.SILENCED, "ops-2", "known", until)
    ended = replace(ALERT, ended_at=NOON, words="over", value=10.0)
    assert await store.alerts.end(ended, [call(1)])
    assert not await store.alerts.end(ended, [call(2)])
    assert not await store.alerts.mark("a-1", AlertState.ACKNOWLEDGED, "ops-3", "late", None, [entry])
    change, (over,) = await store.alerts.since(change)
    assert (over.state, over.words, over.who) == (AlertState.ENDED, "over", "ops-2")
    assert await store.alerts.since(change) == (change, ())
    assert await store.alerts.history(ALERT.ref) == (over,)
    assert [row.entry.action for row in await store.audit(AuditQuery())] == ["alert-silence"]
    assert await store.alerts.begin(replace(ALERT, id="a-2"))


async def test_a_call_is_told_by_one_console_and_again_when_that_died_or_failed(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    await one.alerts.begin(ALERT, [call(1), call(2)])
    now = NOON + timedelta(seconds=10)
    backend.clock.now = now
    hold = 1.0 if backend.kind == "postgresql" else 60.0
    assert [found.id for found in await one.alerts.claim_calls(now, hold)] == ["c-1", "c-2"]
    if backend.kind == "sqlite":  # a server goes by its own clock
        assert await two.alerts.claim_calls(now, hold) == ()
    await one.alerts.settle_call("c-1", None)
    await one.alerts.settle_call("c-2", now)
    (again,) = await two.alerts.claim_calls(now + timedelta(seconds=1), hold)
    assert (again.id, again.tries) == ("c-2", 1)
    if backend.kind == "sqlite":
        (unsettled,) = await one.alerts.claim_calls(now + timedelta(seconds=120), hold)
        assert (unsettled.id, unsettled.tries) == ("c-2", 2)
    await one.alerts.settle_call("c-2", None)
    assert await one.alerts.claim_calls(now + timedelta(days=1), hold) == ()


async def test_only_what_ended_long_ago_is_dropped(store: SqlStore) -> None:
    days = timedelta(days=1)
    for number in range(4):
        alert = replace(ALERT, id=f"a-{number}", since=NOON - 200 * days)
        await store.alerts.begin(alert)
        if number < 3:  # the last one stays open, however old
            await store.alerts.end(replace(alert, ended_at=NOON - (100 - 20 * number) * days))
    assert await store.alerts.prune(NOON - 70 * days, limit=1) == 1
    assert await store.alerts.prune(NOON - 70 * days) == 1
    assert await store.alerts.prune(NOON - 70 * days) == 0
    assert sorted(found.id for found in await store.alerts.history()) == ["a-2", "a-3"]
