"""A small simulated cloud under a clock that tests move, and the way to ask it as a named account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from osvm_tui.cloud.mock import accounts, tokens
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.seed import reset
from osvm_tui.cloud.mock.simulator import Simulator
from osvm_tui.cloud.mock.world import World

START = 1_790_000_000.0


class MovableClock:
    """Hold the real time that a simulated cloud is told."""

    def __init__(self, now: float) -> None:
        """Start at `now`, in seconds since the epoch."""
        self.now = now

    def __call__(self) -> float:
        """Return the present time."""
        return self.now


class BenchCloud:
    """A cloud made fresh for one test."""

    def __init__(self, path: Path, *, vms: int = 12, release: str = "2025.2") -> None:
        """Make the cloud at `path`."""
        reset(path, vms=vms, seed=3, release=release, start=START)
        self.path = path
        self.clock = MovableClock(START)
        self.world = World(path, self.clock)
        self.simulator = Simulator(path, base_url="http://cloud.test", now=self.clock)

    def token(self, user: str = "demo", project: str = "demo") -> str:
        """Return a token of an account, by names."""
        token = tokens.new_token(self.world, accounts.USERS[user].id, accounts.PROJECTS[project].id, "project")
        return tokens.sealed(self.world, token)

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        user: str | None = "demo",
        project: str = "demo",
        body: Any = None,
        query: tuple[tuple[str, str], ...] = (),
        headers: dict[str, str] | None = None,
    ) -> SimReply:
        """Send one request as an account (without a token if `user` is None)."""
        sent = dict(headers or {})
        if user is not None:
            sent["x-auth-token"] = self.token(user, project)
        payload = b"" if body is None else json.dumps(body).encode()
        return self.simulator.handle(SimRequest(service, method, path, query=query, headers=sent, body=payload))
