"""`Cadence`: how often the services look, and how long they wait. Durations in seconds; tests use small ones."""

from __future__ import annotations

from msgspec import Struct


class Cadence(Struct, frozen=True, kw_only=True):
    """Intervals and limits of the background work."""

    idle_s: float = 5.0
    busy_s: float = 2.0
    """Delta interval while operations run."""
    addresses_s: float = 15.0
    overlap_s: float = 8.0
    """How far a delta list reaches behind the last reply's Date: API nodes may disagree by their own skew."""
    sweep_min_s: float = 120.0
    sweep_share: float = 0.02
    """Presence sweeps take at most this share of the time."""
    details_s: float = 6 * 3600.0
    """Every VM's details are read again within this time."""
    follow_s: float = 1.5
    """How often another leader's rows are read from the store."""
    lease_ttl_s: float = 9.0
    lease_renew_s: float = 3.0
    stale_after_s: float = 20.0
    """A picture older than this is stale; a leader tells its followers of a quiet fleet once per lease."""
    backoff_max_s: float = 60.0
    snapshot_s: float = 10.0
    item_poll_s: float = 1.0
    """First interval of reading a VM whose action was accepted."""
    item_poll_max_s: float = 5.0
    send_concurrency: int = 8
    owner_ttl_s: float = 10.0
    """With `claim_s` this bounds how long a dead console's operation waits for its new owner."""
    claim_s: float = 4.0
    stale_plan_s: float = 60.0
    """An action planned longer ago than this is not sent any more by whoever takes it over."""
    resolve_s: float = 45.0
    """How long a lost answer is looked for in the cloud's action log."""
    resolve_poll_s: float = 3.0
    door_s: float = 6.0
    """How much longer it is looked for when a silent cloud answers again."""
    call_log: int = 400
