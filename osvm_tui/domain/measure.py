"""`Measure`: one value that a cloud's own telemetry keeps of a VM; pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Measure(Struct, frozen=True, gc=False):
    """One value of one metric, by the telemetry's name (`cpu`, `disk.device.read.bytes`) and unit."""

    device: str
    """A disk or an interface; empty for the VM itself."""
    name: str
    at: datetime
    """When the stretch of time begins that it stands for."""
    value: float
