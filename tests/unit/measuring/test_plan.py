"""What the settings make of measuring: which sources there are, and a wrong name before the console starts."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.metrics import Source
from osvm_tui.measuring import plan
from osvm_tui.paths import Paths
from osvm_tui.settings import Settings
from osvm_tui.settings.monitor_schema import MonitorSettings


def sources(folder: Path, own: MonitorSettings) -> set[Source]:
    """Return the sources of a console with these settings."""

    def nobody(entry: str) -> NoReturn:
        raise AssertionError("no cloud is asked while sources are made")

    made = plan(Settings(monitor=own), Paths(folder, folder), None)
    assert made is not None
    probes = made.probes(nobody)
    assert all(probe.source is source for source, probe in probes.items())
    return set(probes)


def test_the_settings_say_which_sources_there_are(tmp_path: Path) -> None:
    usual = {Source.SSH, Source.DIAGNOSTICS, Source.GNOCCHI, Source.SIMULATED}
    assert sources(tmp_path, MonitorSettings()) == usual
    with_server = MonitorSettings(prometheus_url="http://127.0.0.1:9", prometheus_names={"node.load1": ""})
    assert sources(tmp_path, with_server) == usual | {Source.PROMETHEUS}
    least = MonitorSettings(by_ssh=False, diagnostics=False, gnocchi=False)
    assert sources(tmp_path, least) == {Source.SIMULATED}
    assert plan(Settings(monitor=MonitorSettings(enabled=False)), Paths(tmp_path, tmp_path), None) is None


def test_a_wrong_name_is_told_before_the_console_starts(tmp_path: Path) -> None:
    own = MonitorSettings(prometheus_url="http://127.0.0.1:9", prometheus_names={"node.cpus": "x"})
    with pytest.raises(ConfigError, match=r"no node\.cpus"):
        plan(Settings(monitor=own), Paths(tmp_path, tmp_path), None)
