"""The console's places and dialogs as pictures: name, the keys that lead there from the fleet, and the scene."""

from __future__ import annotations

from typing import NamedTuple

from tests import money_scenes as money
from tests import scenes
from tests.scenes import SceneMaker


class Picture(NamedTuple):
    """One picture: its name and the keys that lead there from the fleet, the cursor where its scene puts it."""

    name: str
    keys: tuple[str, ...] = ()
    scene: SceneMaker = scenes.usual


def _go(word: str, *more: str) -> tuple[str, ...]:
    return ("colon", *word, "enter", *more)


FLEET = (
    Picture("fleet"),
    Picture("fleet-filter", ("slash", *"status=ERROR")),
    Picture("fleet-filter-wrong", ("slash", *"~re(")),
    Picture("fleet-none-match", ("slash", *"nosuch", "enter")),
    Picture("fleet-marks", ("space", "space", "j", "space")),
    Picture("fleet-wide", ("W",)),
    Picture("fleet-error", scene=scenes.wrong),
    Picture("fleet-stuck", scene=scenes.stuck),
    Picture("fleet-waiting", scene=scenes.resized),
    Picture("fleet-two-clouds", scene=scenes.two_clouds),
    Picture("fleet-read-only", scene=scenes.read_only),
    Picture("fleet-empty", scene=scenes.empty),
    Picture("fleet-stale", scene=scenes.lost),
    Picture("fleet-never", scene=scenes.never),
    Picture("fleet-contrast", scene=scenes.contrast),
    Picture("fleet-ansi16", scene=scenes.ansi16),
)
"""The first screen, in good and bad days."""

VERBS = (
    Picture("action-menu", ("a",)),
    Picture("action-menu-marks", ("space", "space", "space", "space", "a")),
    Picture("action-menu-admin", ("a",), scenes.admin),
    Picture("action-menu-viewer", ("a",), scenes.viewer),
    Picture("action-menu-read-only", ("a",), scenes.read_only),
    Picture("confirm", ("a", "t")),
    Picture("confirm-prod", ("a", "t"), scenes.two_clouds),
    Picture("confirm-marks", ("space", "space", "space", "a", "R")),
    Picture("direction", ("space", "space", "space", "a", "t")),
    Picture("delete", ("ctrl+d",)),
    Picture("delete-prod", ("ctrl+d",), scenes.two_clouds),
    Picture("delete-marks", ("space", "space", "space", "ctrl+d")),
    Picture("rename", ("a", "n")),
    Picture("resize", ("a", "z")),
    Picture("rebuild", ("a", "b")),
    Picture("backup", ("a", "B")),
    Picture("backup-wrong", ("a", "B", *["backspace"] * 16, "ctrl+s")),
    Picture("attach-volume", ("a", "m")),
    Picture("floating-ip", ("a", "f")),
    Picture("metadata", ("a", "E")),
    Picture("password", ("a", "w")),
    Picture("live-migrate", ("a", "L"), scenes.admin),
    Picture("reset-state", ("a", "Z"), scenes.admin),
    Picture("diagnostics", ("a", "i"), scenes.admin),
    Picture("remedies", ("h",), scenes.stuck),
    Picture("undo", ("U",), scenes.ended),
    Picture("error", ("a", "t", "right", "enter"), scenes.failing),
    Picture("copy", ("c",)),
    Picture("console-url", ("v",)),
    Picture("guest-route", ("s",)),
    Picture("host-keys", ("s", "enter")),
    Picture("host-key-changed", ("s", "enter"), scenes.changed_key),
    Picture("new-vm", ("N", *"web-{n}", "tab", "backspace", "3")),
    Picture("new-vm-price", ("N", *"web-{n}", "tab", "backspace", "3", "tab", "tab", "enter", *"medium", "enter")),
    Picture("new-vm-image", ("N", "tab", "tab", "enter")),
    Picture("new-vm-wrong", ("N", "ctrl+s")),
    Picture("owners", ("J",)),
    Picture("columns", ("ctrl+o",)),
    Picture("save-table", ("E",)),
)
"""The dialogs over the fleet."""

