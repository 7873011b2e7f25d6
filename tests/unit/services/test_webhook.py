"""What is told to a webhook: nothing is lost, nothing that was answered is told again, no secret comes out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertEvent, AlertSeverity, AlertState, AlertStep, AlertView
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.webhook import Webhook, calls_of, masked
from osvm_tui.store.alert_base import WebhookCall
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.alert_steps import begin
from tests.unit.services.scripted_probe import NOON, Time

ALERT = AlertView(
    id="a-1", rule="cpu", ref=VmRef("e", "vm-1"), vm_name="web", words="cpu 97 %", state=AlertState.FIRING, since=NOON
)
SECRET = "https://user:hunter2@hooks.example/services/T0K3N?key=s3cret"


def steps(event: AlertEvent, count: int, severity: AlertSeverity = AlertSeverity.WARNING) -> list[AlertStep]:
    """Return what happened to so many VMs at once."""
    names = [f"{severity}-{number}" for number in range(count)]
    return [
        AlertStep(event, replace(ALERT, id=name, ref=VmRef("e", name), vm_name=name, severity=severity))
        for name in names
    ]


def call_of(alert: AlertView, at: datetime) -> WebhookCall:
    (call,) = calls_of([AlertStep(AlertEvent.BEGUN, alert)], at)
    return call


class Post:
    """Answers with the statuses it is given, in order; an error is raised."""

    def __init__(self, *answers: int | OSError) -> None:
        self.answers = list(answers)
        self.told: list[tuple[str, str]] = []

    def __call__(self, body: bytes, call_id: str) -> int:
        self.told.append((json.loads(body)["event"], call_id))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, OSError):
            raise answer
        return answer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    time = Time()
    made = SqlStore(default_url(tmp_path / "osvm.db"), spool_dir=tmp_path / "spool", owner="one", now=time.now)
    await made.open()
    yield made
    await made.close()


async def test_a_call_is_tried_again_with_its_id_until_it_is_answered_and_never_after(store: SqlStore) -> None:
    time, post = Time(), Post(500, OSError(111, "Connection refused"), 204)
    hook = Webhook(SECRET, time.now, post)
    await begin(store.alerts, ALERT, call_of(ALERT, time.now()))
    assert await hook.work(store.alerts) == 0
    assert hook.trouble == "webhook https://hooks.example/...: answered 500"
    assert await hook.work(store.alerts) == 0, "not at once"
    assert len(post.told) == 1
    time.pass_by(60)
    assert await hook.work(store.alerts) == 0
    assert hook.trouble.endswith(": Connection refused")
    time.pass_by(120)
    assert await hook.work(store.alerts) == 1
    assert hook.trouble == ""
    time.pass_by(86400)
    assert await hook.work(store.alerts) == 0
    assert len(post.told) == 3
    assert len(set(post.told)) == 1


async def test_what_a_killed_console_was_telling_is_told_by_the_next_one(store: SqlStore) -> None:
    time = Time()

    class Killed(BaseException):
        pass

    def dies(body: bytes, call_id: str) -> int:
        raise Killed

    call = call_of(ALERT, time.now())
    await begin(store.alerts, ALERT, call)
    with pytest.raises(Killed):
        await Webhook(SECRET, time.now, dies).work(store.alerts)
    post = Post()
    assert await Webhook(SECRET, time.now, post).work(store.alerts) == 0
    time.pass_by(91)
    assert await Webhook(SECRET, time.now, post).work(store.alerts) == 1
    assert post.told == [("begun", call.id)]


async def test_a_call_that_nobody_takes_for_days_is_given_up(store: SqlStore) -> None:
    time = Time()
    await begin(store.alerts, ALERT, call_of(ALERT, time.now() - timedelta(days=4)))
    await Webhook(SECRET, time.now, Post(404)).work(store.alerts)
    assert await store.alerts.claim_calls(time.now() + timedelta(days=9), 1) == ()


async def test_what_happened_at_one_time_is_a_few_calls_the_critical_first(store: SqlStore) -> None:
    time = Time()
    happened = [
        *steps(AlertEvent.ENDED, 3), *steps(AlertEvent.BEGUN, 450), *steps(AlertEvent.BEGUN, 2, AlertSeverity.CRITICAL)
    ]  # fmt: skip
    told: list[dict[str, Any]] = []
    calls = calls_of(happened, time.now())
    await begin(store.alerts, ALERT, *calls)

    def post(body: bytes, _: str) -> int:
        told.append(json.loads(body))
        return 200

    assert await Webhook(SECRET, time.now, post).work(store.alerts) == 5
    assert [(one["event"], len(one["alerts"])) for one in told] == [
        ("begun", 2), ("begun", 200), ("begun", 200), ("begun", 50), ("ended", 3),
    ]  # fmt: skip
    assert told[0]["text"] == "critical: 2 alerts: critical-0: cpu 97 %; critical-1: cpu 97 %"
    assert told[1]["text"].endswith("; and 197 more")
    assert "alert" not in told[0]


async def test_all_that_is_due_is_told_at_once_and_a_receiver_that_is_down_is_not_asked_for_each(
    store: SqlStore,
) -> None:
    time, post = Time(), Post()
    calls = [call_of(ALERT, time.now()) for _ in range(15)]
    await begin(store.alerts, ALERT, *calls)
    down = Post(*[OSError(111, "Connection refused")] * 15)
    assert await Webhook(SECRET, time.now, down).work(store.alerts) == 0
    assert len(down.told) == 3
    time.pass_by(600)
    assert await Webhook(SECRET, time.now, post).work(store.alerts) == 15
    assert {one for _, one in post.told} == {call.id for call in calls}


async def test_a_slow_receiver_hears_nothing_twice_from_two_consoles(store: SqlStore) -> None:
    time, told = Time(), list[tuple[str, str]]()
    calls = [call_of(ALERT, time.now()) for _ in range(10)]
    await begin(store.alerts, ALERT, *calls)

    def post(_: bytes, call_id: str) -> int:
        told.append(("other", call_id))
        return 200

    other = Webhook(SECRET, time.now, post)

    class Slow(Webhook):
        async def _try(self, call: WebhookCall) -> str:
            time.pass_by(9)
            told.append(("slow", call.id))
            if len(told) == 7:
                await other.work(store.alerts)
            return ""

    await Slow(SECRET, time.now).work(store.alerts)
    assert len(told) == len({call_id for _, call_id in told}) == 10


@contextmanager
def listening(status: int, seen: list[tuple[str, str, bytes]]) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["X-Osvm-Delivery"], body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?token=s3cret"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "trouble"), [(200, ""), (302, "answered 302"), (503, "answered 503")])
async def test_it_is_posted_as_json_and_no_redirect_is_followed(store: SqlStore, status: int, trouble: str) -> None:
    time, seen = Time(), list[tuple[str, str, bytes]]()
    call = call_of(ALERT, time.now())
    await begin(store.alerts, ALERT, call)
    with listening(status, seen) as url:
        hook = Webhook(url, time.now)
        await hook.work(store.alerts)
    ((path, delivery, body),) = seen
    assert (path, delivery) == ("/hook?token=s3cret", call.id)
    told = json.loads(body)
    assert (told["text"], told["alert"]["rule"]) == ("warning: web: cpu 97 %", "cpu")
    assert hook.trouble.endswith(trouble)
    assert "s3cret" not in hook.trouble


@pytest.mark.parametrize("url", [SECRET, "nonsense s3cret", "http://h:notaport/s3cret", "ftp://hunter2@x/T0K3N"])
async def test_no_part_of_a_url_that_may_be_secret_is_shown(store: SqlStore, url: str) -> None:
    time = Time()
    await begin(store.alerts, ALERT, call_of(ALERT, time.now()))
    if url != SECRET:
        hook = Webhook(url, time.now)
        await hook.work(store.alerts)
        assert hook.trouble
        assert not any(secret in hook.trouble for secret in ("hunter2", "T0K3N", "s3cret"))
    assert not any(secret in masked(url) for secret in ("hunter2", "T0K3N", "s3cret"))
