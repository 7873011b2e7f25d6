"""What must be true after every fault: each item asked for once, ended once, and told whole in an unbroken audit."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.e2e.consoles import ConsoleProcess, eventually

OUTCOMES = frozenset({"arrived", "failed", "gone", "unconfirmed", "cancelled"})


def settle(console: ConsoleProcess, limit_s: float = 40.0) -> None:
    """Wait until no item is open and nothing waits in a spool, then check the accounts."""

    def done() -> bool:
        items = {item["id"] if item["state"] in OUTCOMES else "open" for item in console.ask("items")}
        told = {row["item_id"] for row in console.ask("audit") if row["phase"] in OUTCOMES}
        return bool(items) and items <= told and console.ask("health")["store"]["spooled"] == 0

    eventually(done, "every item has ended and is written", limit_s)
    report = console.ask("verify")
    assert report["holds"], report["reason"]
    rows = console.ask("audit")
    for item in console.ask("items"):
        _told_whole(item, [row for row in rows if row["item_id"] == item["id"]])


def _told_whole(item: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    phases = [row["phase"] for row in rows]
    counted = Counter(phases)
    outcomes = [phase for phase in phases if phase in OUTCOMES]
    assert counted["requested"] == 1, (item, phases)
    assert outcomes == [item["state"]], (item, phases)
    assert counted["sent"] <= 1, (item, phases)
    if item["state"] == "arrived" and not item["message"].endswith("is gone"):
        assert counted["sent"] == 1, (item, phases)


def stoppable(console: ConsoleProcess, count: int = 1) -> list[dict[str, Any]]:
    """Return healthy running VMs; makes more of them when the cloud has too few."""
    found = [vm for vm in console.ask("vms") if vm["may_stop"] and vm["state"] == "active"]
    if len(found) < count:
        operation = console.ask("create", entry="demo", name="spare", count=count - len(found))
        assert set(console.ended(operation)) == {"arrived"}
        found = [vm for vm in console.ask("vms") if vm["may_stop"] and vm["state"] == "active"]
    return found[:count]
