"""Asking machines for their host keys: what they show or do instead, and a bastion that is not the one it was."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from osvm_tui.domain.errors import GuestError, HostKeyChanged
from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.known_hosts import fingerprint
from osvm_tui.probe.host_keys import SshHostKeys
from tests.unit.probe.ssh_server import SshServer

ECDSA, OTHER = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
RSA = paramiko.RSAKey.generate(2048)


@pytest.fixture
def server() -> Iterator[SshServer]:
    with SshServer(ECDSA, RSA) as one:
        yield one


@pytest.fixture
def keys(tmp_path: Path) -> SshHostKeys:
    return SshHostKeys(tmp_path / "known_hosts", wait_s=5.0)


def at(server: SshServer) -> Hop:
    return Hop("127.0.0.1", server.port)


async def test_every_kind_of_key_is_shown_under_the_name_that_was_asked(keys: SshHostKeys, server: SshServer) -> None:
    shown = await keys.shown(at(server), "vm-1", Login())
    assert [(key.type, key.fingerprint) for key in shown] == [
        (key.get_name(), fingerprint(key.asbytes())) for key in (ECDSA, RSA)
    ]
    keys.accept(shown, "web-3")
    assert keys.accepted("vm-1") == shown


async def test_a_machine_that_does_not_answer_or_speaks_something_else_is_told(keys: SshHostKeys) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        with pytest.raises(GuestError, match="does not answer: Connection refused"):
            await keys.shown(Hop("127.0.0.1", one.getsockname()[1]), "vm-1", Login())
    with SshServer(banner=b"HTTP/1.0 400 Bad Request\r\n\r\n") as web, pytest.raises(GuestError, match="speak SSH"):
        await keys.shown(at(web), "vm-1", Login())


async def test_a_machine_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hop = Hop("127.0.0.1", silent.getsockname()[1])
        with pytest.raises(GuestError, match="speak SSH"):
            await SshHostKeys(tmp_path / "known_hosts", wait_s=0.2).shown(hop, "vm-1", Login())


async def test_nothing_goes_through_a_bastion_that_was_not_accepted(keys: SshHostKeys, server: SshServer) -> None:
    with pytest.raises(GuestError, match="not accepted yet"):
        await keys.shown(Hop("10.0.0.5"), "vm-1", Login(bastion=at(server)))


async def test_a_bastion_that_is_another_one_gets_no_login(
    keys: SshHostKeys, server: SshServer, tmp_path: Path
) -> None:
    bastion = at(server)
    keys.accept(await keys.shown(bastion, bastion.known_as, Login(bastion=bastion)), "gate")
    login = Login(bastion=bastion, key_file=str(tmp_path / "id"))
    with pytest.raises(GuestError, match="cannot be read: No such file"):
        await keys.shown(Hop("10.0.0.5"), "vm-1", login)
    (tmp_path / "id").write_text("no key")
    with pytest.raises(GuestError, match="is no private key"):
        await keys.shown(Hop("10.0.0.5"), "vm-1", login)
    RSA.write_private_key_file(login.key_file)
    with pytest.raises(GuestError, match="does not let us in"):
        await keys.shown(Hop("10.0.0.5"), "vm-1", login)
    server.keys = (OTHER,)
    with pytest.raises(HostKeyChanged) as caught:
        await keys.shown(Hop("10.0.0.5"), "vm-1", login)
    assert caught.value.shown == fingerprint(OTHER.asbytes())
    assert "--bastion" in caught.value.hint


async def test_a_key_with_a_passphrase_is_told_with_what_to_do(
    keys: SshHostKeys, server: SshServer, tmp_path: Path
) -> None:
    bastion = at(server)
    keys.accept(await keys.shown(bastion, bastion.known_as, Login(bastion=bastion)), "gate")
    RSA.write_private_key_file(str(tmp_path / "id"), password="secret")
    with pytest.raises(GuestError, match="has a passphrase") as caught:
        await keys.shown(Hop("10.0.0.5"), "vm-1", Login(bastion=bastion, key_file=str(tmp_path / "id")))
    assert "agent = true" in caught.value.hint
