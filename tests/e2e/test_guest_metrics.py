"""Metrics of a guest by SSH, from a real sshd on this very host: what psutil says of it, and what is refused.

Tolerances: counters must lie between psutil's before and after the same reading (CPU time: 0.05 s, memory and disk
space: 32 MiB beyond), so the rates of a sample are psutil's over the same span.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from msgspec.structs import replace

from osvm_tui.domain.errors import HostKeyChanged, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.metrics import Reading, Sample
from osvm_tui.domain.sampling import sample
from osvm_tui.probe.probe import Target
from osvm_tui.probe.ssh import SshLimits, SshProbe
from osvm_tui.probe.ssh_line import Waits
from tests.e2e.guest_field import MANY, Loopback
from tests.e2e.sshd import Sshd, make_key, missing

pytestmark = [
    pytest.mark.skipif("OSVM_TEST_SSHD" not in os.environ, reason="no sshd: OSVM_TEST_SSHD is not set"),
    pytest.mark.timeout(120),
]
MIB = 2**20
SLACK = 32 * MIB
LIMITS = SshLimits(waits=Waits(command_s=2.0))


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Loopback]:
    assert not missing(), f"not installed: {missing()}"
    one = Loopback(tmp_path)
    with one.built():
        yield one


@pytest.fixture
def guest(field: Loopback) -> Target:
    target = field.target(0)
    field.accept(target)
    return target


@pytest_asyncio.fixture
async def probe(field: Loopback) -> AsyncIterator[SshProbe]:
    one = SshProbe(field.keys, LIMITS, also=("lo",))
    yield one
    await one.close()


class Counters:
    """What psutil says at one moment."""

    def __init__(self) -> None:
        self.busy = [_busy(times) for times in psutil.cpu_times(percpu=True)]
        self.memory = psutil.virtual_memory()
        self.disks, self.nics = psutil.disk_io_counters(perdisk=True), psutil.net_io_counters(pernic=True)
        self.root = psutil.disk_usage("/")


def _busy(times: object) -> float:
    return float(sum(getattr(times, name) for name in ("user", "nice", "system", "irq", "softirq", "steal")))


class Between:
    """One reading with what psutil said before and after it."""

    def __init__(self, before: Counters, reading: Reading, after: Counters) -> None:
        self.before, self.reading, self.after = before, reading, after


async def read(probe: SshProbe, guest: Target) -> Between:
    before = Counters()
    reading = await probe.read(guest)
    return Between(before, reading, Counters())


@contextmanager
def burning() -> Iterator[None]:
    """Keep one core busy."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def fill_memory(mib: int) -> bytearray:
    """Take memory and touch each page of it."""
    taken = bytearray(mib * MIB)
    taken[::4096] = b"x" * len(taken[::4096])
    return taken


def write_disk(file: Path, mib: int) -> None:
    """Write to the disk itself."""
    with open(file, "wb") as out:
        for _ in range(mib):
            out.write(os.urandom(MIB))
        out.flush()
        os.fsync(out.fileno())


