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
    Picture("help", ("question_mark",)),
    Picture("command-line", ("colon", *"he")),
    Picture("palette", ("ctrl+p",), dialog=True),
    Picture("quit", ("a", "h", "right", "enter", "ctrl+q"), dialog=True),
)
