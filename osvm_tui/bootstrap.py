"""The composition root: the only module that names concrete adapters and puts them behind the services.

Building is light: adapters are imported inside factories, which the services call in a thread after the first paint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from osvm_tui import measuring
from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.paths import Paths, private_dir
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.console import Console, utc_now
from osvm_tui.services.costs import CostSource
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.guests import GuestPlan
from osvm_tui.settings import CloudSettings, Settings

if TYPE_CHECKING:
    from osvm_tui.cloud.base import CloudClient, Prompt
    from osvm_tui.probe.base import HostKeys
    from osvm_tui.store.base import Store

MOCK = "mock"
"""The reserved entry of the simulated cloud."""

Answers = Mapping[str, str]


class Options(Struct, frozen=True):
    """What one run of the console is made from. `answers` holds secrets by entry and name, in memory only."""

    entries: tuple[str, ...]
    settings: Settings
    paths: Paths
    operator: str
    answers: Mapping[str, Answers] = {}
    source: str = "console"
    config_file: Path | None = None
    """The settings' file: rate files are named relative to it; without it there are none."""
    read_only: bool = False
    """Whether every change is refused, whatever the settings say of single clouds."""


def build(options: Options) -> Console:
    """Put the services together; nothing is opened and no cloud is asked before the console starts."""
    from osvm_tui.store.snapshot import FileShelf

    settings, paths = options.settings, options.paths
    return Console(
        [_plan(entry, options) for entry in options.entries],
        partial(_store, settings.store.url, paths),
        FileShelf(private_dir(paths.snapshots)),
        operator=options.operator,
        console_role=ConsoleRole(settings.console_role),
        cadence=Cadence(
            idle_s=settings.poll.idle_s, busy_s=settings.poll.busy_s, addresses_s=settings.poll.addresses_s
        ),
        source=options.source,
        guests=GuestPlan(settings.ssh, partial(_host_keys, paths), str(_known_hosts(paths))),
        rates=_rates(options),
        monitor=measuring.plan(settings, paths, options.config_file),
    )


def _rates(options: Options) -> CostSource | None:
    if options.config_file is None:
        return None
    from osvm_tui.settings.cost_files import CostFiles

    cost = options.settings.cost
    return CostFiles(options.config_file, cost.rates, cost.policy)


def cloud_names() -> tuple[str, ...]:
    """Return the entries of clouds.yaml and of `OS_*` variables without asking a cloud; ConfigError if it is broken."""
    from osvm_tui.cloud.openstack.entries import entries

    return tuple(entry.name for entry in entries())


def prompts(entry: str) -> tuple[Prompt, ...]:
    """Return what has to be asked before `entry` can log in; ConfigError when there is no such entry."""
    from osvm_tui.cloud.openstack.entries import needs

    return needs(entry)


def _plan(entry: str, options: Options) -> EntryPlan:
    own = options.settings.cloud.get(entry, CloudSettings())
    read_only = "this console is read-only" if options.read_only else f"{entry} is read-only here" * own.read_only
    client = partial(_mock_client if entry == MOCK else _real_client, entry, options, bool(read_only))
    return EntryPlan(
        entry, partial(client, own.project), simulated=entry == MOCK, read_only=read_only, project=own.project,
        of_project=client,
    )  # fmt: skip


def _mock_client(entry: str, options: Options, read_only: bool, project: str) -> CloudClient:
    from osvm_tui.cloud.mock.client import MockCloud

    file = options.paths.mock_cloud
    if not file.exists():
        SimulatedCloud(file).reset()
    return MockCloud(file, entry=entry, project=project or "demo", read_only=read_only)


def _real_client(entry: str, options: Options, read_only: bool, project: str) -> CloudClient:
    from osvm_tui.cloud.openstack.client import OpenStackCloud

    api, secrets = options.settings.api, options.answers.get(entry, {})
    return OpenStackCloud(
        entry, secrets=secrets, project=project, rate=api.rate, concurrency=api.concurrency, read_only=read_only
    )