def send_loopback(mib: int) -> None:
    """Send through loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = threading.Thread(target=_send, args=(server.getsockname(), mib))
        sender.start()
        line, _ = server.accept()
        with line:
            while line.recv(MIB):
                pass
        sender.join()


def _send(address: tuple[str, int], mib: int) -> None:
    with socket.create_connection(address) as line:
        for _ in range(mib):
            line.sendall(b"x" * MIB)


def check(name: str, count: float, least: float, most: float, slack: float = 1.0) -> None:
    """Fail unless what was counted lies between two counts of psutil."""
    print(f"{name}: {count:.1f} of {least:.1f} to {most:.1f}")
    assert least - slack <= count <= most + slack, name


def between(one: Between, two: Between, of: Callable[[Counters], float]) -> tuple[float, float]:
    """Return the least and the most that psutil can have counted between two readings."""
    return of(two.before) - of(one.after), of(two.after) - of(one.before)


DISK = {"read_bytes": "read_bytes", "write_bytes": "write_bytes", "read_ops": "read_count", "write_ops": "write_count"}
NIC = {
    "in_bytes": "bytes_recv", "out_bytes": "bytes_sent", "in_packets": "packets_recv", "out_packets": "packets_sent",
}  # fmt: skip


def check_devices(one: Between, two: Between, took: Sample, span: float) -> None:
    for devices, counters, fields in ((took.disks, "disks", DISK), (took.nics, "nics", NIC)):
        assert devices
        for each in devices:
            for ours, theirs in fields.items():
                said = partial(_counter, counters, each.device, theirs)
                check(f"{each.device} {ours}", getattr(each, ours) * span, *between(one, two, said))


def _counter(counters: str, device: str, field: str, end: Counters) -> float:
    return float(getattr(getattr(end, counters)[device], field))


def check_cpu(one: Between, two: Between, took: Sample, span: float) -> None:
    assert len(took.cores) == psutil.cpu_count()
    assert took.cpu is not None
    cores = len(took.cores)
    check("cpu s", took.cpu / 100 * span * cores, *between(one, two, lambda end: sum(end.busy)), slack=0.05 * cores)
    for index, core in enumerate(took.cores):
        said = between(one, two, partial(_core, index))
        check(f"core {index} s", core / 100 * span, *said, slack=0.05)
    assert took.cpu > 90 / cores


def check_memory(one: Between, two: Between) -> None:
    used = []
    for reading in (one, two):
        memory, said = reading.reading.memory, (reading.before.memory, reading.after.memory)
        assert memory is not None
        assert memory.total == said[0].total
        used.append(memory.used or 0)
        check("memory", used[-1], min(each.used for each in said), max(each.used for each in said), slack=SLACK)
    check("memory taken", used[1] - used[0], *between(one, two, lambda end: float(end.memory.used)), slack=2 * SLACK)


def _core(index: int, end: Counters) -> float:
    return end.busy[index]


async def test_a_sample_under_load_is_what_psutil_says(probe: SshProbe, guest: Target, tmp_path: Path) -> None:
    one = await read(probe, guest)
    with burning():
        taken = fill_memory(300)
        write_disk(tmp_path / "file", 64)
        send_loopback(200)
        await asyncio.sleep(1.0)
        two = await read(probe, guest)
    took = sample(one.reading, two.reading)
    span = took.span_s or 0.0
    check_cpu(one, two, took, span)
    check_devices(one, two, took, span)
    loopback = next(nic for nic in took.nics or () if nic.device == "lo")
    assert loopback.in_bytes * span >= 200 * MIB
    assert sum(disk.write_bytes for disk in took.disks or ()) * span >= 64 * MIB
    check_memory(one, two)
    root = next(mount for mount in took.mounts if mount.path == "/")
    assert root.size == two.after.root.total
    assert abs(root.used - two.after.root.used) <= SLACK
    assert took.load == pytest.approx(os.getloadavg(), abs=1.0)
    assert took.uptime_s == pytest.approx(time.time() - psutil.boot_time(), abs=3)
    wtmp = Path("/var/log/wtmp")
    if wtmp.exists() and wtmp.stat().st_mtime > psutil.boot_time():
        assert took.login_at is not None, "the guest keeps a record of logins"
        assert took.login_at.timestamp() == pytest.approx(wtmp.stat().st_mtime, abs=3), "we are not in it"
    del taken


async def test_another_host_key_is_refused_and_shown(field: Loopback, probe: SshProbe, guest: Target) -> None:
    await probe.read(guest)
    server, old = field.servers[0], field.servers[0].fingerprint
    server.stop()
    server.new_host_keys()
    server.start()
    with pytest.raises(HostKeyChanged) as refused:
        await probe.read(guest)
    assert (refused.value.accepted, refused.value.shown) == (old, server.fingerprint)
    assert "osvm ssh forget live-0" in refused.value.hint
    assert "Accepted" not in server.log.rpartition("Server listening")[2]


async def test_a_refused_login_leaves_one_line_in_the_log_of_the_guest(
    field: Loopback, probe: SshProbe, guest: Target
) -> None:
    make_key(field.folder / "other")
    assert guest.login is not None
    stranger = replace(guest, login=replace(guest.login, key_file=str(field.folder / "other")))
    for _ in range(3):
        with pytest.raises(ProbeNotPermitted, match="login refused"):
            await probe.read(stranger)
    assert len(re.findall("Failed publickey", field.servers[0].log)) == 1
    await probe.read(guest)


@pytest.fixture
def agent(field: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The operator's agent, with the key in it."""
    sock = field.folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(sock)], stdout=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while not sock.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(sock))
    subprocess.run(["ssh-add", "-q", str(field.key)], check=True, capture_output=True)
    yield
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("agent")
async def test_the_agent_is_asked_only_where_a_rule_says_so(probe: SshProbe, guest: Target) -> None:
    assert guest.login is not None
    no_key = replace(guest.login, key_file="")
    with pytest.raises(ProbeUnfit, match="no key"):
        await probe.read(replace(guest, login=no_key))
    await probe.read(replace(guest, login=replace(no_key, agent=True)))
    with pytest.raises(ProbeNotPermitted, match="login refused"):
        await probe.read(replace(guest, login=replace(no_key, agent=True, user="nobody")))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exec sleep 60", "the command did not end in 2 s"),
        ("exec yes", "more than 256 KiB"),
        ("exec yes >&2", "more than 256 KiB"),
        ("echo Please login as the user debian; exit 1", "Please login as the user debian"),
    ],
)
async def test_a_guest_that_misbehaves_loses_its_connection(
    field: Loopback, probe: SshProbe, guest: Target, script: str, words: str
) -> None:
    await probe.read(guest)
    shell = field.servers[0].folder / "shell"
    usual = shell.read_text()
    shell.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(ProbeFailed, match=words):
        await probe.read(guest)
    assert probe.connections == 0
    shell.write_text(usual)
    await probe.forget(guest.vm.ref)
    await probe.read(guest)


async def test_through_a_bastion(field: Loopback, probe: SshProbe, guest: Target) -> None:
    folder = field.folder / "bastion"
    with Sshd(folder, field.key, more=MANY.format(folder=folder)) as bastion:
        hop = Hop("127.0.0.1", bastion.port, bastion.user)
        assert guest.login is not None
        behind = replace(guest, login=replace(guest.login, bastion=hop))
        with pytest.raises(ProbeNotPermitted, match="bastion: host key not accepted yet"):
            await probe.read(behind)
        field.keys.accept(await field.keys.shown(hop, hop.known_as, Login()), "bastion")
        await probe.read(behind)
        other = replace(behind, vm=replace(behind.vm, id="other"))
        await probe.read(other)
        assert probe.connections == 3
        assert bastion.log.count("connected to 127.0.0.1") == 2
        bastion.cut()
        await probe.read(behind)
        assert bastion.log.count("Accepted publickey") == 2
    with pytest.raises(ProbeFailed, match="bastion: connection refused"):
        await probe.read(behind)
