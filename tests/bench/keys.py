"""Key to paint: the time from typing a key until the frame that shows the moved cursor has arrived whole."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from tests.bench.machine import spread
from tests.bench.terminal import FRAME_END, Terminal

CURSOR = "▸".encode()
DOWN, PAGE_DOWN, HOME = b"\x1b[B", b"\x1b[6~", b"\x1b[H"
_KEYS_BEFORE_HOME = 30


def key_to_paint(terminals: Mapping[str, Terminal], *, downs: int, pages: int, seed: int) -> dict[str, Any]:
    """Type `downs` and `pages` at a human's pace, from the top; return milliseconds of both kinds and together.

    The terminals get each key in turn, so that what else the machine does falls on all of them alike.
    """
    rng = random.Random(seed)
    found: dict[str, dict[bytes, list[float]]] = {name: {DOWN: [], PAGE_DOWN: []} for name in terminals}
    for key, times in ((DOWN, downs), (PAGE_DOWN, pages)):
        for number in range(times):
            for name, terminal in terminals.items():
                if number % _KEYS_BEFORE_HOME == 0:
                    _press(terminal, HOME, rng, sure=False)
                found[name][key].append(_press(terminal, key, rng))
    return {name: _told(found[name][DOWN], found[name][PAGE_DOWN]) for name in terminals}


def _told(down: list[float], page: list[float]) -> dict[str, Any]:
    return {"down_ms": spread(down), "page_ms": spread(page), "both_ms": spread(down + page)}


def _press(terminal: Terminal, key: bytes, rng: random.Random, *, sure: bool = True) -> float:
    """Type a key, wait for its picture and a moment more; `sure` is False for a key that may change nothing."""
    position, pressed = terminal.send(key)
    painted = pressed
    if sure:
        at, _ = terminal.wait_for(CURSOR, position)
        _, painted = terminal.wait_for(FRAME_END, at)
    time.sleep(0.05 + 0.05 * rng.random())
    return (painted - pressed) * 1000
