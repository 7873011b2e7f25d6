"""An SSH server in this process, on loopback, made of paramiko: shows keys, and may run commands. Knows no test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import paramiko

Answer = Callable[[paramiko.Channel], None]
"""Does what a command would do."""


class _Nobody(paramiko.ServerInterface):  # type: ignore[misc]
    """Refuses every login."""

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"


class _Guest(paramiko.ServerInterface):  # type: ignore[misc]
    """Lets one key in and answers every command in the same way."""

    def __init__(self, owner: SshServer) -> None:
        self.owner = owner

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.owner.logins += 1
        return int(paramiko.AUTH_SUCCESSFUL if key == self.owner.lets_in else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return 0 if kind == "session" else int(paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self.owner.answer is None:
            return False
        self.owner.commands += 1
        told = channel.get_transport().told
        told.clear()
        threading.Thread(target=_answer, args=(self.owner.answer, channel, told), daemon=True).start()
        return True


class _Transport(paramiko.Transport):  # type: ignore[misc]
    """Tells when it has said that a command may be run: what the command prints must come after that."""

    def __init__(self, line: socket.socket) -> None:
        self.told = threading.Event()
        super().__init__(line)

    def _send_user_message(self, data: object) -> None:
        super()._send_user_message(data)
        self.told.set()


def _answer(answer: Answer, channel: paramiko.Channel, told: threading.Event) -> None:
    told.wait(10)
    with suppress(OSError, EOFError):
        answer(channel)
        channel.send_exit_status(0)
        channel.shutdown_write()
        channel.close()


class SshServer:
    """Shows `keys`, or answers with `banner` instead of speaking SSH; lets one key in and answers its commands."""

    def __init__(
        self,
        *keys: paramiko.PKey,
        banner: bytes = b"",
        lets_in: paramiko.PKey | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.keys, self.banner, self.lets_in, self.answer = keys, banner, lets_in, answer
        self.connections = self.logins = self.commands = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> SshServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self.cut()

    def cut(self) -> None:
        """End every connection, as if the machine had died."""
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            if self.banner:
                line.sendall(self.banner)
                line.close()
                continue
            transport = _Transport(line)
            for key in self.keys:
                transport.add_server_key(key)
            self._transports.append(transport)
            transport.start_server(event=threading.Event(), server=_Nobody() if self.lets_in is None else _Guest(self))
