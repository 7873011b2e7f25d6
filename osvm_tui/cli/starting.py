"""Which clouds are opened: the starting rule. Pure; the names in clouds.yaml come from a function, asked if needed.

`--cloud` and `--group`, then `OS_CLOUD`, then the settings; else the only entry; several leave the choice to the
operator; none means the simulated cloud. A broken clouds.yaml raises in that function: it never means the simulated
cloud.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

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
    groups: Mapping[str, Sequence[str]] = {},
) -> Start:
    """Return what this run opens, or what it has to ask. A group's name stands for its entries, wherever it stands."""
    if mock:
        return Start((MOCK,))
    named = tuple(asked) or ((os_cloud,) if os_cloud else ()) or tuple(settings_clouds)
    if named:
        return Start(tuple(dict.fromkeys(entry for name in named for entry in groups.get(name, (name,)))))
    found = tuple(names())
    if MOCK in found:
        raise ConfigError(
            "clouds.yaml has an entry named mock; that name is reserved for the simulated cloud",
            hint="give that entry another name",
        )
    if len(found) > 1:
        return Start(choices=found)
    return Start(found or (MOCK,))


def members(wanted: Sequence[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the entries of the groups of these names; ConfigError for one that is none or is empty."""
    for name in wanted:
        if not groups.get(name):
            near = get_close_matches(name, groups, n=1, cutoff=0.5)
            there = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(groups)}" if groups else ""
            what = "is empty" if name in groups else "is not in the settings"
            raise ConfigError(f"the group {name} {what}{there}", hint='write it in config.toml: [groups] name = ["a"]')
    return tuple(entry for name in wanted for entry in groups[name])


def last_used_first(names: Sequence[str], used: Sequence[str]) -> tuple[str, ...]:
    """Return `names` with those of `used` in front, latest first."""
    return tuple(sorted(names, key=lambda name: used.index(name) if name in used else len(used)))
