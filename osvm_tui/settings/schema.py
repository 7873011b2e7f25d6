"""The schema of the settings: names, types, bounds and defaults; knows neither files nor the environment.

A setting `name` of the table `[section]` is also the variable `OSVM_SECTION__NAME`; one outside of the tables is
`OSVM_NAME`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from osvm_tui.domain.guest import GuestRule
from osvm_tui.settings.monitor_schema import AlertingSettings, MonitorSettings

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Theme = Literal["auto", "dark", "light", "contrast", "ansi16"]
Glyphs = Literal["unicode", "ascii"]
Zone = Literal["utc", "local"]
Level = Literal["debug", "info", "warning", "error"]
Role = Literal["viewer", "auditor", "operator", "admin"]
Colour = Literal["", "red", "amber", "green", "blue", "violet"]


class UiSettings(Struct, frozen=True):
    """How the screen looks and which keys it takes."""

    theme: Theme = "auto"
    mouse: bool = True
    glyphs: Glyphs = "unicode"
    time_zone: Zone = "utc"
    keys: dict[str, str] = {}
    """Key by action id, for example `{"vm.stop" = "f9"}`."""


class PollSettings(Struct, frozen=True):
    """How often the clouds are read, in seconds."""

    idle_s: Seconds = 5.0
    busy_s: Seconds = 2.0
    """While operations are under way."""
    addresses_s: Seconds = 15.0


class ApiSettings(Struct, frozen=True):
    """How hard one cloud may be asked: requests per second, and requests at once."""

    rate: Annotated[float, Meta(gt=0, le=1000)] = 20.0
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 6


class StoreSettings(Struct, frozen=True):
    """Where operations, audit and the fleet are kept."""

    url: str = ""
    """A SQLAlchemy URL; empty means a SQLite file in the state directory."""


class LogSettings(Struct, frozen=True):
    """What goes into the log file."""

    level: Level = "info"


class CostSettings(Struct, frozen=True):
    """By what costs are counted."""

    rates: tuple[str, ...] = ("rates.toml",)
    """Files with rate cards, policies and budgets, beside this one unless absolute; `*` is allowed."""
    policy: dict[str, str] = {}
    """Billing policy by entry of clouds.yaml: existing, shelved-free, stopped-free, reduced, or one of those files."""


class CloudSettings(Struct, frozen=True):
    """What is special about one entry of clouds.yaml."""

    colour: Colour = ""
    """Of its frames and of its name in tables."""
    production: bool = False
    """Whether it must be unmistakable."""
    read_only: bool = False
    project: str = ""
    """Log in to this project, by name or id, instead of the one in clouds.yaml."""


class Settings(Struct, frozen=True):
    """Everything an operator can set."""

    operator: str = ""
    """The name in the audit; empty means the login name."""
    console_role: Role = "operator"
    clouds: tuple[str, ...] = ()
    """Entries of clouds.yaml to open when neither `--cloud` nor `OS_CLOUD` says otherwise."""
    read_only: bool = False
    """Refuse every change, in every cloud."""
    state_dir: str = ""
    """Where store, snapshots and the simulated cloud live; empty means the system's place for state."""
    ui: UiSettings = UiSettings()
    poll: PollSettings = PollSettings()
    api: ApiSettings = ApiSettings()
    store: StoreSettings = StoreSettings()
    log: LogSettings = LogSettings()
    cost: CostSettings = CostSettings()
    monitor: MonitorSettings = MonitorSettings()
    alerting: AlertingSettings = AlertingSettings()
    groups: dict[str, tuple[str, ...]] = {}
    """Entries that are opened together, by the group's name; no variable can hold them."""
    cloud: dict[str, CloudSettings] = {}
    """By entry of clouds.yaml: the `[cloud.NAME]` tables; no variable can hold them."""
    ssh: tuple[GuestRule, ...] = ()
    """How guests are logged in to: the `[[ssh]]` tables of the file, in their order; no variable can hold them."""
