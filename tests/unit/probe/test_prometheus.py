"""The Prometheus probe over HTTP on loopback: both exporters, who is who, cost, trouble and secrets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import ConfigError, ProbeError, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import DiskCounters, Memory, Mount, NicCounters
from osvm_tui.domain.vm import Address, Vm
from osvm_tui.probe.guest_text import _nics as guest_nics
from osvm_tui.probe.probe import Target
from osvm_tui.probe.prometheus import PrometheusProbe
from osvm_tui.probe.prometheus_http import PrometheusHttp, Server
from osvm_tui.probe.prometheus_names import NAMES, families
from tests.unit.probe.prometheus_server import NOW, Scripted, Series, serving

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
DOMAIN = {"job": "libvirt", "instance": "compute-1:9177", "domain": "instance-0001e06e"}
NODE = {"job": "node", "instance": "10.0.0.5:9100"}


def libvirt(scrape: float = NOW - 20, **more: str) -> dict[str, list[Series]]:
    """Return what an exporter on a compute host tells of one domain."""
    own = DOMAIN | more

    def devices(name: str, values: str) -> list[Series]:
        return [
            ({**own, "target_device": device}, value) for device, value in (pair.split("=") for pair in values.split())
        ]

    told = {
        "time": [(own, str(scrape))], "cpu": [(own, "136215.65")], "vcpus": [(own, "4")],
        "memory": [(own, "16e9")], "memory_available": [(own, "14e9")],
        "read": devices("read", "vda=1000 vdb=10"), "write": devices("write", "vda=2000 vdb=20"),
        "read_ops": devices("read_ops", "vda=3 vdb=1"), "write_ops": devices("write_ops", "vda=4 vdb=NaN"),
        "in": devices("in", "tap1=500"), "out": devices("out", "tap1=600"),
        "in_packets": devices("in_packets", "tap1=5"), "out_packets": devices("out_packets", "tap1=6"),
        "info": [({**own, "instance_id": "v1", "instance_name": "web"}, "1")],
    }  # fmt: skip
    return {NAMES[f"libvirt.{name}"]: rows for name, rows in told.items()}


def node() -> dict[str, list[Series]]:
    """Return what an exporter inside of a guest tells."""
    root = {**NODE, "device": "/dev/vda1", "fstype": "ext4", "mountpoint": "/"}
    told: dict[str, list[Series]] = {
        "time": [({**NODE, "cpu": "0", "mode": "idle"}, str(NOW - 5))], "boot": [(NODE, str(NOW - 1005))],
        "cpu": [({**NODE, "cpu": "1"}, "30"), ({**NODE, "cpu": "0"}, "70")], "load1": [(NODE, "0.5")],
        "load5": [(NODE, "0.4")], "load15": [(NODE, "0.3")], "memory": [(NODE, "1000")],
        "memory_available": [(NODE, "250")], "mount": [(root, "100")], "mount_free": [(root, "40")],
        "mount_available": [(root, "35")],
        "info": [({**NODE, "nodename": "web", "sysname": "Linux"}, "1")],
    }  # fmt: skip
    return {NAMES[f"node.{name}"]: rows for name, rows in told.items()}


def vm(vm_id: str = "v1", **more: object) -> Target:
    made = {"endpoint": "e", "id": vm_id, "name": f"n-{vm_id}", "status": "ACTIVE", "vm_state": "active", **more}
    return Target(vm=Vm(**made), entry="e")  # type: ignore[arg-type]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with serving(Scripted({})) as one:
        yield one


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def probe(scripted: Scripted, clock: Clock | None = None, more: Server | None = None) -> PrometheusProbe:
    server = replace(more or Server(url=""), url=scripted.url, read_s=2, reply_bytes=100_000)
    return PrometheusProbe(PrometheusHttp(server), families({}), now=lambda: AT, steady=clock or Clock())


async def test_a_libvirt_exporter_finds_a_vm_by_the_id_that_its_info_tells(scripted: Scripted) -> None:
    scripted.tables = libvirt()
    reading = await probe(scripted).read(vm())
    assert (reading.cpu_busy_s, reading.vcpus, reading.core_busy_s) == (136215.65, 4, ())
    assert reading.memory == Memory(16 * 10**9, 14 * 10**9, 2 * 10**9)
    assert reading.disks == (DiskCounters("vda", 1000, 2000, 3, 4),), "a device that is told in part is not told"
    assert reading.nics == (NicCounters("tap1", 500, 600, 5, 6),)
    assert (reading.at, reading.clock_s) == (AT - timedelta(seconds=20), NOW - 20), "as old as the last scrape"
    assert set(scripted.moments) == {"", f"{NOW:.3f}"}
    assert scripted.moments.count("") == 2, "all that is asked of an exporter is of one moment"


async def test_a_node_exporter_tells_more_and_is_found_by_address_or_name(scripted: Scripted) -> None:
    scripted.tables = node() | libvirt()
    reading = await probe(scripted).read(vm(addresses=(Address("n", "10.0.0.5"),)))
    assert (reading.core_busy_s, reading.cpu_busy_s, reading.vcpus) == ((70.0, 30.0), 100.0, 2)
    assert (reading.load, reading.memory) == ((0.5, 0.4, 0.3), Memory(1000, 250, 750))
    assert reading.mounts == (Mount("/", 100, 60, 35),)
    assert reading.uptime_s == 1000
    named = await probe(scripted).read(vm("v9", name="web"))
    assert named.boot_id == reading.boot_id


async def test_what_two_vms_could_claim_is_neither_s_until_one_is_gone_or_has_another_address(
    scripted: Scripted,
) -> None:
    scripted.tables = node()
    own = probe(scripted)
    address = (Address("n", "10.0.0.5"),)
    first, second = (vm(each, addresses=address) for each in ("a", "b"))
    own.know([first.vm, second.vm])
    for each in (first, second):
        with pytest.raises(ProbeUnfit, match="not known"):
            await own.read(each)
    own.know([], [second.vm.ref])
    assert (await own.read(first)).vcpus == 2
    own.know([vm("a").vm, second.vm])
    assert (await own.read(second)).vcpus == 2, "the address has moved"
    with pytest.raises(ProbeUnfit):
        await own.read(vm("a"))
    own.know([first.vm], anew=True)
    assert (await own.read(first)).vcpus == 2


async def test_a_name_that_another_vm_has_too_is_no_proof_though_nobody_asks_about_that_one(scripted: Scripted) -> None:
    scripted.tables = node()
    own = probe(scripted)
    still = replace(vm("other", name="web").vm, vm_state="stopped")
    own.know([still, vm("v9", name="web").vm])
    with pytest.raises(ProbeUnfit, match="not known"):
        await own.read(vm("v9", name="web"))
    own.know([replace(still, name="web-2"), replace(vm("v9", name="web").vm, endpoint="another way to it")])
    assert (await own.read(vm("v9", name="web"))).vcpus == 2, "one VM that two entries show is one"


@pytest.mark.parametrize(
    ("device", "counted"),
    [("eth0", True), ("ens3", True), ("enp1s0f0", True), ("ib0", True), ("local1", True), *(
        (name, False) for name in (
            "lo", "veth12", "docker0", "br-12ab", "cali0a1b2c3d4e5", "cni0", "flannel.1", "lxc1234", "tun0", "bond0",
            "eth0.100", "wg0", "cilium_host", "kube-ipvs0", "nodelocaldns", "vxlan.calico", "virbr0",
        )
    )],
)  # fmt: skip
def test_only_interfaces_with_hardware_are_counted(device: str, counted: bool) -> None:
    for name in ("in", "out", "in_packets", "out_packets"):
        (pattern,) = re.findall(r'device!~"([^"]*)"', NAMES[f"node.{name}"])
        assert (re.fullmatch(pattern, device) is None) is counted
    header = "Inter-\n face\n" + f"{device}: " + " ".join(["1"] * 16)
    assert bool(guest_nics(header.split("\n"), (), ())) is counted


async def test_a_vm_that_moved_is_read_from_its_newest_host(scripted: Scripted) -> None:
    there, here = libvirt(), libvirt(NOW - 1, instance="compute-2:9177")
    scripted.tables = {query: there[query] + here[query] for query in there}
    reading = await probe(scripted).read(vm())
    assert reading.clock_s == NOW - 1
    assert "compute-2:9177" in reading.boot_id


async def test_a_hundred_vms_cost_as_many_queries_as_one(scripted: Scripted) -> None:
    clock = Clock()
    tables = [libvirt(domain=f"instance-{n}") for n in range(100)]
    scripted.tables = {query: [row for table in tables for row in table[query]] for query in tables[0]}
    own = probe(scripted, clock)
    await asyncio.gather(*(own.read(vm(f"v{n}", instance_name=f"instance-{n}")) for n in range(100)))
    queries = len(families({})[1].queries) + 1  # one more asks whether there is a node_exporter
    assert len(scripted.asked) == queries
    clock.now += 11
    await own.read(vm("v3", instance_name="instance-3"))
    assert len(scripted.asked) == 2 * queries


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, b"no", ProbeNotPermitted, "not permitted"),
        (401, b"no", ProbeNotPermitted, "not permitted"),
        (302, b"x", ProbeFailed, "answers 302"),
        (503, b"x", ProbeFailed, "answers 503"),
        (200, b"<html>", ProbeFailed, "not its JSON"),
        (200, b"x" * 200_000, ProbeFailed, "more than 100000 bytes"),
        (400, b'{"status":"error","error":"parse error"}', ProbeFailed, "parse error"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', ProbeFailed, "no vector"),
        (200, b'{"status":"success","data":{"resultType":"vector","result":[{}]}}', ProbeFailed, "no vector"),
    ],
)
async def test_answers_that_are_none(
    scripted: Scripted, status: int, body: bytes, kind: type[ProbeError], words: str
) -> None:
    scripted.status, scripted.body = status, body
    own = probe(scripted)
    for _ in range(2):
        with pytest.raises(kind, match=words) as raised:
            await own.read(vm())
        assert type(raised.value) is kind
    assert len(scripted.asked) == 1, "trouble is told to all who ask, the server is asked once"


async def test_a_server_that_is_not_there() -> None:
    lost = PrometheusProbe(PrometheusHttp(Server(url="http://127.0.0.1:9", connect_s=1)), families({}))
    with pytest.raises(ProbeFailed, match="cannot be reached"):
        await lost.read(vm())
    await lost.close()


async def test_secrets_sign_and_show_nowhere(scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\n")
    scripted.status = 403
    for server, signed in (
        (Server(url="u", token_file=str(tmp_path / "token"), user="u"), "Bearer hunter2"),
        (Server(url="u", token="hunter2"), "Bearer hunter2"),
        (Server(url="u", user="u", password="hunter2"), "Basic dTpodW50ZXIy"),
        (Server(url="u"), ""),
    ):
        with pytest.raises(ProbeNotPermitted) as raised:
            await probe(scripted, more=server).read(vm())
        assert scripted.signed[-1] == signed
        assert "hunter2" not in f"{raised.value} {raised.value.hint} {server!r}"
    with pytest.raises(ProbeFailed, match="cannot be read"):
        await probe(scripted, more=Server(url="u", token_file=str(tmp_path / "none"))).read(vm())


def test_names_may_be_replaced_left_out_and_must_be_known() -> None:
    own, _ = families({"node.cpu": "my_cpu", "node.load1": "", "node.vm": " host , instance "})
    assert own.queries["cpu"] == "my_cpu"
    assert "load1" not in own.queries
    assert own.vm == ("host", "instance")
    with pytest.raises(ConfigError, match=r"no node\.cpus"):
        families({"node.cpus": "x"})
    with pytest.raises(ConfigError, match=r"node\.time is needed"):
        families({"node.time": ""})
