"""Who imports whom: the contracts of pyproject.toml, and what they cannot say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PURE = {"__future__", "collections", "re", "yaml", "msgspec", "osvm_tui.domain.errors", "typing"}
BASES = {
    "osvm_tui.cloud.base", "osvm_tui.store.base", "osvm_tui.store.alert_base", "osvm_tui.store.metric_base",
    "osvm_tui.probe.base", "osvm_tui.probe.host_base", "osvm_tui.probe.probe",
}  # fmt: skip
_PARTS = ("", "resources_", "operations_", "insight_", "guests_", "costs_", "monitor_")
FACES = {f"osvm_tui.services.{name}api" for name in _PARTS}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("osvm_tui", include_external_packages=True)


def imported_by(graph: grimp.ImportGraph, package: str) -> set[tuple[str, str]]:
    """Return (importer, imported) for every direct import by a module of `package`."""
    modules = {package, *graph.find_descendants(package)}
    return {(one, other) for one in modules for other in graph.find_modules_directly_imported_by(one)}


def test_the_contracts_hold() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([script, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]
    assert "0 broken" in run.stdout


@pytest.mark.parametrize("adapter", ["osvm_tui.cloud", "osvm_tui.store", "osvm_tui.probe"])
def test_services_see_only_the_base_of_an_adapter(graph: grimp.ImportGraph, adapter: str) -> None:
    seen = {other for _, other in imported_by(graph, "osvm_tui.services") if other.startswith(adapter)}
    assert seen <= BASES


def test_the_ui_sees_of_the_services_only_their_face(graph: grimp.ImportGraph) -> None:
    seen = {other for _, other in imported_by(graph, "osvm_tui.ui") if other.startswith("osvm_tui.services")}
    pure = {"osvm_tui.services.user_data"}
    assert seen <= FACES | pure
    assert {other for module in pure for _, other in imported_by(graph, module)} <= PURE


def test_adapters_are_named_by_the_composition_root_alone(graph: grimp.ImportGraph) -> None:
    concrete = (
        "osvm_tui.cloud.mock", "osvm_tui.cloud.openstack", "osvm_tui.store.sql", "osvm_tui.store.snapshot",
        "osvm_tui.store.metric_sql", "osvm_tui.store.alert_store",
        "osvm_tui.probe.host_keys", "osvm_tui.probe.known_hosts", "osvm_tui.probe.ssh", "osvm_tui.probe.diagnostics",
        "osvm_tui.probe.prometheus", "osvm_tui.probe.gnocchi", "osvm_tui.probe.simulated",
    )  # fmt: skip
    outside = {
        (one, other)
        for package in ("osvm_tui.cli", "osvm_tui.services", "osvm_tui.ui", "osvm_tui.logs", "osvm_tui.settings")
        for one, other in imported_by(graph, package)
        if other.startswith(concrete)
    }
    assert outside == set()


def test_nothing_asks_a_module_by_a_name_that_tells_nothing(graph: grimp.ImportGraph) -> None:
    nothing = {"utils", "util", "helpers", "helper", "common", "manager", "models", "misc"}
    assert {module for module in graph.modules if nothing & set(module.split("."))} == set()
