"""What VMs are measured by, put together from the settings: the part of the composition root that names the sources.

Nothing is loaded or opened before the plan's functions are called; the services do that in a thread, after the first
paint.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from osvm_tui.domain.metrics import Source
from osvm_tui.paths import Paths, private_dir
from osvm_tui.services.monitor_plan import Clients, MonitorPlan, Pace
from osvm_tui.settings import Settings
from osvm_tui.settings.monitor_schema import MonitorSettings

if TYPE_CHECKING:
    from osvm_tui.probe.base import HostKeys
    from osvm_tui.probe.host_base import HostProbe
    from osvm_tui.probe.probe import Probe
    from osvm_tui.store.metric_base import MetricStore


def plan(settings: Settings, paths: Paths, config_file: Path | None) -> MonitorPlan | None:
    """Return what measuring is made from, None where the settings switch it off."""
    own, alerting = settings.monitor, settings.alerting
    if not own.enabled:
        return None
    from osvm_tui.settings.alert_files import AlertFiles

    if own.prometheus_url:
        _prometheus(own)  # a wrong name is told before the console starts, not by a screen without values
    files = AlertFiles(config_file or paths.state_dir / "config.toml", alerting.rules if config_file else ())
    return MonitorPlan(
        probes=partial(_probes, own, paths),
        store=partial(_store, settings.store.url, paths) if own.keep else None,
        host=_host,
        rules=files.changed,
        pace=Pace(
            view_s=own.view_s,
            background_s=own.background_s,
            samples_per_s=own.samples_per_s,
            api_samples_per_s=own.api_samples_per_s,
            at_once=own.connections,
        ),
        notify=alerting.notify,
        webhook=alerting.webhook,
        keep_days=alerting.keep_days,
        words=f"{own.threads} SSH samples at one time",
    )


def _probes(settings: MonitorSettings, paths: Paths, client: Clients) -> Mapping[Source, Probe]:
    """Return the sources that the settings allow; each tells by itself of which VM it can tell nothing."""
    from osvm_tui.cloud.mock.guests import SimulatedGuests
    from osvm_tui.probe.simulated import SimulatedProbe

    found: dict[Source, Probe] = {Source.SIMULATED: SimulatedProbe(SimulatedGuests(paths.mock_cloud))}
    if settings.by_ssh:
        from osvm_tui.probe.ssh import SshLimits, SshProbe

        limits = SshLimits(connections=settings.connections, turns=settings.threads)
        found[Source.SSH] = SshProbe(host_keys(paths), limits)
    if settings.diagnostics:
        from osvm_tui.probe.diagnostics import DiagnosticsProbe

        found[Source.DIAGNOSTICS] = DiagnosticsProbe(lambda entry, vm_id: client(entry).diagnostics(vm_id))
    if settings.gnocchi:
        from osvm_tui.probe.gnocchi import GnocchiProbe

        found[Source.GNOCCHI] = GnocchiProbe(lambda entry, vm_id, past: client(entry).measures(vm_id, past))
    if settings.prometheus_url:
        found[Source.PROMETHEUS] = _prometheus(settings)
    return found


def _prometheus(settings: MonitorSettings) -> Probe:
    """Return the source that settings describe; ConfigError for a name that is none."""
    from osvm_tui.probe.prometheus import PrometheusProbe
    from osvm_tui.probe.prometheus_http import PrometheusHttp, Server
    from osvm_tui.probe.prometheus_names import families

    server = Server(
        url=settings.prometheus_url, user=settings.prometheus_user, password=settings.prometheus_password,
        token=settings.prometheus_token, token_file=settings.prometheus_token_file, ca=settings.prometheus_ca,
    )  # fmt: skip
    return PrometheusProbe(PrometheusHttp(server), families(settings.prometheus_names))


def _host() -> HostProbe:
    from osvm_tui.probe.host import PsutilHost

    return PsutilHost()


def _store(url: str, paths: Paths) -> MetricStore:
    from osvm_tui.services.console import utc_now
    from osvm_tui.store.engine import default_url
    from osvm_tui.store.metric_sql import SqlMetricStore

    private_dir(paths.state_dir)
    return SqlMetricStore(url or default_url(paths.database), now=utc_now)


def host_keys(paths: Paths) -> HostKeys:
    """Return the accepted host keys of guests and bastions."""
    from osvm_tui.probe.host_keys import SshHostKeys

    return SshHostKeys(private_dir(paths.state_dir) / "known_hosts")
