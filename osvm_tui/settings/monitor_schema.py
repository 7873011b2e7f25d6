"""The schema of `[monitor]` and `[alerting]`: names, types, bounds and defaults; a part of `Settings`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Notify = Literal["", "bell", "osc9"]


class MonitorSettings(Struct, frozen=True):
    """How VMs are measured, and by what."""

    enabled: bool = True
    view_s: Annotated[float, Meta(ge=1, le=60)] = 3.0
    """Between two readings of a VM in view, in seconds."""
    background_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    """Between two readings of every other VM; half of it for those that were in view lately or have an alert."""
    samples_per_s: Annotated[float, Meta(gt=0, le=1000)] = 20.0
    """The budget: readings a second, of all VMs together."""
    api_samples_per_s: Annotated[float, Meta(gt=0, le=1000)] = 2.0
    """Of those, readings that are calls of a cloud's API (diagnostics, Gnocchi)."""
    connections: Annotated[int, Meta(ge=1, le=1000)] = 100
    """SSH connections that are kept, and readings under way at once."""
    threads: Annotated[int, Meta(ge=1, le=64)] = 8
    """SSH samples and logins at one time."""
    by_ssh: bool = True
    """Whether guests that the `[[ssh]]` rules give a login for are asked."""
    diagnostics: bool = True
    gnocchi: bool = True
    prometheus_url: str = ""
    """The base of a Prometheus server's API; empty means none."""
    prometheus_user: str = ""
    prometheus_password: str = ""
    prometheus_token: str = ""
    """A bearer token; secrets are better given as `OSVM_MONITOR__...` than written here."""
    prometheus_token_file: str = ""
    """A file with a bearer token, read anew for each query."""
    prometheus_ca: str = ""
    """A file with the authority of its certificate; empty means the system's."""
    prometheus_names: dict[str, str] = {}
    """Own queries or labels by our names (README, Monitoring), over those of libvirt exporters and node_exporter."""
    keep: bool = True
    """Whether measurements are kept beyond this run: `metrics.db` beside the store, or a schema of its server."""


class AlertingSettings(Struct, frozen=True):
    """By which rules alerts are raised, and who is told."""

    rules: tuple[str, ...] = ("alerts.toml",)
    """Files with `[[alert]]` tables, beside this one unless absolute; `*` is allowed."""
    notify: Notify = ""
    """How the terminal calls when an alert begins."""
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """How long an alert is kept after its end."""
    webhook: str = ""
    """A URL that is told of every alert, as JSON by POST; it is shown and logged without what may be a secret in it."""
