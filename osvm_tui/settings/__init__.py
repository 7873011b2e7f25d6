"""Settings: what an operator writes in config.toml or in `OSVM_*` variables, as frozen values.

Read by the command line and the composition root only, and passed on as values. Validated by msgspec instead of
pydantic-settings, whose import alone costs about half of the time to the first table.
"""

from osvm_tui.settings.loading import load_settings
from osvm_tui.settings.schema import (
    ApiSettings,
    CloudSettings,
    CostSettings,
    LogSettings,
    PollSettings,
    Settings,
    StoreSettings,
    UiSettings,
)

__all__ = [
    "ApiSettings",
    "CloudSettings",
    "CostSettings",
    "LogSettings",
    "PollSettings",
    "Settings",
    "StoreSettings",
    "UiSettings",
    "load_settings",
]