ONE = (
    Picture("vm-overview", ("enter",)),
    Picture("vm-error", ("enter",), scenes.wrong),
    Picture("vm-off", ("enter",), scenes.off),
    Picture("vm-waiting", ("enter",), scenes.resized),
    Picture("vm-stuck", ("enter",), scenes.stuck),
    Picture("vm-prod", ("enter",), scenes.two_clouds),
    Picture("vm-metrics", ("m", "left", "left")),
    Picture("vm-metrics-devices", ("m", "d")),
    Picture("vm-not-measured", ("m",), scenes.unmeasured),
    Picture("vm-console", ("l",)),
    Picture("vm-search", ("l", "slash", *"line 49", "enter")),
    Picture("vm-save", ("l", "S")),
    Picture("vm-events", ("e",)),
    Picture("vm-cost", ("o",), money.spending),
    Picture("vm-cost-no-rates", ("o",), money.unpriced),
    Picture("vm-network", ("enter", "6")),
    Picture("vm-raw", ("y",)),
)
"""One VM, by tab and by state."""

DOING = (
    Picture("monitor", _go("monitor")),
    Picture("monitor-missing", _go("monitor", "n"), scenes.unmeasured),
    Picture("monitor-heat", _go("monitor", "H")),
    Picture("monitor-heat-many", _go("monitor", "H"), scenes.many),
    Picture("monitor-heat-ansi16", _go("monitor", "H"), scenes.ansi16),
    Picture("alerts", _go("alert"), scenes.alerted),
    Picture("acknowledge", _go("alert", "a"), scenes.alerted),
    Picture("silence", _go("alert", "z"), scenes.alerted),
    Picture("host", _go("host"), scenes.alerted),
)
"""What VMs and this machine do, and what is wrong."""

PLACES = (
    Picture("operations", _go("op"), scenes.bulk),
    Picture("operation", _go("op", "g", "enter"), scenes.bulk),
    Picture("operation-cancel", _go("op", "g", "enter", "x"), scenes.bulk),
    Picture("calls", ("exclamation_mark",), scenes.calls),
    Picture("audit", _go("audit"), scenes.bulk),
    Picture("cost", _go("cost"), money.spending),
    Picture("cost-no-rates", _go("cost"), money.unpriced),
    Picture("spend", _go("spend"), money.spending),
    Picture("spend-by-flavor", _go("spend", "b"), money.spending),
    Picture("waste", _go("waste"), money.spending),
    Picture("waste-dismiss", _go("waste", "d"), money.spending),
    Picture("held", _go("held"), money.spending),
    Picture("health", _go("health")),
    Picture("clouds", _go("cloud")),
    Picture("clouds-two", _go("cloud"), scenes.two_clouds),
    Picture("projects", _go("project")),
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
    Picture("volumes-two-clouds", _go("volume"), scenes.two_clouds),
    Picture("volume-snapshots", _go("snapshot")),
    Picture("server-groups", _go("group")),
    Picture("quotas", _go("quota")),
    Picture("hypervisors", _go("hypervisor"), scenes.admin),
    Picture("services", _go("service"), scenes.admin),
    Picture("change-menu", _go("sg", "a")),
    Picture("all-facts", _go("keypair", "enter")),
    Picture("add-rule", _go("sg", "a", "r")),
    Picture("open-to-world", _go("sg", "a", "r", "ctrl+s")),
    Picture("release", _go("fip", "ctrl+d")),
    Picture("new-keypair", _go("keypair", "N")),
    Picture("private-key", _go("keypair", "N", *"mine", "enter")),
    Picture("new-volume", _go("volume", "N")),
    Picture("disable-service", _go("service", "a", "x"), scenes.admin),
    Picture("help", ("question_mark",)),
    Picture("command-line", ("colon", *"he")),
    Picture("palette", ("ctrl+p",)),
    Picture("quit", ("a", "h", "right", "enter", "ctrl+q")),
)
"""Everything else that `:` leads to, and the dialogs there."""

PICTURES = (*FLEET, *VERBS, *ONE, *DOING, *PLACES)
