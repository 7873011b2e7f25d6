"""Alerts and what is to be told of them, shared by several consoles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertEvent, AlertSeverity, AlertState, AlertStep, AlertView
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.alert_base import WebhookCall
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore
from tests.contract.store.alert_steps import begin, end
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
    begun = await asyncio.gather(*(begin(store.alerts, replace(ALERT, id=f"a-{n}"), call(n))
                                   for n, store in enumerate((one, two, one, two))))  # fmt: skip
    assert sorted(begun) == [False, False, False, True]
    assert await begin(one.alerts, replace(ALERT, id="other", rule="disk"))
    assert len((await two.alerts.since(0))[1]) == 2
    assert len(await two.alerts.claim_calls(NOON + timedelta(minutes=1), 60)) == 1


async def test_an_alert_is_followed_from_its_begin_over_who_knows_to_its_end(store: SqlStore) -> None:
    await begin(store.alerts, ALERT)
    change, (first,) = await store.alerts.since(0)
    assert first == ALERT
    entry = an_entry("done", action="alert-silence")
    until = NOON + timedelta(hours=1)
    assert await store.alerts.mark("a-1", AlertState.SILENCED, "ops-2", "known", until, [entry])
    change, (known,) = await store.alerts.since(change)
    assert (known.state, known.who, known.note, known.silent_until) == (AlertState.SILENCED, "ops-2", "known", until)
    ended = replace(ALERT, ended_at=NOON, words="over", value=10.0)
    assert await end(store.alerts, ended, call(1))
    assert not await end(store.alerts, ended, call(2))
    assert not await store.alerts.mark("a-1", AlertState.ACKNOWLEDGED, "ops-3", "late", None, [entry])
    change, (over,) = await store.alerts.since(change)
    assert (over.state, over.words, over.who) == (AlertState.ENDED, "over", "ops-2")
    assert await store.alerts.since(change) == (change, ())
    assert await store.alerts.history(ALERT.ref) == (over,)
    assert [row.entry.action for row in await store.audit(AuditQuery())] == ["alert-silence"]
    assert await begin(store.alerts, replace(ALERT, id="a-2"))


async def test_a_call_is_told_by_one_console_and_again_when_that_died_or_failed(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    await begin(one.alerts, ALERT, call(1), call(2))
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


async def test_what_happens_at_once_is_one_change_and_each_step_counts_for_itself(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    many = [replace(ALERT, id=f"a-{n}", ref=VmRef(ENDPOINT, f"vm-{n}")) for n in range(300)]
    await begin(two.alerts, replace(many[7], id="other"))
    before, _ = await two.alerts.since(0)
    steps = [AlertStep(AlertEvent.BEGUN, alert) for alert in many]
    over = replace(many[3], words="over", ended_at=NOON)
    steps += [AlertStep(AlertEvent.ENDED, over)] * 2 + [AlertStep(AlertEvent.BEGUN, replace(many[3], id="a-new"))]
    told: list[AlertStep] = []

    def tell(written: Sequence[AlertStep]) -> list[WebhookCall]:
        told.extend(written)
        return [call(1)]

    done = await one.alerts.record(steps, tell)
    assert [step.alert.id for step, was in zip(steps, done, strict=True) if not was] == ["a-7", "a-3"]
    assert told == [step for step, was in zip(steps, done, strict=True) if was]
    after, found = await two.alerts.since(before)
    assert (after, len(found)) == (before + 1, 300)
    assert [one.words for one in found if not one.open] == ["over"]
    assert len(await two.alerts.claim_calls(NOON + timedelta(minutes=1), 60)) == 1


async def test_a_silence_is_over_once_and_words_of_open_alerts_are_brought_up_to_date(store: SqlStore) -> None:
    await begin(store.alerts, ALERT)
    until = NOON + timedelta(hours=1)
    await store.alerts.mark("a-1", AlertState.SILENCED, "ops-2", "known", until, [])
    woken = AlertStep(AlertEvent.AGAIN, replace(ALERT, silent_until=until))
    other = AlertStep(AlertEvent.AGAIN, replace(ALERT, silent_until=until - timedelta(minutes=1)))
    assert await store.alerts.record([other, woken, woken]) == (False, True, False)
    await store.alerts.reword([replace(ALERT, words="cpu 99 %", value=99.0), replace(ALERT, id="a-9")])
    _, (now,) = await store.alerts.since(0)
    assert (now.state, now.who, now.words, now.value) == (AlertState.FIRING, "ops-2", "cpu 99 %", 99.0)
    await end(store.alerts, replace(ALERT, ended_at=NOON, words="over"))
    await store.alerts.reword([ALERT])
    _, (over,) = await store.alerts.since(0)
    assert over.words == "over"


async def test_only_what_ended_long_ago_is_dropped(store: SqlStore) -> None:
    days = timedelta(days=1)
    for number in range(4):
        alert = replace(ALERT, id=f"a-{number}", since=NOON - 200 * days)
        await begin(store.alerts, alert)
        if number < 3:  # the last one stays open, however old
            await end(store.alerts, replace(alert, ended_at=NOON - (100 - 20 * number) * days))
    assert await store.alerts.prune(NOON - 70 * days, limit=1) == 1
    assert await store.alerts.prune(NOON - 70 * days) == 1
    assert await store.alerts.prune(NOON - 70 * days) == 0
    assert sorted(found.id for found in await store.alerts.history()) == ["a-2", "a-3"]
