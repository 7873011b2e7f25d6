"""`Measure`: one value that a cloud's own telemetry keeps of a VM, and `Past`, which of them are wanted; pure."""

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
    span_s: float = 0.0
    """How long that stretch is, in seconds."""


class Past(Struct, frozen=True):
    """A time that measures are wanted of."""

    since: datetime
    until: datetime
    step_s: int
    """How far apart they are best, in seconds: a telemetry keeps some, and no others."""
