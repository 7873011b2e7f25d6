"""Makes a fresh simulated cloud, the same for the same number of VMs, seed, release and start.

An existing cloud is replaced within one transaction, so that processes that have it open just see the new one.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Any

import msgspec

from osvm_tui.cloud.mock import database
from osvm_tui.cloud.mock.accounts import PROJECTS
from osvm_tui.cloud.mock.clock import CloudClock
from osvm_tui.cloud.mock.knobs import Knobs
from osvm_tui.cloud.mock.releases import release_named
from osvm_tui.cloud.mock.seed_catalog import Things, furniture
from osvm_tui.cloud.mock.seed_extras import extras
from osvm_tui.cloud.mock.seed_fleet import Action, FleetSeed
from osvm_tui.cloud.mock.seed_storage import quotas as storage_quotas
from osvm_tui.cloud.mock.seed_storage import storage
from osvm_tui.cloud.mock.server import SERVER_ENCODER, Server
from osvm_tui.cloud.mock.statuses import status_of

HEADROOM = 1.1


class SeedReport(msgspec.Struct, frozen=True):
    """What a fresh cloud contains; `statuses` counts the servers as the cloud's start sees them."""

    path: str
    vms: int
    seed: int
    release: str
    start: float
    statuses: dict[str, int]
    projects: dict[str, int]


def reset(
    path: Path, *, vms: int = 60, seed: int = 7, release: str = "2025.2", start: float | None = None
) -> SeedReport:
    """Make the cloud at `path` anew with `vms` servers.

    `start` is the cloud time (seconds since 1970) at which it begins, now if None. Knobs, clock and scripted
    faults return to rest. Raise ValueError for an unknown release or a negative number.
    """
    if vms < 0:
        raise ValueError("the number of VMs must not be negative")
    profile = release_named(release)
    began = float(int(time.time() if start is None else start))
    rng = Random(f"osvm:{seed}")
    things = furniture(rng, began, vms // 3)
    fleet = FleetSeed(rng, things, began)
    fleet.make(vms)
    storage(Random(f"osvm:{seed}:storage"), things, fleet.servers, began)
    extras(Random(f"osvm:{seed}:extras"), things, fleet.servers, began)
    things["quota"], things["network_quota"] = _quotas(fleet.servers, began, things)
    things["volume_quota"] = storage_quotas(things)
    settings = {
        "format": database.FORMAT,
        "seed": seed,
        "release": profile.name,
        "secret": hashlib.sha256(f"token key:{seed}:{began}".encode()).hexdigest(),
        "clock": msgspec.to_builtins(CloudClock(began, began, 1.0)),
        "knobs": msgspec.to_builtins(Knobs()),
        "counter": 1,
        "number": vms,
    }
    _write(path, settings, fleet.servers, things, fleet.actions)
    names = {project.id: project.name for project in PROJECTS.values()}
    statuses = Counter(status_of(_seen(server, began)) for server in fleet.servers)
    projects = Counter(names[server.project] for server in fleet.servers)
    return SeedReport(str(path), vms, seed, profile.name, began, dict(statuses), dict(projects))


def _seen(server: Server, at: float) -> Any:
    return [moment for moment in server.line if moment.at <= at][-1:][0] if server.line[0].at <= at else server.line[0]


def _quotas(servers: list[Server], at: float, things: Things) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give every project a tenth more than it uses, and never less than the defaults need."""
    compute: dict[str, Any] = {}
    network: dict[str, Any] = {}
    for project in PROJECTS.values():
        own = [s for s in servers if s.project == project.id and not s.line[-1].deleted]
        cores = sum(server.line[-1].flavor.vcpus for server in own)
        ram = sum(server.line[-1].flavor.ram for server in own)
        compute[project.id] = {
            "instances": max(20, math.ceil(len(own) * HEADROOM)),
            "cores": max(80, math.ceil(cores * HEADROOM)),
            "ram": max(262144, math.ceil(ram * HEADROOM / 1024) * 1024),
        }
        fips = sum(row["project_id"] == project.id for row in things["floatingip"].values())
        network[project.id] = {"floatingip": max(50, fips + 20), "port": max(500, len(own) + 100)}
    return compute, network


def _write(path: Path, settings: dict[str, Any], servers: list[Server], things: Things, actions: list[Action]) -> None:
    connection = database.connect(path, create=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            generation = (database.setting(connection, "generation") or 0) + 1
            for table in database.TABLES:
                connection.execute(f"DELETE FROM {table}")
            for name, value in {**settings, "generation": generation}.items():
                database.set_setting(connection, name, value)
            _write_rows(connection, servers, things, actions)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _write_rows(connection: Connection, servers: list[Server], things: Things, actions: list[Action]) -> None:
    encode = msgspec.json.Encoder().encode
    connection.executemany("INSERT INTO servers VALUES (?, 1, ?)", ((s.id, SERVER_ENCODER.encode(s)) for s in servers))
    connection.executemany(
        "INSERT INTO things VALUES (?, ?, 1, ?)",
        ((kind, key, encode(thing)) for kind, rows in things.items() for key, thing in rows.items()),
    )
    connection.executemany(
        "INSERT INTO actions VALUES (?, ?, ?, ?)",
        ((server, start, request, encode(record)) for server, start, request, record in actions),
    )
