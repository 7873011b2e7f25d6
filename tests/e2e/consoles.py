"""`ConsoleProcess`: a `tests.e2e.driver` of our own as seen from a test: questions, events, signals. Knows no fault."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from osvm_tui.services.cadence import Cadence

T = TypeVar("T")
slow = pytest.mark.skipif("OSVM_TEST_SLOW" not in os.environ, reason="takes minutes: OSVM_TEST_SLOW is not set")
"""Marks what waits in the console's real rhythm; `.ci/run` sets the variable."""
ROOT = Path(__file__).parents[2]
BRISK = Cadence(
    idle_s=0.4, busy_s=0.3, follow_s=0.3, addresses_s=5.0, lease_ttl_s=3.0, lease_renew_s=1.0, owner_ttl_s=4.0,
    claim_s=1.0, item_poll_s=0.3, item_poll_max_s=0.6, resolve_s=4.0, resolve_poll_s=0.5, backoff_max_s=1.0,
    snapshot_s=2.0,
    stale_after_s=6.0,
)  # fmt: skip
"""A console's rhythm with every wait made short, in the proportions of the real one."""


class Told(Exception):
    """The console answered with an error."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail = kind, detail


def eventually(found: Callable[[], T], what: str, limit_s: float = 30.0) -> T:
    """Return the first true value of `found`, asked several times a second; AssertionError after `limit_s`."""
    end = time.monotonic() + limit_s
    while not (value := found()):
        assert time.monotonic() < end, f"not within {limit_s:g} s: {what}"
        time.sleep(0.1)
    return value


class ConsoleProcess:
    """A console in a process of its own. Closed or killed by the fixture that made it."""

    def __init__(
        self,
        environ: Mapping[str, str],
        state_dir: Path,
        *entries: str,
        operator: str,
        cadence: Cadence,
        shift_s: float,
        options: Sequence[str] = (),
    ) -> None:
        command = [
            sys.executable, "-m", "tests.e2e.driver", *entries, "--operator", operator, "--state-dir", str(state_dir),
            "--cadence", msgspec.json.encode(cadence).decode(), "--shift", str(shift_s), *options,
        ]  # fmt: skip
        self._errors = Path(environ["HOME"]) / f"{operator}.stderr"
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environ},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        self._asked = 0
        self._replies: dict[int, queue.Queue[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            record = json.loads(line)
            if "reply" in record:
                self._replies[record["reply"]].put(record)
            else:
                self.events.append(record)

    def ask(self, do: str, limit_s: float = 30.0, **arguments: Any) -> Any:
        """Return the answer to a command; raises Told for an error of the console."""
        record = self.send(do, **arguments).get(timeout=limit_s)
        if "error" in record:
            raise Told(record["error"], record["detail"])
        return record["value"]

    def send(self, do: str, **arguments: Any) -> queue.Queue[dict[str, Any]]:
        """Give a command without waiting; the answer comes into the queue."""
        self._asked += 1
        answer = self._replies[self._asked] = queue.Queue()
        assert self._process.stdin is not None
        self._process.stdin.write(
            json.dumps({"number": self._asked, "do": do, "arguments": arguments}).encode() + b"\n"
        )
        self._process.stdin.flush()
        return answer

    # what tests ask most

    def submit(self, action: str, *names: str, **params: object) -> str:
        """Ask for an action; return the operation's id."""
        return str(self.ask("submit", action=action, names=list(names), params=params))

    def ended(self, operation: str, limit_s: float = 40.0) -> list[str]:
        """Return the states of an operation's items once all have ended."""
        items = self.ask("wait", limit_s + 10.0, operation=operation, timeout_s=limit_s)
        assert items, f"operation {operation} is not known here"
        return [item["state"] for item in items]

    def item(self, operation: str) -> dict[str, Any]:
        """Return the first item of an operation as this console knows it, empty when it does not."""
        return next((one for one in self.ask("items") if one["operation_id"] == operation), {})

    def scope(self) -> dict[str, Any]:
        """Return the first entry as the header shows it."""
        found: dict[str, Any] = self.ask("scopes")[0]
        return found

    def live(self, limit_s: float = 30.0) -> ConsoleProcess:
        """Wait until the first entry is live and its store open."""
        eventually(lambda: self.scope()["state"] == "live" and self.ask("health")["store"], "live", limit_s)
        return self

    def notices(self) -> list[str]:
        """Return every sentence told to the operator."""
        return [one["what"]["text"] for one in self.events if one["event"] == "Notice"]

    # plugs

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Leave it in order; fails when it does not end or has written an error."""
        if self._process.poll() is None:
            self.resume()
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the console did not end") from None
        told = self._errors.read_text()
        assert "Traceback" not in told, told
