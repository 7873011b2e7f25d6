"""Guests by SSH, against servers in this process: what is asked, what is refused, and what is not tried again."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
import pytest_asyncio
from msgspec.structs import replace

from osvm_tui.domain.errors import HostKeyChanged, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.known_hosts import fingerprint, host_key
from osvm_tui.domain.metrics import Source
from osvm_tui.domain.vm import Vm
from osvm_tui.probe.backoff import REFUSED_S
from osvm_tui.probe.host_keys import SshHostKeys
from osvm_tui.probe.probe import Target
from osvm_tui.probe.ssh import SshLimits, SshProbe
from osvm_tui.probe.ssh_line import Waits
from tests.unit.probe.ssh_server import SshServer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEBIAN = (Path(__file__).parents[2] / "data" / "guest" / "debian.txt").read_bytes()
HOST, OTHER, MINE = (paramiko.ECDSAKey.generate() for _ in range(3))
WAITS = Waits(banner_s=5.0, login_s=5.0, channel_s=5.0, command_s=1.0)


def answer(channel: paramiko.Channel) -> None:
    channel.sendall(DEBIAN)


class Desk:
    """A probe with its accepted keys, and a clock that stands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seconds = folder, 0.0
        self.keys = SshHostKeys(folder / "known_hosts")
        MINE.write_private_key_file(str(folder / "id"))
        limits = SshLimits(connect_s=0.5, waits=WAITS)
        self.probe = SshProbe(self.keys, limits, now=lambda: NOON, steady=lambda: self.seconds)

    def target(self, server: SshServer, name: str = "vm-1", **more: object) -> Target:
        login = Login(user="ops", key_file=str(self.folder / "id"), port=server.port)
        vm = Vm(endpoint="e", id=name, name="web", status="ACTIVE", vm_state="active")
        told = {"vm": vm, "entry": "c", "address": "127.0.0.1", "login": login, "host_name": name, **more}
        return Target(**told)  # type: ignore[arg-type]

    def accept(self, key: paramiko.PKey = HOST, name: str = "vm-1") -> None:
        self.keys.accept([host_key(name, key.get_name(), key.asbytes())], "test")


@pytest.fixture
def server() -> Iterator[SshServer]:
    with SshServer(HOST, lets_in=MINE, answer=answer) as one:
        yield one


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    one = Desk(tmp_path)
    yield one
    await one.probe.close()


async def test_samples_share_a_connection(desk: Desk, server: SshServer) -> None:
    desk.accept()
    one = await desk.probe.read(desk.target(server))
    assert (one.source, one.at, one.vcpus) == (Source.SSH, NOON, 2)
    await asyncio.gather(*(desk.probe.read(desk.target(server)) for _ in range(3)))
    assert (server.connections, server.commands, desk.probe.connections) == (1, 4, 1)
    await desk.probe.forget(desk.target(server).vm.ref)
    assert desk.probe.connections == 0


async def test_nothing_is_sent_to_a_machine_whose_key_was_not_accepted(desk: Desk, server: SshServer) -> None:
    for _ in range(2):
        with pytest.raises(ProbeNotPermitted, match=r"^host key not accepted yet$"):
            await desk.probe.read(desk.target(server))
    assert server.connections == 0
    desk.accept()
    await desk.probe.read(desk.target(server))


async def test_another_key_is_refused_with_both_before_any_login(desk: Desk, server: SshServer) -> None:
    desk.accept(OTHER)
    for _ in range(2):
        with pytest.raises(HostKeyChanged) as refused:
            await desk.probe.read(desk.target(server))
    assert refused.value.accepted == fingerprint(OTHER.asbytes())
    assert refused.value.shown == fingerprint(HOST.asbytes())
    assert (server.connections, server.logins) == (1, 0)
    desk.keys.forget("vm-1")
    desk.accept()
    await desk.probe.read(desk.target(server))


async def test_a_connection_ends_when_its_key_is_forgotten(desk: Desk, server: SshServer) -> None:
    desk.accept()
    await desk.probe.read(desk.target(server))
    desk.keys.forget("vm-1")
    with pytest.raises(ProbeNotPermitted):
        await desk.probe.read(desk.target(server))
    assert desk.probe.connections == 0


