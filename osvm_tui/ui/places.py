"""PLACES: what `:` can jump to, and the words that `:` understands beside them. Screens are imported when opened."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from textual.screen import Screen

    from osvm_tui.ui.resources.resource import Resource


class Place(NamedTuple):
    """One place. Its screen is built as `cls(api, options, text)`, `text` being the filter that rode along."""

    name: str
    title: str
    help: str
    screen: str
    """`module:Class` inside osvm_tui.ui.screens, or `resource:module` inside osvm_tui.ui.resources."""
    aliases: tuple[str, ...] = ()


PLACES: tuple[Place, ...] = (
    Place("vm", "VMs", "the fleet; a filter may follow", "fleet:FleetScreen", ("fleet", "vms", "server")),
    Place("monitor", "Monitor", "what VMs do: top lists, heat map", "monitor:MonitorScreen", ("top", "metrics")),
    Place("alert", "Alerts", "what is wrong, since when, who knows", "alerts:AlertsScreen", ("alerts",)),
    Place("host", "This machine", "what it and this console do", "host:HostScreen", ("self",)),
    Place("op", "Operations", "what was asked for and how it ended", "operations:OperationsScreen", ("operations",)),
    Place("call", "API calls", "requests sent, with their openstack command", "calls:CallsScreen", ("calls", "api")),
    Place("audit", "Audit", "who did what, chained row by row", "audit:AuditScreen"),
    Place("cost", "Cost", "what everything costs: now, this month, forecast, budgets", "cost:CostScreen", ("costs",)),
    Place("spend", "Spent", "what was accrued, by project, flavor, state, tag", "spend:SpendScreen", ("spent",)),
    Place("waste", "Waste", "where money is wasted, and what would end it", "waste:WasteScreen", ("advice",)),
    Place("held", "Hours held", "Nova's usage record beside ours", "held:HeldScreen", ("usage",)),
    Place("health", "Health", "clouds, store, leader, versions", "health:HealthScreen", ("doctor",)),
    Place("cloud", "Clouds", "the entries of clouds.yaml", "clouds:CloudsScreen", ("clouds",)),
    Place("project", "Projects", "projects of the token; enter switches", "projects:ProjectsScreen", ("projects",)),
    Place("flavor", "Flavors", "sizes of VMs", "resource:flavors", ("flavors",)),
    Place("image", "Images", "what VMs boot from", "resource:images", ("images",)),
    Place("network", "Networks", "networks and their subnets", "resource:networks", ("networks", "net", "subnet")),
    Place("port", "Ports", "plugs of networks, and whose they are", "resource:ports", ("ports",)),
    Place("router", "Routers", "what leads from network to network", "resource:routers", ("routers",)),
    Place(
        "fip", "Floating IPs", "outside addresses, and where they lead", "resource:floating_ips", ("fips", "floating")
    ),
    Place("sg", "Security groups", "what may reach VMs", "resource:security_groups", ("sgs", "security-group")),
    Place("rule", "Security rules", "what security groups let through", "resource:rules", ("rules",)),
    Place("volume", "Volumes", "disks that outlive VMs", "resource:volumes", ("volumes", "vol")),
    Place("snapshot", "Volume snapshots", "volumes as they were", "resource:volume_snapshots", ("snapshots", "snap")),
    Place("keypair", "Key pairs", "public keys known to Nova", "resource:keypairs", ("keypairs", "key")),
    Place("group", "Server groups", "VMs kept together or apart", "resource:server_groups", ("groups", "server-group")),
    Place("quota", "Quotas", "limits, and what is left", "resource:quotas", ("quotas", "limits")),
    Place("hypervisor", "Hypervisors", "compute hosts, for admins", "resource:hypervisors", ("hypervisors", "hv")),
    Place("service", "Compute services", "Nova's daemons, for admins", "resource:services", ("services",)),
    Place("help", "Help", "keys and words", "help:HelpScreen"),
)

WORDS: dict[str, str] = {
    "back": "one screen back",
    "columns": "columns to choose, or columns NAME,STATUS,...; columns usual",
    "filter": "filter NAME of a saved one; filter save NAME, filter drop NAME, filter list",
    "q": "leave the console",
    "reset": "forget sort, filter and columns of this place",
    "save": "save FILE.csv or FILE.json: what is shown, with its values",
    "set": "set mouse on|off",
    "sort": "sort COLUMN, or sort -COLUMN",
    "theme": "theme dark|light|contrast|ansi16",
}
"""What `:` understands beside places."""


def place_named(word: str) -> Place | None:
    """Return the place of this name or alias, None when there is none."""
    return next((place for place in PLACES if word == place.name or word in place.aliases), None)


def completions(typed: str) -> list[str]:
    """Return the words that begin with `typed`, places first."""
    words = [place.name for place in PLACES] + list(WORDS)
    return [word for word in words if word.startswith(typed)]


def nearest(word: str) -> str:
    """Return the known word that `word` was probably meant to be, empty when none is near."""
    known = [name for place in PLACES for name in (place.name, *place.aliases)] + list(WORDS)
    found = get_close_matches(word, known, n=1, cutoff=0.5)
    return found[0] if found else ""


def resource_of(name: str) -> Resource[Any] | None:
    """Import what a place of this name tells of, None for a place that is no table of resources."""
    place = place_named(name)
    module, _, file = place.screen.partition(":") if place else ("", "", "")
    if module != "resource":
        return None
    found: Resource[Any] = import_module(f"osvm_tui.ui.resources.{file}").RESOURCE
    return found


def screen_of(place: Place) -> type[Screen[Any]]:
    """Import a place's screen."""
    module, _, name = place.screen.partition(":")
    if module == "resource":
        from osvm_tui.ui.screens.resource_place import screen_for

        return screen_for(name)
    found: type[Screen[Any]] = getattr(import_module(f"osvm_tui.ui.screens.{module}"), name)
    return found
