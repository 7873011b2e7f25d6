"""Odd nulls and unknown states in list answers, as some clouds and some releases send them; a knob's work."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall
from osvm_tui.cloud.mock.server_view import Viewer, detail

ODDITIES: tuple[dict[str, Any], ...] = (
    {"image": None},
    {"flavor": {}},
    {"key_name": None, "metadata": {}, "tags": None},
    {"OS-SRV-USG:launched_at": None},
    {"status": "UNKNOWN", "OS-EXT-STS:vm_state": "hibernated", "OS-EXT-STS:power_state": 9},
    {"OS-EXT-STS:task_state": "reticulating_splines"},
    {"OS-EXT-STS:power_state": None, "OS-EXT-STS:vm_state": None},
    {"addresses": {}, "hostId": None},
    {"updated": None},
)


def oddly(call: NovaCall, entry: Entry, viewer: Viewer) -> bytes:
    """Return the encoded view of a server, with the chance that the knob `odd` gives, spoiled.

    A server stays spoiled in the same way while the clock's ten-second step and the seed are the same.
    """
    view = detail(entry, viewer, call.now)
    rng = Random(f"{call.world.seed}:{entry.server.id}:{int(call.now // 10)}")
    if rng.random() < call.world.knobs.odd:
        view |= rng.choice(ODDITIES)
    return msgspec.json.encode(view)