async def test_a_refused_login_is_not_tried_again_soon(desk: Desk) -> None:
    desk.accept()
    with SshServer(HOST, lets_in=OTHER, answer=answer) as server:
        for _ in range(2):
            with pytest.raises(ProbeNotPermitted, match="login refused") as refused:
                await desk.probe.read(desk.target(server))
        assert server.logins == 1
        assert "ops@127.0.0.1" in refused.value.hint
        desk.seconds = REFUSED_S
        server.lets_in = MINE
        await desk.probe.read(desk.target(server))


async def test_a_command_that_hangs_ends_only_its_own_connection(desk: Desk, server: SshServer) -> None:
    desk.accept()
    desk.accept(name="vm-2")
    ended = threading.Event()

    def hang(channel: paramiko.Channel) -> None:
        ended.wait(30)

    with SshServer(HOST, lets_in=MINE, answer=hang) as hung:
        other = asyncio.create_task(desk.probe.read(desk.target(hung, "vm-2")))
        await desk.probe.read(desk.target(server))
        with pytest.raises(ProbeFailed, match="the command did not end in 1 s"):
            await other
        assert desk.probe.connections == 1
        with pytest.raises(ProbeFailed):
            await desk.probe.read(desk.target(hung, "vm-2"))
        ended.set()
        assert (hung.connections, server.connections) == (1, 1)


async def test_a_huge_answer_is_cut(desk: Desk) -> None:
    desk.accept()

    def flood(channel: paramiko.Channel) -> None:
        while True:
            channel.sendall(b"x" * 65536)

    with SshServer(HOST, lets_in=MINE, answer=flood) as server:
        with pytest.raises(ProbeFailed, match="more than 256 KiB"):
            await desk.probe.read(desk.target(server))
        assert desk.probe.connections == 0


async def test_no_command_may_be_run(desk: Desk) -> None:
    desk.accept()
    with SshServer(HOST, lets_in=MINE) as server, pytest.raises(ProbeNotPermitted, match="runs no commands"):
        await desk.probe.read(desk.target(server))


async def test_a_machine_that_came_back_is_read_at_once(desk: Desk, server: SshServer) -> None:
    desk.accept()
    await desk.probe.read(desk.target(server))
    server.cut()
    await desk.probe.read(desk.target(server))
    assert server.connections == 2


@pytest.mark.parametrize(
    ("banner", "words"), [(b"HTTP/1.0 400 Bad Request\r\n\r\n", "does not speak SSH"), (b"SSH-2.0-x\r\n", "speak SSH")]
)
async def test_what_does_not_speak_ssh(desk: Desk, banner: bytes, words: str) -> None:
    desk.accept()
    with SshServer(banner=banner) as server, pytest.raises(ProbeFailed, match=words):
        await desk.probe.read(desk.target(server))


async def test_silence_and_a_closed_port_take_no_thread(desk: Desk, server: SshServer) -> None:
    desk.accept()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        login = Login(key_file=str(desk.folder / "id"), port=silent.getsockname()[1])
        with pytest.raises(ProbeFailed, match=r"^no answer$"):
            await desk.probe.read(desk.target(server, login=login))
    with pytest.raises(ProbeFailed, match=r"^connection refused$"):
        await desk.probe.read(desk.target(server, login=replace(login, user="x")))
    assert len([thread for thread in threading.enumerate() if thread.name.startswith("ssh-probe")]) <= 1


async def test_who_cannot_be_read_is_told_why(desk: Desk, server: SshServer) -> None:
    desk.accept()
    target = desk.target(server)
    assert target.login is not None
    for wrong, words in (
        (replace(target, login=None), "no login rule"),
        (replace(target, address=""), "no address"),
        (replace(target, login=Login(port=server.port)), "no key"),
        (replace(target, login=replace(target.login, key_file="/nowhere")), "cannot be read"),
        (replace(target, login=replace(target.login, bastion=Hop("127.0.0.1"))), "bastion: host key not accepted"),
    ):
        with pytest.raises((ProbeUnfit, ProbeNotPermitted), match=words):
            await desk.probe.read(wrong)
