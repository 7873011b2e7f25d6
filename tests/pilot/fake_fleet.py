"""A seeded fleet of believable VMs over all states, for tests and measurements of the console."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Address, Fault, Flavor, Vm

NOW = datetime(2026, 11, 20, 9, 41, 0, tzinfo=UTC)
"""The fixed moment of tests."""
ENDPOINT = "http://127.0.0.1:8774/v2.1|RegionOne"
FLAVORS = (
    Flavor("m1.small", 1, 2048, 20, id="1"),
    Flavor("m1.medium", 2, 4096, 40, id="2"),
    Flavor("m1.large", 4, 8192, 80, id="3"),
    Flavor("c2.xlarge", 16, 32768, 160, id="4"),
)
IMAGES = (
    Image("img-1", "ubuntu-22.04", size_bytes=2_361_393_152, min_disk_gib=5),
    Image("img-2", "debian-12", size_bytes=1_073_741_824, min_disk_gib=3),
    Image("img-3", "cirros-0.6", size_bytes=21_430_272),
)
_ROLES = ("web", "db", "cache", "queue", "api", "build", "git", "mail", "proxy", "batch")
_STATES: tuple[tuple[str, str | None, int], ...] = (
    ("active", None, 1),
    ("active", None, 1),
    ("active", None, 1),
    ("active", None, 1),
    ("stopped", None, 4),
    ("active", "powering-off", 1),
    ("error", None, 4),
    ("building", "spawning", 0),
    ("paused", None, 3),
    ("suspended", None, 7),
    ("shelved_offloaded", None, 4),
    ("resized", None, 1),
    ("active", "rebooting", 1),
    ("rescued", None, 1),
    ("active", "resize_migrating", 1),
    ("soft-delete", None, 4),
)
_FAULT = Fault(500, "No valid host was found. There are not enough hosts available.", NOW - timedelta(hours=2))


def seeded_fleet(count: int, seed: int = 7) -> tuple[Vm, ...]:
    """Return `count` VMs, equal for an equal seed; the first sixteen pass through every state."""
    rng = random.Random(seed)
    return tuple(_vm(rng, n) for n in range(count))


def _vm(rng: random.Random, n: int) -> Vm:
    vm_state, task, power = _STATES[n % len(_STATES)] if n < 64 else _STATES[min(rng.randrange(60), 15)]
    role, flavor = _ROLES[n % len(_ROLES)], FLAVORS[rng.randrange(len(FLAVORS))]
    created = NOW - timedelta(seconds=int(60 * 10 ** (rng.random() * 4.5)))
    launched = None if vm_state == "building" or (vm_state == "error" and n % 32 == 6) else created
    host = "" if vm_state in ("building", "shelved_offloaded") else f"compute-{n % 12:02d}"
    return Vm(
        endpoint=ENDPOINT,
        id=str(UUID(int=rng.getrandbits(128), version=4)),
        name=f"{role}-{n // len(_ROLES) + 1:04d}",
        status=status_of(vm_state, task),
        vm_state=vm_state,
        task_state=task,
        power_state=power,
        project_id="p-web",
        user_id="u-1",
        created_at=created,
        updated_at=created,
        launched_at=launched,
        flavor=flavor,
        image_id=IMAGES[n % len(IMAGES)].id,
        addresses=() if vm_state == "building" else _addresses(n),
        key_name="ops-key",
        locked=n % 23 == 11,
        locked_reason="audit running" if n % 23 == 11 else "",
        availability_zone="nova",
        host=host,
        host_id=f"h{n % 12:02d}" if host else "",
        security_groups=("default",),
        metadata=(("team", role),),
        tags=("prod",) if n % 3 else ("lab", "tmp"),
        fault=_FAULT if vm_state == "error" else None,
        progress=0,
    )


def _addresses(n: int) -> tuple[Address, ...]:
    fixed = Address("private", f"192.168.{128 + n // 250 % 64}.{n % 250 + 2}")
    if n % 5:
        return (fixed,)
    return (fixed, Address("private", f"203.0.{112 + n // 250 % 16}.{n % 250 + 2}", floating=True))
