"""From the keyboard alone, in a real terminal: a VM's whole life, seen through a second client and in the audit."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.timeout(400)


def status(place: Place, name: str) -> str:
    """Ask through a second client: the entry of an admin."""
    found = json.loads(place.osvm("vm", "list", "--cloud", place.admin, "-o", "json", "--filter", f"name={name}"))
    return str(found[0]["status"]) if found else ""


def pick(terminal: Terminal, field: str, wanted: str) -> None:
    """Choose `wanted` in the focused field of a form, opened again while the cloud has not answered yet."""
    for _ in range(10):
        terminal.press("enter")
        terminal.wait("type to narrow")
        if terminal.seen(wanted, 3):
            break
        terminal.press("escape")
        terminal.wait(lambda text: "type to narrow" not in text)
    terminal.press(wanted)
    terminal.wait(lambda text: "type to narrow" not in text)
    terminal.press("enter")
    terminal.wait(rf"{field} +{re.escape(wanted)}")


def fill_new_vm(terminal: Terminal, name: str, image: str) -> None:
    """Fill the form: name, image, flavor; the rest as it stands."""
    terminal.press("N")
    terminal.wait("new VM")
    terminal.press(name, "tab", "tab")
    pick(terminal, "image", image)
    pick(terminal, "flavor", "m1.tiny")
    terminal.press("ctrl+s")
    terminal.wait(lambda text: "new VM" not in text)


def menu(terminal: Terminal, letter: str) -> None:
    """Open the action menu and press a second letter."""
    terminal.press("a")
    terminal.wait("act on")
    terminal.press(letter)


def test_the_whole_life_of_a_vm(place: Place) -> None:
    name = f"e2e-{uuid.uuid4().hex[:6]}"
    with Terminal(["--cloud", place.member], place.environ, place.folder) as terminal:
        terminal.wait("● live")
        fill_new_vm(terminal, name, place.image)
        terminal.press("/", name, "enter")
        terminal.wait_row(name, "BUILD")
        terminal.wait_row(name, "● ACTIVE", 120)
        assert status(place, name) == "ACTIVE"

        menu(terminal, "t")
        terminal.wait(f"stop {name}")
        terminal.press("tab", "enter")
        terminal.wait_row(name, "○ SHUTOFF")
        assert status(place, name) == "SHUTOFF"
        menu(terminal, "t")
        terminal.wait_row(name, "● ACTIVE")

        menu(terminal, "l")
        terminal.press("enter")
        terminal.wait(f"{name} is locked")
        menu(terminal, "p")
        terminal.wait("locked")
        assert status(place, name) == "ACTIVE"
        terminal.press("escape")
        menu(terminal, "l")
        terminal.wait(f"{name} is unlocked")

        terminal.press("ctrl+d")
        terminal.wait("type")
        terminal.press("wrong", "enter")
        assert status(place, name) == "ACTIVE"
        terminal.press(*["backspace"] * 5, name, "enter")
        terminal.wait(lambda text: "0 of" in text, 60)
        assert status(place, name) == ""

        terminal.press("escape", ":", "op", "enter")
        terminal.wait(rf"delete.*{name}|{name}.*delete")
        terminal.press("escape", ":", "audit", "enter")
        terminal.wait(rf"{name}")
        terminal.press("ctrl+q")
        assert terminal.wait_end() == 0
    phases = [row["entry"] for row in json.loads(place.osvm("audit", "list", "-o", "json", "--text", name))]
    arrived = [entry["action"] for entry in phases if entry["phase"] == "arrived"]
    assert arrived[::-1] == ["create-server", "stop", "start", "lock", "unlock", "delete"]
    place.osvm("audit", "verify")


def test_the_same_life_without_a_screen(place: Place) -> None:
    name, cloud = f"e2e-{uuid.uuid4().hex[:6]}", ("--cloud", place.member)
    place.osvm("vm", "create", name, "--flavor", "m1.tiny", "--image", place.image, "--network", "none", *cloud)
    place.osvm("vm", "stop", name, *cloud)
    place.osvm("vm", "start", name, *cloud)
    place.osvm("vm", "lock", name, *cloud)
    assert "locked" in place.osvm("vm", "pause", name, *cloud, code=3)
    place.osvm("vm", "unlock", name, *cloud)
    place.osvm("vm", "delete", name, *cloud, code=2)
    place.osvm("vm", "delete", name, "--yes", *cloud)
    assert status(place, name) == ""
    items = json.loads(place.osvm("op", "list", "-o", "json"))
    done = [item["action_id"] for item in items if item["vm_name"] == name and item["state"] == "arrived"]
    assert done[::-1] == ["create-server", "stop", "start", "lock", "unlock", "delete"]


def test_two_entries_on_one_cloud_show_each_vm_once(place: Place) -> None:
    both = json.loads(place.osvm("vm", "list", "-o", "json", "--cloud", place.admin, "--cloud", place.member))
    alone = json.loads(place.osvm("vm", "list", "-o", "json", "--cloud", place.admin))
    assert len(both) == len({vm["id"] for vm in both})
    assert {vm["id"] for vm in both} == {vm["id"] for vm in alone}