async def upgrade_store(settings: Settings, paths: Paths) -> str:
    """Bring the store to this console's schema and return its URL without a password; StoreError when it cannot."""
    from osvm_tui.store.sql import SqlStore

    store = _store(settings.store.url, paths, "upgrade")
    assert isinstance(store, SqlStore)
    try:
        if settings.store.url and not settings.store.url.startswith("sqlite"):
            await store.upgrade()
        await store.open()
        return (await store.info()).url
    finally:
        await store.close()


def _store(url: str, paths: Paths, owner: str) -> Store:
    from osvm_tui.store.sql import SqlStore, default_url

    private_dir(paths.state_dir)
    return SqlStore(
        url or default_url(paths.database),
        spool_dir=private_dir(paths.spool),
        owner=owner,
        now=utc_now,
    )


def _host_keys(paths: Paths) -> HostKeys:
    from osvm_tui.probe.host_keys import SshHostKeys

    private_dir(paths.state_dir)
    return SshHostKeys(_known_hosts(paths))


def _known_hosts(paths: Paths) -> Path:
    return paths.state_dir / "known_hosts"


class SimulatedCloud:
    """The simulated cloud's file as `osvm mock` handles it; loads the simulator when a method is called."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reset(self, *, vms: int = 60, seed: int = 7, release: str = "2025.2") -> Any:
        """Make a fresh cloud in place of the present one and return the seed's report."""
        from osvm_tui.cloud.mock.seed import reset

        private_dir(self.path.parent)
        try:
            return reset(self.path, vms=vms, seed=seed, release=release)
        except ValueError as error:
            raise ConfigError(str(error), hint="osvm mock reset --help shows what can be given") from None

    def churn(self, *, rate: float, seed: int, seconds: float | None) -> int:
        """Change VMs `rate` times a second for `seconds`, or until interrupted; return how many changes were made."""
        from osvm_tui.cloud.mock.churn import churn

        self._must_exist()
        end = None if seconds is None else time.monotonic() + seconds
        return churn(self.path, rate, seed, lambda: end is not None and time.monotonic() >= end, time.sleep)

    def clock(self, *, speed: float | None, offset: float | None) -> str:
        """Set what is given and return the cloud's time and speed in words."""
        from osvm_tui.cloud.mock import clock

        self._must_exist()
        if offset is not None:
            clock.set_offset(self.path, offset)
        if speed is not None:
            clock.set_speed(self.path, speed)
        now = clock.clock(self.path)
        return f"{clock.zulu(now.at(time.time()))}, {now.speed:g} times as fast as ours"

    def knobs(self) -> dict[str, Any]:
        """Return every knob with its value."""
        from osvm_tui.cloud.mock import faults

        self._must_exist()
        return _all_fields(faults.knobs(self.path))

    def set_knobs(self, changes: Mapping[str, Any]) -> None:
        """Turn knobs; ConfigError for one that is unknown or a wrong value."""
        from osvm_tui.cloud.mock import faults

        self._must_exist()
        try:
            faults.set_knobs(self.path, **changes)
        except ValueError as error:
            raise ConfigError(str(error), hint="osvm mock knobs shows all of them") from None

    def serve(self, *, host: str, port: int, clouds_yaml: Path | None, tell: Callable[[str], None]) -> None:
        """Answer over HTTP until interrupted; with `clouds_yaml` a file with its entries is written there first."""
        from osvm_tui.cloud.mock.clouds_yaml import text
        from osvm_tui.cloud.mock.face import serve

        if not self.path.exists():
            self.reset()

        def ready(base_url: str) -> None:
            if clouds_yaml is not None:
                clouds_yaml.write_text(text(base_url), encoding="utf-8")
            tell(f"serving the simulated cloud at {base_url}")

        try:
            serve(self.path, host, port, ready)
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}", hint="take another --port") from None

    def _must_exist(self) -> None:
        if not self.path.exists():
            raise ConfigError(f"there is no simulated cloud in {self.path}", hint="make one: osvm mock reset")


def _all_fields(knobs: Struct) -> dict[str, Any]:
    return {name: getattr(knobs, name) for name in knobs.__struct_fields__}
