"""The simulated cloud over HTTP, for clients that know nothing of it: one port, a root for each service.

Roots: /identity/v3, /compute/v2.1, /image/v2, /network/v2.0, /volume/v3, each with its version documents.
Holds how such a server is started and stopped; starlette and uvicorn are loaded only then (face_server.py).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

LOOPBACK = "127.0.0.1"


def serve(path: Path, host: str = LOOPBACK, port: int = 0, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve the cloud at `path` until interrupted; `on_ready` gets the base URL once it listens.

    Port 0 takes a free one. Raise OSError if the address cannot be bound, NotACloud if there is no cloud.
    """
    from osvm_tui.cloud.mock.face_server import server_for
    from osvm_tui.cloud.mock.simulator import Simulator

    with _listening(host, port) as (listener, base_url), closing(Simulator(path, base_url=base_url)) as simulator:
        server = server_for(simulator, lambda: on_ready and on_ready(base_url))
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


@contextmanager
def served(path: Path, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Serve the cloud at `path` from a thread while the block runs, and give its base URL."""
    from osvm_tui.cloud.mock.face_server import server_for
    from osvm_tui.cloud.mock.simulator import Simulator

    ready = threading.Event()
    with _listening(host, port) as (listener, base_url), closing(Simulator(path, base_url=base_url)) as simulator:
        server = server_for(simulator, ready.set)
        thread = threading.Thread(target=server.run, args=([listener],), name="osvm-mock-face", daemon=True)
        thread.start()
        if not ready.wait(timeout=30):
            raise TimeoutError("the simulated cloud's server did not start")
        try:
            yield base_url
        finally:
            server.stop()
            thread.join(timeout=30)


@contextmanager
def _listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=128) as listener:
        named = f"[{host}]" if ":" in host else host
        yield listener, f"http://{named}:{listener.getsockname()[1]}"
