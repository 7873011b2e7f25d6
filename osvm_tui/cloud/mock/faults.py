"""Turns knobs and scripted faults into what happens to one request: delay, refusal, or a lost reply.

`knobs`, `set_knobs` and `script` are the hands on them; they work on the file and so for every process.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from osvm_tui.cloud.mock import database
from osvm_tui.cloud.mock.knobs import Knobs, checked
from osvm_tui.cloud.mock.replies import refusal
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

_WAITS_FOR_HOST = re.compile(r"/servers/[^/]+/(diagnostics|os-interface.*|remote-consoles)")
_HOST_ACTIONS = (b"os-getConsoleOutput", b"changePassword")


class Scripted(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A fault for the next `times` requests that match; empty patterns match all. Consumed once per request."""

    service: str = ""
    method: str = ""
    path: str = ""
    """A regular expression, searched in the path."""
    body: str = ""
    """Text that the body must contain, such as the action's name."""
    times: int = 1
    status: int | None = None
    """Refuse with this status before anything is done."""
    message: str = "scripted fault"
    retry_after: float | None = None
    fate: str = "answer"
    """"lost", "cut" or "unsent": what becomes of the reply."""
    delay: float = 0.0
    """Hold the reply for so many seconds; a large number is a hang."""

    def matches(self, request: SimRequest) -> bool:
        """Tell whether this fault is meant for the request."""
        return (
            self.service in ("", request.service)
            and self.method in ("", request.method)
            and re.search(self.path, request.path) is not None
            and self.body.encode() in request.body
        )


class Fault(msgspec.Struct, frozen=True):
    """What happens to one request."""

    delay: float = 0.0
    status: int | None = None
    message: str = ""
    retry_after: float | None = None
    fate: str = "answer"

    def reply(self, world: World, request: SimRequest) -> SimReply | None:
        """Return the refusal that takes the place of any answer, or None to carry the request out."""
        if self.status is not None:
            return self.applied(refusal(request, self.status, self.message, retry_after_s=self.retry_after))
        return self.applied(SimReply(503)) if self.fate == "unsent" else None

    def applied(self, reply: SimReply) -> SimReply:
        """Return `reply` with this fault's delay and fate."""
        if not self.delay and self.fate == "answer":
            return reply
        return msgspec.structs.replace(reply, delay_s=reply.delay_s + self.delay, fate=self.fate)


def decide(world: World, request: SimRequest) -> Fault:
    """Return what happens to `request`: a scripted fault first, else what the knobs' chances say."""
    delay = _delay(world.knobs, world.dice, request)
    taken = world.take_scripted(lambda record: msgspec.convert(record, Scripted).matches(request))
    if taken is not None:
        script = msgspec.convert(taken, Scripted)
        return Fault(delay + script.delay, script.status, script.message, script.retry_after, script.fate)
    return _by_chance(world.knobs, world.dice, delay)


def _by_chance(knobs: Knobs, dice: Random, delay: float) -> Fault:
    for status, chance in knobs.errors.items():
        if dice.random() < chance:
            wait = knobs.retry_after if status in ("429", "503") else None
            return Fault(delay, int(status), _TEXTS.get(status, "The server is unable to answer."), wait)
    if knobs.lost and dice.random() < knobs.lost:
        return Fault(delay, fate="lost")
    if knobs.cut and dice.random() < knobs.cut:
        return Fault(delay, fate="cut")
    return Fault(delay)


_TEXTS = {
    "409": "Another request is changing this resource.",
    "429": "This request was rate-limited.",
    "500": "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/",
    "503": "The server is currently unavailable. Please try again at a later time.",
}


def _delay(knobs: Knobs, dice: Random, request: SimRequest) -> float:
    delay = max(0.0, dice.gauss(knobs.latency, knobs.jitter)) if knobs.latency or knobs.jitter else 0.0
    if request.service != "compute":
        return delay
    if knobs.slow_page and request.path == "/servers/detail":
        delay += knobs.slow_page
    if knobs.host_latency and _waits_for_host(request):
        delay += knobs.host_latency
    return delay


def _waits_for_host(request: SimRequest) -> bool:
    if request.method != "GET" and any(name in request.body for name in _HOST_ACTIONS):
        return True
    return _WAITS_FOR_HOST.fullmatch(request.path) is not None


def knobs(path: Path) -> Knobs:
    """Return the knobs of the cloud at `path`."""
    connection = database.connect(path)
    try:
        return msgspec.convert(database.setting(connection, "knobs", {}), Knobs)
    finally:
        connection.close()


def set_knobs(path: Path, **changes: Any) -> Knobs:
    """Turn knobs of the cloud at `path`; raise ValueError for an unknown one. Return all of them."""
    connection = database.connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            old = msgspec.convert(database.setting(connection, "knobs", {}), Knobs)
            new = checked(changes, old)
            database.set_setting(connection, "knobs", msgspec.to_builtins(new))
        finally:
            connection.execute("COMMIT")
        return new
    finally:
        connection.close()


def script(path: Path, *faults: Scripted) -> None:
    """Add faults for coming requests, in this order."""
    _script(path, [msgspec.json.encode(fault) for fault in faults])


def clear_script(path: Path) -> None:
    """Forget the scripted faults that are left."""
    _script(path, None)


def _script(path: Path, records: list[bytes] | None) -> None:
    connection = database.connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if records is None:
            connection.execute("DELETE FROM script")
        for record in records or ():
            connection.execute("INSERT INTO script (record) VALUES (?)", (record,))
        connection.execute("COMMIT")
    finally:
        connection.close()
