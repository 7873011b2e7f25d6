"""`Line`: one logged-in SSH connection, by paramiko; every call blocks, has a time-out and belongs on a thread.

The host key is checked before anything is told to the machine. Knows no event loop, no pool and no metric.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from osvm_tui.domain.errors import HostKeyChanged, ProbeError, ProbeFailed, ProbeNotPermitted
from osvm_tui.domain.known_hosts import HostKey, host_key
from osvm_tui.probe.host_keys import KINDS
from osvm_tui.probe.private_keys import words_of

if TYPE_CHECKING:
    from paramiko import Channel, PKey, Transport

_AGENT_KEYS = 5
"""OpenSSH's server hangs up after 6 tries (MaxAuthTries)."""
_AWAKE_S, _ENDS_S = 60.0, 0.2
_agent = threading.Lock()
"""An agent that asks somebody, or hangs, holds up one thread and not all of them."""


class LineLost(ProbeFailed):
    """The connection ended, or was not there any more."""


class Waits(Struct, frozen=True):
    """Time-outs in seconds."""

    banner_s: float = 5.0
    login_s: float = 10.0
    """For the handshake, and again for the login."""
    channel_s: float = 5.0
    command_s: float = 10.0

    @property
    def login_in_s(self) -> float:
        """How long it may take to be logged in, all in all."""
        return self.banner_s + 2 * self.login_s


class Host(Struct, frozen=True, kw_only=True):
    """Whom to log in to, as what, and which host keys it may show."""

    words: str
    """For people: the VM's name, or the bastion."""
    where: str
    """For hints: user, address and port."""
    name: str
    """Under which its keys are kept."""
    accepted: tuple[HostKey, ...]
    forget: str
    """What the operator does to forget them."""
    user: str
    agent: bool = False


class Line:
    """A machine that we are logged in to."""

    def __init__(self, transport: Transport, below: Any, shown: HostKey) -> None:
        self._transport, self._below = transport, below
        self.shown = shown
        """The host key that it showed."""

    @property
    def alive(self) -> bool:
        """Whether nothing is known that ended it."""
        return bool(self._transport.is_active())

    def run(self, command: str, waits: Waits, most: int) -> bytes:
        """Run a command and return what it prints, errors among it.

        Raises LineLost; ProbeNotPermitted where no command may be run; ProbeFailed when it does not end in time or
        prints more than `most` bytes: then this line must be closed.
        """
        import paramiko

        end = time.monotonic() + waits.command_s
        with self._translated():
            try:
                channel = self._transport.open_session(window_size=most, timeout=waits.channel_s)
            except paramiko.ChannelException as error:
                raise ProbeFailed("it opens no more sessions", hint=words_of(error)) from None
        try:
            with self._translated():
                channel.set_combine_stderr(True)
                _execute(channel, command)
                return self._all(channel, end, most)
        except TimeoutError:
            raise ProbeFailed(f"the command did not end in {waits.command_s:g} s") from None
        finally:
            with suppress(paramiko.SSHException, EOFError, OSError):
                channel.close()

    def _all(self, channel: Channel, end: float, most: int) -> bytes:
        found = bytearray()
        while True:
            channel.settimeout(max(0.01, end - time.monotonic()))
            piece = channel.recv(most)
            if not piece:
                break
            found += piece
            if len(found) > most:
                raise ProbeFailed(f"it answers more than {most // 1024} KiB")
            if time.monotonic() > end:
                raise TimeoutError
        if not channel.eof_received:
            raise LineLost("the connection was lost")
        return bytes(found)

    def onward(self, host: str, port: int, waits: Waits) -> Channel:
        """Return a connection from this machine to another one; ProbeFailed in words when it cannot make one."""
        import paramiko

        with self._translated("bastion: "):
            try:
                target, origin = (host, port), ("127.0.0.1", 0)
                channel = self._transport.open_channel("direct-tcpip", target, origin, timeout=waits.channel_s)
            except paramiko.ChannelException as error:
                raise ProbeFailed("the bastion cannot reach it", hint=words_of(error)) from None
        return channel

    def close(self) -> None:
        """End it; wakes every call that waits on it. May be called from any thread; does not block."""
        cut(self._below, self._transport)

    @contextmanager
    def _translated(self, whose: str = "") -> Iterator[None]:
        try:
            yield
        except (TimeoutError, ProbeError):
            raise
        except Exception as error:  # whatever a stranger's bytes made paramiko raise is handed to us
            if str(error).startswith("Timeout"):
                raise ProbeFailed(f"{whose}no answer") from None
            if not _is_over(self._transport):
                raise ProbeFailed(f"{whose}it does not speak SSH as it should", hint=words_of(error)) from None
            raise LineLost(f"{whose}the connection was lost", hint=words_of(error)) from None


