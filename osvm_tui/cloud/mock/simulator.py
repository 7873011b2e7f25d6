"""The simulated cloud as one function of requests: authenticates, applies faults, hands on to the service.

Thread-safe by one lock, and safe among processes by the file's transactions. Knows no socket: a delay is
told in the reply, and the face waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from osvm_tui.cloud.mock import compute, faults, identity, image, network, versions, volume
from osvm_tui.cloud.mock.replies import dated, refusal, unauthorized
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

_SERVICES = {"compute": compute.handle, "image": image.handle, "network": network.handle, "volume": volume.handle}


class Simulator:
    """A Keystone, Nova, Glance, Neutron and Cinder over the state in one file."""

    def __init__(self, path: Path, *, base_url: str = "mock://mock", now: Callable[[], float] = time.time) -> None:
        """Open the cloud that `seed.reset` made at `path`; raise database.NotACloud if there is none."""
        self._world = World(path, now)
        self._base_url = base_url
        self._lock = threading.RLock()

    @property
    def world(self) -> World:
        """The state behind the services, for tools and tests."""
        return self._world

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._world.close()

    def handle(self, request: SimRequest) -> SimReply:
        """Answer one request. The caller waits `delay_s` and minds `fate` of the reply."""
        request = request.addressed(self._base_url)
        with self._lock:
            self._world.refresh()
            fault = faults.decide(self._world, request)
            reply = fault.reply(self._world, request)
            if reply is None:
                reply = fault.applied(self._answer(request))
            return dated(reply, self._world.now() + self._world.knobs.skew)

    def _answer(self, request: SimRequest) -> SimReply:
        if versions.is_discovery(request):
            return versions.handle(self._world, request)
        if request.service == "identity":
            return identity.handle(self._world, request)
        service = _SERVICES.get(request.service)
        if service is None:
            return refusal(request, 404, "no such service")
        caller = identity.authenticate(self._world, request.headers.get("x-auth-token", ""))
        if caller is None:
            return unauthorized(request)
        return service(self._world, caller, request)
