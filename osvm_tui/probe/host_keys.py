"""`SshHostKeys`: the file of accepted keys, and handshakes by paramiko on threads, always with a time-out.

Only the bastion is ever logged in to, and only when the key that it shows was accepted before.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osvm_tui.domain.errors import GuestError, HostKeyChanged
from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.known_hosts import HostKey, fingerprint, host_key
from osvm_tui.probe.base import FORGET_BASTION, HostKeys
from osvm_tui.probe.known_hosts import KnownHosts
from osvm_tui.probe.private_keys import locked, private_key, words_of

if TYPE_CHECKING:
    from paramiko import SSHClient

KINDS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
"""A host shows one key at a time: each kind is asked for by a handshake of its own, as ssh-keyscan does."""
_WAIT_S = 10.0
_WORKERS = 4

Dial = Callable[[], Any]
"""Opens a connection to a machine: a socket, or a channel of a bastion."""


class SshHostKeys(HostKeys):
    """Accepted keys in `file`; shown keys by asking."""

    def __init__(self, file: Path, wait_s: float = _WAIT_S) -> None:
        self._known, self._wait_s = KnownHosts(file), wait_s
        self._executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="host-keys")
        # It would write whole tracebacks of strangers' broken servers into our log.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)

    @property
    def file(self) -> str:
        return str(self._known.path)

    def accepted(self, name: str) -> tuple[HostKey, ...]:
        return self._known.accepted(name)

    def reread(self) -> None:
        self._known.reread()

    def accept(self, keys: Sequence[HostKey], remark: str) -> None:
        self._known.accept(keys, remark)

    def forget(self, name: str) -> tuple[HostKey, ...]:
        return self._known.forget(name)

    async def shown(self, host: Hop, name: str, login: Login) -> tuple[HostKey, ...]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._ask, host, name, login)

    def _ask(self, host: Hop, name: str, login: Login) -> tuple[HostKey, ...]:
        if login.bastion is None or host == login.bastion:
            return self._handshakes(host, name, lambda: self._direct(host))
        with self._bastion(login.bastion, login) as bastion:
            return self._handshakes(host, name, lambda: self._onwards(bastion, host, login))

    def _handshakes(self, host: Hop, name: str, dial: Dial) -> tuple[HostKey, ...]:
        keys = [key for kinds in KINDS if (key := self._handshake(host, name, dial(), kinds)) is not None]
        if not keys:
            raise GuestError(f"{host} shows no host key of a kind that we know")
        return tuple(keys)

    def _handshake(self, host: Hop, name: str, line: Any, kinds: tuple[str, ...]) -> HostKey | None:
        """Return the key of one kind that a host shows, None when it has none of this kind."""
        import paramiko
        from paramiko.ssh_exception import IncompatiblePeer

        transport = paramiko.Transport(line)
        try:
            transport.banner_timeout = transport.handshake_timeout = self._wait_s
            transport.get_security_options().key_types = kinds
            transport.start_client(timeout=self._wait_s)
            key = transport.get_remote_server_key()
            return host_key(name, key.get_name(), key.asbytes())
        except IncompatiblePeer:
            return None
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise GuestError(f"{host} does not speak SSH as it should: {words_of(error)}") from None
        finally:
            transport.close()

    def _direct(self, host: Hop) -> socket.socket:
        try:
            return socket.create_connection((host.host, host.port), timeout=self._wait_s)
        except OSError as error:
            raise GuestError(f"{host} does not answer: {words_of(error)}") from None

    def _onwards(self, bastion: SSHClient, host: Hop, login: Login) -> Any:
        import paramiko

        transport = bastion.get_transport()
        assert transport is not None, "a client that is logged in has one"
        try:
            target = (host.host, host.port)
            return transport.open_channel("direct-tcpip", target, ("127.0.0.1", 0), timeout=self._wait_s)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise GuestError(f"the bastion {login.bastion} cannot reach {host}: {words_of(error)}") from None

    @contextmanager
    def _bastion(self, hop: Hop, login: Login) -> Iterator[SSHClient]:
        import paramiko

        self.reread()
        accepted = self.accepted(hop.known_as)
        if not accepted:
            raise GuestError(f"the host key of the bastion {hop} was not accepted yet")
        client = paramiko.SSHClient()
        try:
            for key in accepted:
                with suppress(paramiko.SSHException):
                    known = paramiko.PKey.from_type_string(key.type, base64.b64decode(key.blob))
                    client.get_host_keys().add(hop.known_as, key.type, known)
            client.set_missing_host_key_policy(paramiko.RejectPolicy())
            self._log_in(client, hop, login, accepted)
            yield client
        finally:
            client.close()

    def _log_in(self, client: SSHClient, hop: Hop, login: Login, accepted: Sequence[HostKey]) -> None:
        import paramiko

        wait, key = self._wait_s, private_key(login)
        try:
            client.connect(
                hop.host.lower(), hop.port, hop.user or None, pkey=key, allow_agent=login.agent,
                look_for_keys=not login.key_file, timeout=wait, banner_timeout=wait, auth_timeout=wait,
            )  # fmt: skip
        except paramiko.BadHostKeyException as error:
            before, now = accepted[0].fingerprint, fingerprint(error.key.asbytes())
            raise HostKeyChanged(f"the bastion {hop}", before, now, forget=FORGET_BASTION) from None
        except paramiko.PasswordRequiredException:
            raise locked("of this user") from None
        except paramiko.AuthenticationException as error:
            raise GuestError(f"the bastion {hop} does not let us in: {words_of(error)}") from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            transport = client.get_transport()
            failed = "does not let us in" if transport and transport.is_active() else "does not answer"
            raise GuestError(f"the bastion {hop} {failed}: {words_of(error)}") from None
