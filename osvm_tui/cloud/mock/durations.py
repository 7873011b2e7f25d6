"""How long the simulated cloud takes for each transition, in seconds of cloud time. Knows nothing of state."""

from __future__ import annotations

from random import Random

SECONDS: dict[str, tuple[float, float]] = {
    "scheduling": (0.4, 1.2),
    "claimed": (0.2, 0.6),
    "networking": (0.8, 2.5),
    "block_device_mapping": (0.4, 1.2),
    "spawning": (2.2, 6.5),
    "powering-on": (1.0, 3.0),
    "powering-off": (1.5, 4.0),
    "rebooting": (0.2, 0.6),
    "reboot_pending": (0.3, 1.0),
    "reboot_started": (1.0, 2.6),
    "pausing": (0.8, 1.8),
    "unpausing": (0.8, 1.8),
    "suspending": (2.0, 6.0),
    "resuming": (1.5, 4.5),
    "rescuing": (2.5, 6.0),
    "unrescuing": (2.0, 5.0),
    "shelving": (1.0, 2.5),
    "image_pending": (0.5, 1.5),
    "image_uploading": (4.0, 14.0),
    "shelving_offloading": (0.6, 2.0),
    "unshelving": (1.0, 2.5),
    "rebuilding": (1.0, 2.5),
    "rebuild_block_device_mapping": (0.4, 1.2),
    "rebuild_spawning": (2.0, 6.0),
    "resize_prep": (1.0, 2.5),
    "resize_migrating": (2.0, 7.0),
    "resize_migrated": (0.4, 1.0),
    "resize_finish": (1.5, 4.0),
    "confirming": (1.0, 2.5),
    "resize_reverting": (2.0, 5.0),
    "migrating": (6.0, 20.0),
    "forcing": (0.6, 2.0),
    "aborting": (0.5, 1.5),
    "deleting": (1.2, 3.5),
    "between_writes": (0.01, 0.05),
    "soft-deleting": (0.8, 2.0),
    "restoring": (1.0, 2.5),
    "updating_password": (0.4, 1.2),
    "floating": (1.0, 4.0),
    "detaching_port": (0.5, 2.0),
    "power_sync": (30.0, 600.0),
    "volume_attaching": (0.8, 2.5),
    "volume_detaching": (1.2, 4.0),
    "volume_creating": (0.8, 2.5),
    "volume_copying": (4.0, 12.0),
    "volume_extending": (0.8, 2.5),
    "volume_deleting": (1.0, 3.0),
    "snapshot_creating": (0.8, 3.0),
    "snapshot_deleting": (0.8, 3.0),
}


class Durations:
    """Draws transition times from `rng`, stretched by `scale` and by the factor that `scales` gives one step."""

    def __init__(self, rng: Random, scale: float = 1.0, scales: dict[str, float] | None = None) -> None:
        self._rng = rng
        self._scale = scale
        self._scales = scales or {}

    def draw(self, step: str) -> float:
        """Return the seconds that `step` lasts this time; a scale of 0 makes every transition instant."""
        low, high = SECONDS[step]
        drawn = low + (high - low) * self._rng.betavariate(2.0, 3.5)
        return drawn * self._scale * self._scales.get(step, 1.0)
