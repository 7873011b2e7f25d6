"""Which clouds are opened: the starting rule. Pure; the names in clouds.yaml come from a function, asked if needed.

`--cloud`, then `OS_CLOUD`, then the settings; else the only entry; several leave the choice to the operator; none
means the simulated cloud. A broken clouds.yaml raises in that function: it never means the simulated cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from osvm_tui.bootstrap import MOCK
from osvm_tui.domain.errors import ConfigError


class Start(Struct, frozen=True):
    """What to open. With `choices` the operator has to pick first; `entries` is empty then."""

    entries: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def choose(
    asked: Sequence[str],
    mock: bool,
    os_cloud: str,
    settings_clouds: Sequence[str],
    names: Callable[[], Sequence[str]],
) -> Start:
    """Return what this run opens, or what it has to ask."""
    if mock:
        return Start((MOCK,))
    named = tuple(asked) or ((os_cloud,) if os_cloud else ()) or tuple(settings_clouds)
    if named:
        return Start(tuple(dict.fromkeys(named)))
    found = tuple(names())
    if MOCK in found:
        raise ConfigError(
            "clouds.yaml has an entry named mock; that name is reserved for the simulated cloud",
            hint="give that entry another name",
        )
    if len(found) > 1:
        return Start(choices=found)
    return Start(found or (MOCK,))


def last_used_first(names: Sequence[str], used: Sequence[str]) -> tuple[str, ...]:
    """Return `names` with those of `used` in front, latest first."""
    return tuple(sorted(names, key=lambda name: used.index(name) if name in used else len(used)))
