"""What the seeded cloud is made of: roles of VMs with names, projects, images, flavors; texts of faults. Only data."""

from __future__ import annotations

import msgspec


class Role(msgspec.Struct, frozen=True):
    """A kind of VM: names are `name`-01, -02, ...; `weight` is how often it occurs."""

    name: str
    project: str
    image: str
    flavor: str
    group: str
    tags: tuple[str, ...]
    weight: int = 1
    public: bool = False
    """Has a floating IP."""


ROLES = (
    Role("web", "web", "ubuntu-22.04", "m1.small", "web", ("production", "frontend"), 4, True),
    Role("api", "demo", "ubuntu-24.04", "m1.medium", "web", ("production",), 3, True),
    Role("db", "demo", "debian-12", "m1.large", "db", ("production", "backup-daily"), 2),
    Role("cache", "web", "debian-12", "m1.small", "default", ("production",), 2),
    Role("lb", "web", "ubuntu-22.04", "m1.small", "web", ("production", "edge"), 1, True),
    Role("k8s-worker", "demo", "ubuntu-22.04", "m1.large", "default", ("k8s",), 4),
    Role("k8s-master", "demo", "ubuntu-22.04", "m1.medium", "default", ("k8s",), 1),
    Role("ci-runner", "ops", "ubuntu-24.04", "m1.medium", "default", ("ci", "ephemeral"), 4),
    Role("batch", "batch", "centos-stream-9", "c1.xlarge", "default", ("nightly",), 5),
    Role("etl", "batch", "centos-stream-9", "r1.large", "default", ("nightly",), 2),
    Role("render", "batch", "ubuntu-20.04", "c1.xlarge", "default", (), 2),
    Role("vpn", "ops", "debian-12", "m1.tiny", "default", ("edge",), 1, True),
    Role("mail", "ops", "debian-12", "m1.small", "web", ("production",), 1, True),
    Role("bastion", "ops", "debian-12", "m1.tiny", "default", ("edge",), 1, True),
    Role("metrics", "ops", "ubuntu-22.04", "r1.large", "default", ("monitoring",), 1),
    Role("win-jump", "demo", "windows-2019", "m1.medium", "default", ("windows",), 1),
    Role("sandbox", "demo", "cirros", "m1.tiny", "default", (), 2),
)
FAULTS = (
    "Failed to power on the instance: the domain exited with status 1 while it was starting",
    "Timed out during the operation: waiting for the guest to shut down took longer than 60 seconds",
    "The volume 8f2c6b1e could not be connected: iSCSI login to the target failed",
    "Insufficient compute resources: requested instance NUMA topology does not fit the host",
)
BUILD_FAULT = "Build of instance {id} aborted: Failed to allocate the network(s), not rescheduling."
DESCRIPTIONS = (
    None,
    None,
    None,
    "owned by the platform team",
    "temporary, may be deleted after the release",
    "do not resize without asking",
)
STATES: tuple[str, ...] = (
    "active",
    "stopped",
    "active",
    "paused",
    "active",
    "shelved_offloaded",
    "error",
    "no_host",
    "active",
    "suspended",
    "locked",
    "building",
    "admin_locked",
    "resized",
    "rescued",
    "stuck",
    "bfv",
    "active",
    "rebooting_hard",
    "migrating",
    "rebuilding",
    "resizing",
    "shelved",
    "snapshot",
    "odd",
    "deleted",
    "soft-delete",
    "error",
    "build_failed",
    "building",
    "deleted",
    "crashed",
    "scheduling",
    "bfv",
)
"""The states that a default cloud shows, in the order in which a small cloud gets them."""
SETTLED = (("active", 82), ("stopped", 12), ("shelved_offloaded", 3), ("paused", 1), ("suspended", 1), ("locked", 1))
"""The states of all further VMs, with weights."""
