"""Ids drawn from a seeded generator."""

from __future__ import annotations

import uuid
from random import Random


def uuid_of(rng: Random) -> str:
    """Return the next random uuid of `rng`."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
