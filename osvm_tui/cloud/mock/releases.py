"""Release profiles: what a simulated cloud's release changes. Pure; knows no request.

Maximum compute microversions and role defaults as nova-facts.md, section 3.3, gives them.
"""

from __future__ import annotations

import msgspec

Microversion = tuple[int, int]


class Release(msgspec.Struct, frozen=True):
    """One OpenStack release as the simulated Nova follows it."""

    name: str
    maximum: Microversion
    nova: int
    """Nova's major version."""

    @property
    def volume_maximum(self) -> Microversion:
        """Cinder's highest microversion."""
        return (3, 68) if self.nova <= 25 else (3, 70) if self.nova <= 27 else (3, 71)

    @property
    def manager_migrates(self) -> bool:
        """Project managers may migrate since Nova 32; before that only admins."""
        return self.nova >= 32

    @property
    def evacuates_busy(self) -> bool:
        """Evacuate looked for an idle task up to Nova 25."""
        return self.nova > 25


RELEASES: dict[str, Release] = {
    name: Release(name, (2, minor), nova)
    for name, minor, nova in (
        ("yoga", 90, 25),
        ("zed", 93, 26),
        ("2023.1", 95, 27),
        ("2023.2", 95, 28),
        ("2024.1", 96, 29),
        ("2024.2", 96, 30),
        ("2025.1", 100, 31),
        ("2025.2", 100, 32),
        ("2026.1", 103, 33),
        ("2026.2", 104, 34),
    )
}


def release_named(name: str) -> Release:
    """Return the profile of a release; raise ValueError with the known names for an unknown one."""
    try:
        return RELEASES[name.lower()]
    except KeyError:
        raise ValueError(f"unknown release {name!r}; known are {', '.join(RELEASES)}") from None