def _execute(channel: Channel, command: str) -> None:
    import paramiko

    try:
        channel.exec_command(command)
    except paramiko.SSHException:
        if not _is_over(channel.get_transport()):
            raise ProbeNotPermitted("it runs no commands for us") from None
        raise


def _is_over(transport: Transport) -> bool:
    """Return whether a connection has ended; its channels hear of that shortly before it does."""
    transport.join(_ENDS_S)
    return not transport.is_active()


def cut(below: Any, transport: Transport | None = None) -> None:
    """End what a line runs over, so that whoever reads from it wakes up. Does not block."""
    if not isinstance(below, socket.socket):
        # The bastion is told first, and its own line may be stuck.
        threading.Thread(target=_close, args=(below, transport), daemon=True).start()
        return
    with suppress(OSError):
        below.shutdown(socket.SHUT_RDWR)
    _close(below, transport)


def _close(below: Any, transport: Transport | None) -> None:
    with suppress(Exception):
        if transport is not None:
            transport.close()
        below.close()


def log_in(below: Any, host: Host, key: PKey | None, waits: Waits) -> Line:
    """Log in over a socket, or a channel of a bastion, and return the line.

    Raises HostKeyChanged for a key that was not accepted, before anything of ours was sent; ProbeNotPermitted for a
    login that is refused; ProbeFailed for a machine that does not do as it should.
    """
    import paramiko

    # It would write whole tracebacks of strangers' broken servers into our log.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    transport = paramiko.Transport(below)
    line = None
    try:
        transport.banner_timeout, transport.handshake_timeout = waits.banner_s, waits.login_s
        transport.auth_timeout, transport.channel_timeout = waits.login_s, waits.channel_s
        transport.clear_to_send_timeout = waits.login_s
        transport.get_security_options().key_types = _kinds(host.accepted)
        shown = _shaken(transport, host, waits)
        _authenticate(transport, host, key, waits)
        # Else each idle connection wakes up ten times a second; `cut` wakes it when it is to end.
        below.settimeout(_AWAKE_S)
        line = Line(transport, below, shown)
        return line
    finally:
        if line is None:
            cut(below, transport)


def _kinds(accepted: Sequence[HostKey]) -> list[str]:
    """Return the algorithms of host keys, those of the accepted keys first: a host shows only one."""
    names = {key.type for key in accepted}
    every = [kind for kinds in KINDS for kind in kinds]
    return sorted(every, key=lambda kind: ("ssh-rsa" if kind.startswith("rsa-") else kind) not in names)


def _shaken(transport: Transport, host: Host, waits: Waits) -> HostKey:
    """Shake hands and return the host key; HostKeyChanged when it is none of the accepted ones."""
    try:
        transport.start_client(timeout=waits.login_s)
        key = transport.get_remote_server_key()
    except Exception as error:
        raise ProbeFailed("it does not speak SSH as it should", hint=words_of(error)) from None
    shown = host_key(host.name, key.get_name(), key.asbytes())
    if not any(one.blob == shown.blob for one in host.accepted):
        same = [one for one in host.accepted if one.type == shown.type]
        before = (same or host.accepted)[0].fingerprint
        raise HostKeyChanged(host.words, before, shown.fingerprint, forget=host.forget)
    return shown


def _authenticate(transport: Transport, host: Host, key: PKey | None, waits: Waits) -> None:
    said = "" if key is None else _refused(transport, host, key)
    if said is None:
        return
    if host.agent:
        if not _agent.acquire(timeout=waits.login_s):
            raise ProbeFailed("the agent does not answer")
        try:
            said = _by_agent(transport, host, said)
        finally:
            _agent.release()
    if said is not None:
        raise ProbeNotPermitted("login refused", hint=f"{host.where}: {said or 'there is no key to show'}")


def _by_agent(transport: Transport, host: Host, said: str) -> str | None:
    import paramiko

    agent = paramiko.Agent()
    try:
        for key in agent.get_keys()[:_AGENT_KEYS]:
            answer = _refused(transport, host, key)
            if answer is None:
                return None
            said = answer
        return said
    except paramiko.SSHException as error:
        raise ProbeFailed("the agent does not answer", hint=words_of(error)) from None
    finally:
        agent.close()


def _refused(transport: Transport, host: Host, key: Any) -> str | None:
    """Show one key; return why it does not let us in, None when it does."""
    import paramiko

    try:
        more = transport.auth_publickey(host.user, key)
    except paramiko.AuthenticationException as error:
        if str(error).startswith("Authentication timeout"):
            raise ProbeFailed("no answer to the login") from None
        return words_of(error)
    except Exception as error:
        raise ProbeFailed("it does not speak SSH as it should", hint=words_of(error)) from None
    return f"it wants more than a key: {', '.join(more)}" if more else None
