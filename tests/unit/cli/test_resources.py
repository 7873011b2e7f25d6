"""`osvm KIND list` and the verbs on what VMs stand on, on a simulated cloud."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from osvm_tui.cli.resource_groups import group
from osvm_tui.cli.resource_rows import ROWS
from osvm_tui.cli.root import RESOURCES
from osvm_tui.cloud.mock.accounts import project_by
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from tests.unit.cli.conftest import Osvm


def phases(cloud: Osvm, action: str) -> list[str]:
    rows = cloud(f"audit list -o json --action {action}").json
    return [row["entry"]["phase"] for row in reversed(rows)]


def test_every_kind_has_its_group_and_every_verb_its_command() -> None:
    assert set(RESOURCES) == {kind.value for kind in CatalogKind} == {kind.value for kind in ROWS}
    for spec in RESOURCE_ACTIONS.values():
        command = group(spec.kind.value).commands[spec.id.partition(".")[2]]
        options = {name for param in command.params for name in (param.name or "", *param.opts)}
        named = spec.creates and any(param.name == "name" for param in spec.params)
        wanted = {param.name for param in spec.params} - ({"name"} if named else set())
        assert wanted <= options, spec.id


def test_every_kind_is_listed(cloud: Osvm) -> None:
    for kind in CatalogKind:
        told = cloud(f"{kind.value} list")
        assert told.code == 0, (kind, told.err)
        assert told.out.splitlines()[0].split()[0] == ROWS[kind][0][0].split()[0]
        assert len(told.out.splitlines()) > 1, kind
    assert {item["entry"] for item in cloud("flavor list -o json").json} == {"mock"}


def test_a_volume_is_made_grown_renamed_and_deleted_by_name(cloud: Osvm) -> None:
    assert cloud("volume create data-9 --size-gib 3").code == 0
    assert cloud("volume extend data-9 --size-gib 20").code == 0
    found = [item for item in cloud("volume list -o json").json if item["name"] == "data-9"]
    assert [item["size_gib"] for item in found] == [20]
    assert cloud("volume rename data-9 --name disk-9").code == 0
    told = cloud("volume delete disk-9")
    assert (told.code, "--yes" in told.err) == (2, True)
    assert cloud("volume delete disk-9 --yes").code == 0
    assert phases(cloud, "volume.extend") == ["requested", "done"]
    assert cloud("audit verify").code == 0


def test_a_rule_is_added_and_taken_away(cloud: Osvm) -> None:
    assert cloud("security-group create shop --description web").code == 0
    assert cloud("security-group add-rule shop --ports 8443 --remote-cidr 10.0.0.0/8").code == 0
    told = cloud("security-group delete-rule shop --rule", "ingress tcp 8443 from 10.0.0.0/8")
    assert told.code == 0, told.err
    assert cloud("security-group delete-rule shop --rule", "ingress tcp 8443 from 10.0.0.0/8").code == 2


def test_a_private_key_stands_alone_on_standard_output(cloud: Osvm, bare: Path) -> None:
    told = cloud("keypair create ops")
    assert told.code == 0, told.err
    lines = told.out.strip().splitlines()
    assert "PRIVATE KEY" in lines[0]
    assert "PRIVATE KEY" in lines[-1]
    assert "kept nowhere else" in told.err
    kept = [file for file in (bare / "state").rglob("*") if file.is_file() and "mock-cloud" not in file.name]
    assert not [file for file in kept if lines[1].encode() in file.read_bytes()]
    assert stat.S_IMODE((bare / "state" / "osvm.db").stat().st_mode) == 0o600


def test_an_address_is_taken_from_a_pool_by_its_name(cloud: Osvm) -> None:
    assert cloud("floating-ip allocate --network public").code == 0
    told = cloud("floating-ip allocate --network pblic")
    assert (told.code, "near are: public" in told.err) == (2, True)


def test_what_is_in_use_is_refused_and_audited_and_what_is_unknown_told(cloud: Osvm) -> None:
    used = next(item for item in cloud("volume list -o json").json if item["attachments"])
    told = cloud(f"volume delete {used['id']} --yes")
    assert (told.code, "in use" in told.err) == (3, True)
    assert phases(cloud, "volume.delete") == ["refused"]
    assert cloud("volume delete nothing --yes").code == 1
    cloud("volume create twin")
    cloud("volume create twin")
    told = cloud("volume extend twin --size-gib 20")
    assert told.code == 5
    assert len(told.err.splitlines()) == 4


def test_what_only_an_admin_of_the_console_may_do(cloud: Osvm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud("service disable compute-01 --reason upkeep").code == 3
    monkeypatch.setenv("OSVM_CONSOLE_ROLE", "admin")
    assert cloud("service disable compute-01 --reason upkeep").code == 0
    told = cloud("service disable compute-01 --reason upkeep")
    assert (told.code, "compute-01 is disabled" in told.err) == (3, True)


@pytest.mark.parametrize("project", ["admin", project_by("admin").id])  # type: ignore[union-attr]
def test_an_entry_logs_in_to_the_project_of_its_settings(cloud: Osvm, bare: Path, project: str) -> None:
    (bare / "home" / "osvm-tui").mkdir(parents=True)
    (bare / "home" / "osvm-tui" / "config.toml").write_text(f'[cloud.mock]\nproject = "{project}"\n')
    (view,) = cloud("doctor -o json").json["health"]["scopes"]
    assert view["scope"]["project_name"] == "admin"


def test_a_read_only_console_refuses_every_change_and_still_looks(cloud: Osvm, bare: Path) -> None:
    for line in ("volume create x", "vm stop web-01", "keypair create x"):
        told = cloud(f"--read-only {line}")
        assert (told.code, "this console is read-only" in told.err) == (3, True), line
    assert cloud("--read-only vm list").code == 0
    (bare / "home" / "osvm-tui").mkdir(parents=True)
    (bare / "home" / "osvm-tui" / "config.toml").write_text("[cloud.mock]\nread_only = true\n")
    told = cloud("vm stop web-01")
    assert (told.code, "mock is read-only here" in told.err) == (3, True)
    assert phases(cloud, "stop") == ["refused", "refused"]
