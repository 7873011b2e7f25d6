"""openstacksdk, which knows nothing of the simulation, works through the HTTP face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osvm_tui.cloud.mock import clouds_yaml, face, faults
from osvm_tui.cloud.mock.seed import reset


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path: Path = tmp_path_factory.mktemp("sdk") / "cloud.db"
    reset(path, vms=40, seed=3)
    faults.set_knobs(path, durations=0.0)
    with face.served(path) as url:
        yield url


@pytest.fixture(scope="module")
def clouds(url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the SDK's reading of the printed clouds.yaml."""
    from openstack.config import OpenStackConfig

    file = tmp_path_factory.mktemp("config") / "clouds.yaml"
    file.write_text(clouds_yaml.text(url))
    return OpenStackConfig(config_files=[str(file)], secure_files=[], vendor_files=[], load_envvars=False)


def connect(clouds: Any, entry: str) -> Any:
    """Return an SDK connection for an entry."""
    from openstack.connection import Connection

    return Connection(config=clouds.get_one(entry))


@pytest.fixture
def demo(clouds: Any) -> Iterator[Any]:
    with connect(clouds, "demo") as connection:
        yield connection


def test_every_entry_logs_in(clouds: Any) -> None:
    assert set(clouds_yaml.ENTRIES) <= set(clouds.get_cloud_names())
    for entry, (_, project) in clouds_yaml.ENTRIES.items():
        with connect(clouds, entry) as connection:
            assert (entry, connection.current_project.name) == (entry, project)


def test_servers_list_and_show(demo: Any) -> None:
    servers = list(demo.compute.servers(details=True, limit=3))
    assert len(servers) > 3
    shown = demo.compute.get_server(servers[0].id)
    assert (shown.name, shown.status) == (servers[0].name, servers[0].status)
    assert {server.project_id for server in servers} == {demo.current_project_id}


def test_an_administrator_sees_all_projects(clouds: Any) -> None:
    with connect(clouds, "admin") as admin:
        owners = {server.project_id for server in admin.compute.servers(all_projects=True)}
        known = {project.id for project in admin.identity.projects()}
    assert len(owners) > 2
    assert owners <= known


def test_stop_and_start(demo: Any) -> None:
    server = next(s for s in demo.compute.servers(status="ACTIVE") if not s.task_state and not s.is_locked)
    demo.compute.stop_server(server)
    assert demo.compute.wait_for_server(server, status="SHUTOFF", interval=0.1, wait=10).vm_state == "stopped"
    demo.compute.start_server(server)
    assert demo.compute.wait_for_server(server, interval=0.1, wait=10).vm_state == "active"


def test_a_refusal_is_the_sdks_own_exception(demo: Any) -> None:
    import openstack

    server = next(s for s in demo.compute.servers(status="SHUTOFF") if not s.is_locked)
    with pytest.raises(openstack.exceptions.ConflictException, match="in vm_state stopped"):
        demo.compute.stop_server(server)
    with pytest.raises(openstack.exceptions.NotFoundException):
        demo.compute.get_server("00000000-0000-0000-0000-000000000000")


def test_create_and_delete(demo: Any) -> None:
    network = next(net for net in demo.network.networks() if not net.is_router_external)
    flavor = min(demo.compute.flavors(), key=lambda f: f.ram)
    image = next(i for i in demo.image.images() if i.name.startswith("cirros"))
    made = demo.compute.create_server(
        name="made-by-sdk", flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}]
    )
    server = demo.compute.wait_for_server(made, interval=0.1, wait=10)
    assert (server.name, server.status, list(server.addresses)) == ("made-by-sdk", "ACTIVE", [network.name])
    port = next(demo.network.ports(device_id=server.id))
    assert port.fixed_ips[0]["ip_address"] == server.addresses[network.name][0]["addr"]
    assert demo.compute.get_server_console_output(server)["output"]
    demo.compute.delete_server(server)
    demo.compute.wait_for_delete(server, interval=0.1, wait=10)
    assert not list(demo.network.ports(device_id=server.id))


def test_the_other_services_answer(demo: Any) -> None:
    assert {image.status for image in demo.image.images()} >= {"active"}
    assert next(demo.network.subnets()).cidr
    assert next(demo.network.security_groups()).name
    assert demo.compute.get_limits().absolute.instances > 0
    assert [zone.name for zone in demo.compute.availability_zones()] == ["nova"]


def test_volumes_through_the_sdk(demo: Any) -> None:
    volume = demo.block_storage.create_volume(name="sdk", size=2)
    volume = demo.block_storage.wait_for_status(volume, "available", interval=0.05, wait=10)
    server = next(demo.compute.servers(details=True, status="SHUTOFF"))
    held = demo.compute.create_volume_attachment(server, volume_id=volume.id)
    assert held.device
    volume = demo.block_storage.wait_for_status(volume, "in-use", interval=0.05, wait=10)
    assert volume.attachments[0]["server_id"] == server.id
    demo.compute.delete_volume_attachment(server, volume.id)
    volume = demo.block_storage.wait_for_status(volume, "available", interval=0.05, wait=10)
    demo.block_storage.delete_volume(volume)
    assert volume.id not in [row.id for row in demo.block_storage.volumes()]
    assert demo.block_storage.get_limits().absolute.total_gigabytes_used > 0
