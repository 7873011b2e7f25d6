"""The knobs of the simulated cloud: what can be made slow, odd or wrong. Pure values; faults.py turns them."""

from __future__ import annotations

from typing import Any

import msgspec


class Knobs(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All knobs at rest. Chances are 0 to 1 per request or per accepted action; times are in seconds."""

    latency: float = 0.0
    """Mean extra delay of every reply."""
    jitter: float = 0.0
    """Spread of that delay."""
    host_latency: float = 0.0
    """Extra delay of calls that wait for a compute host: console output, interfaces, passwords, diagnostics."""
    slow_page: float = 0.0
    """Extra delay of every list of servers with details."""
    durations: float | None = None
    """0 makes every transition instant; None leaves the drawn times. Kept apart from `scale` for tests."""
    scale: float = 1.0
    """Stretches every transition."""
    scales: dict[str, float] = {}
    """Stretches single transitions, by their names in durations.py."""
    late_error: float = 0.0
    """Chance that an accepted action ends in a fault."""
    no_valid_host: float = 0.0
    """Chance that a create, unshelve, resize or migration finds no host."""
    stuck_task: float = 0.0
    """Chance that an accepted action never leaves its task state."""
    errors: dict[str, float] = {}
    """Chance of an HTTP error by status, such as {"503": 0.1}; refused before anything is done."""
    lost: float = 0.0
    """Chance that a request is carried out and its reply lost."""
    cut: float = 0.0
    """Chance that a reply is cut in the middle."""
    retry_after: float | None = 2.0
    """Retry-After of random 429 and 503 replies; None leaves it out."""
    token_life: float = 3600.0
    """Life of new tokens."""
    tokens_from: float = 0.0
    """Tokens issued before this cloud time have expired."""
    odd: float = 0.0
    """Chance per server and answer of odd nulls and unknown states in lists."""
    skew: float = 0.0
    """How far the services' Date header and stamps are off."""
    cell_down: list[str] = []
    """Hosts whose servers are left out of lists."""
    lose_network_changed: bool = False
    """Nova never hears of floating IPs: `addresses` stays stale."""
    reclaim: bool = False
    """A reclaim interval is set: delete becomes soft delete."""
    power_suspended: int = 4
    """power_state of a suspended server: 4 as libvirt reports it, 7 for others."""
    offload: bool = True
    """shelved_offload_time = 0; False leaves servers SHELVED."""
    maximum_microversion: str | None = None
    """Overrides the release's maximum, such as "2.79"."""

    @property
    def time_scale(self) -> float:
        """The factor that all transition times are multiplied with."""
        return self.scale if self.durations is None else self.durations


def checked(changes: dict[str, Any], old: Knobs) -> Knobs:
    """Return `old` with `changes`; raise ValueError for an unknown name or a wrong kind of value."""
    try:
        return msgspec.convert(msgspec.to_builtins(old) | changes, Knobs)
    except msgspec.ValidationError as error:
        raise ValueError(f"no such knob or value: {error}") from error
