"""An SSH server in this process, on loopback, made of paramiko: shows keys, lets nobody in. Knows no test."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import paramiko


class _Nobody(paramiko.ServerInterface):  # type: ignore[misc]
    """Refuses every login."""

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"


class SshServer:
    """Shows `keys`, or answers with `banner` instead of speaking SSH."""

    def __init__(self, *keys: paramiko.PKey, banner: bytes = b"") -> None:
        self.keys, self.banner = keys, banner
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
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            if self.banner:
                line.sendall(self.banner)
                line.close()
                continue
            transport = paramiko.Transport(line)
            for key in self.keys:
                transport.add_server_key(key)
            self._transports.append(transport)
            transport.start_server(event=threading.Event(), server=_Nobody())
