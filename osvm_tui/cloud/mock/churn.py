"""Changes VMs at a steady rate, from another process: power actions, reboots, pauses, renames.

It is an ordinary client of the simulated cloud with an admin's token, so every change passes the rules.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from osvm_tui.cloud.mock.accounts import PASSWORD
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.simulator import Simulator

ACTIONS: dict[str, tuple[tuple[str, int], ...]] = {
    "active": (("os-stop", 3), ("reboot", 5), ("pause", 1), ("suspend", 1)),
    "stopped": (("os-start", 1),),
    "paused": (("unpause", 1),),
    "suspended": (("resume", 1),),
}
RENAMES = 0.15


class _Churner:
    def __init__(self, path: Path, rng: Random, now: Callable[[], float]) -> None:
        self._cloud = Simulator(path, now=now)
        self._rng = rng
        self._token = ""
        self._log_in()

    def step(self) -> bool:
        """Change one VM; return False if nothing could be changed this time."""
        world = self._cloud.world
        entries = world.fleet.of(None, world.now())
        for _ in range(20):
            entry = self._rng.choice(entries) if entries else None
            if entry is None or entry.moment.deleted or entry.server.locked_by:
                continue
            if self._rng.random() < RENAMES:
                return self._rename(entry.server.id, entry.server.name)
            choices = ACTIONS.get(entry.moment.vm_state, ())
            if choices and entry.moment.task_state is None and entry.moment.launched_at is not None:
                names = [name for name, weight in choices for _ in range(weight)]
                return self._act(entry.server.id, self._rng.choice(names))
        return False

    def close(self) -> None:
        self._cloud.close()

    def _rename(self, server_id: str, name: str) -> bool:
        base = name.removesuffix("-renamed")
        new = base if base != name else f"{name}-renamed"
        return self._send("PUT", f"/servers/{server_id}", {"server": {"name": new}}).status == 200

    def _act(self, server_id: str, action: str) -> bool:
        value = {"type": "SOFT"} if action == "reboot" else None
        return self._send("POST", f"/servers/{server_id}/action", {action: value}).status == 202

    def _send(self, method: str, path: str, body: object) -> SimReply:
        reply = self._ask("compute", method, path, body)
        if reply.status == 401:
            self._log_in()
            reply = self._ask("compute", method, path, body)
        return reply

    def _ask(self, service: str, method: str, path: str, body: object) -> SimReply:
        headers = {"x-auth-token": self._token, "openstack-api-version": "compute 2.79"}
        request = SimRequest(service, method, path, headers=headers, body=json.dumps(body).encode())
        return self._cloud.handle(request)

    def _log_in(self) -> None:
        domain = {"id": "default"}
        user = {"name": "admin", "domain": domain, "password": PASSWORD}
        scope = {"project": {"name": "admin", "domain": domain}}
        identity = {"methods": ["password"], "password": {"user": user}}
        reply = self._ask("identity", "POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        self._token = reply.headers.get("x-subject-token", "")


def churn(
    path: Path,
    rate: float,
    seed: int = 1,
    stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> int:
    """Change VMs of the cloud at `path` at `rate` per second until `stop` says so; return how many changed.

    `sleep` and `now` are arguments for tests. When it falls behind it does not catch up in a burst.
    """
    if rate <= 0:
        raise ValueError("the rate must be above zero")
    churner = _Churner(path, Random(f"churn:{seed}"), now)
    changed, due = 0, now()
    try:
        while not stop():
            changed += churner.step()
            due = max(due + 1 / rate, now() - 1.0)
            if (wait := due - now()) > 0:
                sleep(wait)
    finally:
        churner.close()
    return changed
