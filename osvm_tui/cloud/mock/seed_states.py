"""How a seeded VM came to its state: its present and coming steps, and the actions that led there.

Every state is a function of a draft: it fills the time line relative to the cloud's start. Knows no file.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from osvm_tui.cloud.mock.names import BUILD_FAULT, FAULTS
from osvm_tui.cloud.mock.server import Fault, Moment, Server
from osvm_tui.cloud.mock.transitions import PAUSED, RUNNING, SHUTDOWN

NO_VALID_HOST = "No valid host was found. "


class Draft(msgspec.Struct):
    """A VM in the making: `base` is it as active and launched; `did` its past (action, start, end, failure)."""

    server: Server
    base: Moment
    rng: Random
    start: float
    did: list[tuple[str, float, float | None, str]] = []
    other_host: str = ""

    def ago(self, low: float, high: float) -> float:
        """Return a time between `low` and `high` seconds before the start, but after the launch."""
        wanted = self.start - self.rng.uniform(low, high)
        return max(wanted, (self.base.launched_at or self.server.created) + 20)

    def became(self, action: str, at: float, **changes: object) -> None:
        """Let the VM be in its state since `at`, by an action that took some seconds."""
        self.did.append((action, at - self.rng.uniform(1.5, 6), at, ""))
        self.server.line = [msgspec.structs.replace(self.base, at=at, **changes)]

    def busy(self, action: str, begun: float, ends: float | None, task: str, *end: Moment, **changes: object) -> None:
        """Let the VM be in the middle of an action that began at `begun` and ends at `ends` (None: never)."""
        self.did.append((action, begun, ends, ""))
        now = msgspec.structs.replace(self.base, at=begun, task_state=task, **changes)
        self.server.line = [now, *end]

    def then(self, at: float, **changes: object) -> Moment:
        """Return a coming step."""
        return msgspec.structs.replace(self.base, at=at, **changes)


def _active(draft: Draft) -> None:
    draft.server.line = [draft.base]
    if draft.rng.random() < 0.3:
        draft.became("reboot", draft.ago(600, 20 * 86400))


def _stopped(draft: Draft) -> None:
    draft.became("os-stop", draft.ago(900, 30 * 86400), vm_state="stopped", power_state=SHUTDOWN)


def _paused(draft: Draft) -> None:
    draft.became("pause", draft.ago(600, 86400), vm_state="paused", power_state=PAUSED)


def _suspended(draft: Draft) -> None:
    draft.became("suspend", draft.ago(3600, 5 * 86400), vm_state="suspended", power_state=SHUTDOWN)


def _offloaded(draft: Draft) -> None:
    at = draft.ago(86400, 90 * 86400)
    draft.became("shelve", at, vm_state="shelved_offloaded", power_state=SHUTDOWN, host=None)


def _shelved(draft: Draft) -> None:
    draft.became("shelve", draft.ago(3600, 86400), vm_state="shelved", power_state=SHUTDOWN)


def _rescued(draft: Draft) -> None:
    at = draft.ago(600, 7200)
    draft.became("rescue", at, vm_state="rescued", launched_at=at)


def _resized(draft: Draft) -> None:
    at = draft.ago(300, 7200)
    draft.server.was = draft.base
    draft.became("resize", at, vm_state="resized", host=draft.other_host, launched_at=at)


def _error(draft: Draft) -> None:
    at = draft.ago(600, 3 * 86400)
    message = draft.rng.choice(FAULTS)
    off = draft.rng.random() < 0.5
    fault = Fault(500, message, at, f"Traceback (most recent call last):\n  ...\n{message}\n")
    draft.did.append(("os-start" if off else "reboot", at - 9, at, message))
    changes = {"vm_state": "error", "power_state": SHUTDOWN if off else RUNNING, "fault": fault}
    draft.server.line = [msgspec.structs.replace(draft.base, at=at, **changes)]


def _crashed(draft: Draft) -> None:
    _error(draft)
    draft.server.line = [msgspec.structs.replace(draft.server.line[0], power_state=6)]


def _never(draft: Draft, message: str, root: str | None) -> None:
    server = draft.server
    server.nics, server.root_device = [], root
    at = server.created + 2.5
    fault = Fault(500, message, at, f"Traceback (most recent call last):\n  ...\n{message}\n")
    changes = {"vm_state": "error", "power_state": 0, "host": None, "launched_at": None, "fault": fault}
    server.line = [msgspec.structs.replace(draft.base, at=at, **changes)]
    draft.did = [("create", server.created, at, message)]


def _no_host(draft: Draft) -> None:
    _never(draft, NO_VALID_HOST, None)


def _build_failed(draft: Draft) -> None:
    _never(draft, BUILD_FAULT.format(id=draft.server.id), "/dev/sda")


def _new(draft: Draft, age: float) -> Moment:
    draft.server.created = draft.start - age
    draft.did = []
    fields = {"vm_state": "building", "power_state": 0, "launched_at": None}
    draft.base = msgspec.structs.replace(draft.base, **fields)
    return draft.base


def _building(draft: Draft) -> None:
    host = draft.base.host
    base = _new(draft, draft.rng.uniform(20, 50))
    end = draft.start + draft.rng.uniform(150, 400)
    spawning = msgspec.structs.replace(base, at=draft.start - 12, task_state="spawning")
    done = {"vm_state": "active", "power_state": RUNNING, "launched_at": end, "host": host, "task_state": None}
    draft.server.line = [spawning, msgspec.structs.replace(spawning, at=end, **done)]
    draft.did = [("create", draft.server.created, end, "")]


def _scheduling(draft: Draft) -> None:
    _building(draft)
    draft.server.created = draft.start - 2
    first, last = draft.server.line
    request = {"at": draft.start - 2, "task_state": "scheduling", "host": None, "request": True}
    spawning = msgspec.structs.replace(first, at=draft.start + 45)
    draft.server.line = [msgspec.structs.replace(first, **request), spawning, last]
    draft.did = [("create", draft.start - 2, last.at, "")]


def _stuck(draft: Draft) -> None:
    draft.busy("os-stop", draft.start - 3700, None, "powering-off")


def _hard(draft: Draft) -> None:
    ends = draft.start + 90
    draft.busy("reboot-hard", draft.start - 6, ends, "reboot_started_hard", draft.then(ends))


def _migrating(draft: Draft) -> None:
    ends = draft.start + 180
    draft.busy("os-migrateLive", draft.start - 25, ends, "migrating", draft.then(ends, host=draft.other_host))


def _rebuilding(draft: Draft) -> None:
    ends = draft.start + 120
    draft.busy("rebuild", draft.start - 8, ends, "rebuild_spawning", draft.then(ends, launched_at=ends))


def _resizing(draft: Draft) -> None:
    ends = draft.start + 150
    draft.server.was = draft.base
    end = draft.then(ends, vm_state="resized", launched_at=ends, host=draft.other_host)
    draft.busy("resize", draft.start - 15, ends, "resize_migrating", end)


def _snapshot(draft: Draft) -> None:
    ends = draft.start + 240
    draft.busy("createImage", draft.start - 20, ends, "image_uploading", draft.then(ends))


def _deleted(draft: Draft) -> None:
    at = draft.ago(60, 3000)
    changes = {"vm_state": "deleted", "power_state": 0, "terminated_at": at, "deleted": True}
    draft.became("delete", at, **changes)


def _soft(draft: Draft) -> None:
    draft.became("soft-delete", draft.ago(600, 7200), vm_state="soft-delete", power_state=SHUTDOWN)


def _odd(draft: Draft) -> None:
    draft.server.line = [msgspec.structs.replace(draft.base, vm_state="hibernated", power_state=9)]
    draft.server.odd = {
        "flavor": {"original_name": "legacy", "vcpus": 3, "ram": 3000, "disk": 0},
        "image": None,
        "OS-EXT-AZ:availability_zone": None,
        "key_name": None,
    }


def _locked(draft: Draft) -> None:
    _active(draft)
    draft.server.locked_by, draft.server.locked_reason = "owner", "database migration under way"
    draft.server.touched = draft.ago(600, 86400)
    draft.did.append(("lock", draft.server.touched, draft.server.touched, ""))


def _admin_locked(draft: Draft) -> None:
    _locked(draft)
    draft.server.locked_by, draft.server.locked_reason = "admin", "held for the security team"


def _bfv(draft: Draft) -> None:
    draft.base = msgspec.structs.replace(draft.base, image="")
    draft.server.root_device = "/dev/vda"
    _active(draft)


MAKERS: dict[str, Callable[[Draft], None]] = {
    "active": _active,
    "stopped": _stopped,
    "paused": _paused,
    "suspended": _suspended,
    "shelved_offloaded": _offloaded,
    "shelved": _shelved,
    "rescued": _rescued,
    "resized": _resized,
    "error": _error,
    "crashed": _crashed,
    "no_host": _no_host,
    "build_failed": _build_failed,
    "building": _building,
    "scheduling": _scheduling,
    "stuck": _stuck,
    "rebooting_hard": _hard,
    "migrating": _migrating,
    "rebuilding": _rebuilding,
    "resizing": _resizing,
    "snapshot": _snapshot,
    "deleted": _deleted,
    "soft-delete": _soft,
    "odd": _odd,
    "locked": _locked,
    "admin_locked": _admin_locked,
    "bfv": _bfv,
}
