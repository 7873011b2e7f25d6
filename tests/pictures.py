"""The console's places and dialogs as pictures: each has a name and the keys that lead to it from the fleet."""

from __future__ import annotations

from typing import NamedTuple


class Picture(NamedTuple):
    """One picture: its name and the keys that lead there from the fleet with the cursor on a running VM."""

    name: str
    keys: tuple[str, ...] = ()
    dialog: bool = False
    """Whether it shows a box over a place: the box is as wide on every large screen."""


def _go(word: str, *more: str) -> tuple[str, ...]:
    return ("colon", *word, "enter", *more)


PICTURES = (
    Picture("fleet"),
    Picture("fleet-filter", ("slash", *"status=ERROR")),
    Picture("fleet-marks", ("space", "space", "j", "space")),
    Picture("fleet-wide", ("W",)),
    Picture("action-menu", ("a",), dialog=True),
    Picture("action-menu-marks", ("space", "space", "space", "space", "a"), dialog=True),
    Picture("confirm", ("a", "t"), dialog=True),
    Picture("confirm-marks", ("space", "space", "space", "a", "R"), dialog=True),
    Picture("delete", ("ctrl+d",), dialog=True),
    Picture("rename", ("a", "n"), dialog=True),
    Picture("copy", ("c",), dialog=True),
    Picture("console-url", ("v",), dialog=True),
    Picture("vm-overview", ("enter",)),
    Picture("vm-console", ("l",)),
    Picture("vm-events", ("e",)),
    Picture("vm-raw", ("y",)),
    Picture("new-vm", ("N", *"web-{n}", "tab", "backspace", "3"), dialog=True),
    Picture("new-vm-image", ("N", "tab", "tab", "enter"), dialog=True),
    Picture("operations", _go("op")),
    Picture("audit", _go("audit")),
    Picture("health", _go("health")),
    Picture("clouds", _go("cloud")),
    Picture("flavors", _go("flavor")),
    Picture("images", _go("image")),
    Picture("networks", _go("network")),
    Picture("keypairs", _go("keypair")),
    Picture("ports", _go("port")),
    Picture("routers", _go("router")),
    Picture("floating-ips", _go("fip")),
    Picture("security-groups", _go("sg")),
    Picture("rules", _go("rule")),
    Picture("volumes", _go("volume")),
    Picture("volume-snapshots", _go("snapshot")),
    Picture("server-groups", _go("group")),
    Picture("quotas", _go("quota")),
    Picture("hypervisors", _go("hypervisor")),
    Picture("services", _go("service")),
    Picture("change-menu", _go("sg", "a"), dialog=True),
    Picture("all-facts", _go("keypair", "enter"), dialog=True),
    Picture("add-rule", _go("sg", "a", "r"), dialog=True),
    Picture("open-to-world", _go("sg", "a", "r", "ctrl+s"), dialog=True),
    Picture("release", _go("fip", "ctrl+d"), dialog=True),
    Picture("owners", ("J",), dialog=True),
    Picture("help", ("question_mark",)),
    Picture("command-line", ("colon", *"he")),
    Picture("palette", ("ctrl+p",), dialog=True),
    Picture("quit", ("a", "h", "right", "enter", "ctrl+q"), dialog=True),
)
