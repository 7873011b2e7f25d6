"""What an accepted action does to a server: the steps of its time line, decided once.

Holds the course of every action (task states, ends, failures) as Nova goes through it. Knows no request,
no rule and no file; chance and times come as arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from osvm_tui.cloud.mock.durations import Durations
from osvm_tui.cloud.mock.server import Fault, Flavor, Moment

RUNNING, PAUSED, SHUTDOWN = 1, 3, 4


class Course:
    """Builds the steps that follow `base`, beginning at cloud time `now`."""

    def __init__(self, base: Moment, now: float, durations: Durations) -> None:
        self.base = base
        self.at = now
        self.steps: list[Moment] = []
        self._durations = durations
        self._last = base

    def task(self, task_state: str | None, takes: str = "", **changes: object) -> Course:
        """Add a step in `task_state` that lasts as long as `takes` (or the task's own name) says."""
        self._add(task_state=task_state, **changes)
        self.at += self._durations.draw(takes or str(task_state))
        return self

    def lasts(self, step: str) -> float:
        """Return how long `step` takes this time."""
        return self._durations.draw(step)

    def end(self, **changes: object) -> list[Moment]:
        """Add the settled step and return all of them."""
        self._add(**({"task_state": None} | changes))
        return self.steps

    def _add(self, **changes: object) -> None:
        self._last = msgspec.structs.replace(self._last, at=self.at, quiet=False, request=False, **changes)
        self.steps.append(self._last)


def start(course: Course) -> list[Moment]:
    """Power on."""
    return course.task("powering-on").end(vm_state="active", power_state=RUNNING)


def stop(course: Course) -> list[Moment]:
    """Power off."""
    return course.task("powering-off").end(vm_state="stopped", power_state=SHUTDOWN)


def reboot_soft(course: Course) -> list[Moment]:
    """Ask the guest to reboot."""
    for task in ("rebooting", "reboot_pending", "reboot_started"):
        course.task(task)
    return course.end(vm_state="active", power_state=RUNNING)


def reboot_hard(course: Course) -> list[Moment]:
    """Cut and restore power; the vm_state stays what it was until the end."""
    for task in ("rebooting", "reboot_pending", "reboot_started"):
        course.task(task + "_hard", takes=task)
    return course.end(vm_state="active", power_state=RUNNING)


def pause(course: Course) -> list[Moment]:
    """Freeze the guest in memory."""
    return course.task("pausing").end(vm_state="paused", power_state=PAUSED)


def unpause(course: Course) -> list[Moment]:
    """Let a paused guest run."""
    return course.task("unpausing").end(vm_state="active", power_state=RUNNING)


def suspend(course: Course, power_state: int = SHUTDOWN) -> list[Moment]:
    """Save the guest's memory to disk; libvirt reports the guest as off afterwards."""
    return course.task("suspending").end(vm_state="suspended", power_state=power_state)


def resume(course: Course) -> list[Moment]:
    """Bring a suspended guest back."""
    return course.task("resuming").end(vm_state="active", power_state=RUNNING)


def rescue(course: Course) -> list[Moment]:
    """Boot the rescue system; launched_at is rewritten."""
    course.task("rescuing")
    return course.end(vm_state="rescued", power_state=RUNNING, launched_at=course.at)


def unrescue(course: Course) -> list[Moment]:
    """Leave the rescue system; always ends active."""
    return course.task("unrescuing").end(vm_state="active", power_state=RUNNING)


def shelve(course: Course, offload: bool) -> list[Moment]:
    """Save the disk as an image and, by default, leave the host. Volume-backed servers skip the image."""
    course.task("shelving")
    if not course.base.image:
        return course.end(vm_state="shelved_offloaded", power_state=SHUTDOWN, host=None)
    course.task("shelving_image_pending_upload", takes="image_pending")
    course.task("shelving_image_uploading", takes="image_uploading")
    if not offload:
        return course.end(vm_state="shelved", power_state=SHUTDOWN)
    return shelve_offload(course)


def shelve_offload(course: Course) -> list[Moment]:
    """Leave the host of a shelved server."""
    course.task("shelving_offloading", vm_state="shelved", power_state=SHUTDOWN)
    return course.end(vm_state="shelved_offloaded", power_state=SHUTDOWN, host=None)


def unshelve(course: Course, host: str | None) -> list[Moment]:
    """Bring a shelved server back; without a host for an offloaded one it silently stays offloaded."""
    course.task("unshelving")
    if course.base.vm_state == "shelved":
        course.task("powering-on")
    elif host is None:
        return course.end()
    else:
        course.task("spawning", host=host)
    return course.end(vm_state="active", power_state=RUNNING, launched_at=course.at)


def rebuild(course: Course, image: str, stopped: bool, host: str | None = None) -> list[Moment]:
    """Make the server anew from `image`; one that must end stopped is started and stopped again."""
    course.task("rebuilding", image=image)
    course.task("rebuild_block_device_mapping", host=host or course.base.host)
    course.task("rebuild_spawning")
    if stopped:
        course.task(None, takes="between_writes", vm_state="active", power_state=RUNNING, launched_at=course.at)
        course.task("powering-off")
        return course.end(vm_state="stopped", power_state=SHUTDOWN)
    return course.end(vm_state="active", power_state=RUNNING, launched_at=course.at)


def resize(course: Course, flavor: Flavor, host: str | None) -> list[Moment]:
    """Move to `host` with `flavor` and wait for a word; without a host everything is as before."""
    course.task("resize_prep")
    if host is None:
        return course.end()
    course.task("resize_migrating")
    course.task("resize_migrated", host=host)
    course.task("resize_finish", flavor=flavor)
    return course.end(vm_state="resized", launched_at=course.at)


def confirm_resize(course: Course) -> list[Moment]:
    """Keep the new size: no task state at all while it lasts."""
    course.task(None, takes="confirming")
    stopped = course.base.power_state == SHUTDOWN
    return course.end(vm_state="stopped" if stopped else "active")


def revert_resize(course: Course, was: Moment) -> list[Moment]:
    """Return to the flavor, host and power of before."""
    course.task("resize_reverting")
    back: dict[str, Any] = {"flavor": was.flavor, "host": was.host, "launched_at": course.at}
    if was.vm_state == "stopped":
        course.task("powering-off", power_state=RUNNING, **back)
        return course.end(vm_state="stopped", power_state=SHUTDOWN)
    return course.end(vm_state="active", power_state=RUNNING, **back)


def live_migrate(course: Course, host: str | None) -> list[Moment]:
    """Move without a stop; without a host the server just stays."""
    course.task("migrating")
    return course.end(host=host) if host else course.end()


def delete(course: Course, at_once: bool) -> list[Moment]:
    """Destroy the server; `at_once` without a host, or with its host down. It is deleted a moment before it is gone."""
    if not at_once:
        course.task("deleting")
        gone = {"vm_state": "deleted", "power_state": 0, "terminated_at": course.at}
        course.task(None, takes="between_writes", **gone)
    return course.end(vm_state="deleted", power_state=0, terminated_at=course.at, deleted=True)


def synced_off(course: Course) -> list[Moment]:
    """Let the periodic power sync, within ten minutes, stop an active server whose guest is found off."""
    course.at += course.lasts("power_sync")
    return stop(course)


def soft_delete(course: Course) -> list[Moment]:
    """Power off and wait for the reclaim interval."""
    return course.task("soft-deleting").end(vm_state="soft-delete", power_state=SHUTDOWN)


def restore(course: Course) -> list[Moment]:
    """Take a soft-deleted server back; it is powered on even if it was off."""
    return course.task("restoring").end(vm_state="active", power_state=RUNNING)


def create_image(course: Course) -> list[Moment]:
    """Make a snapshot; the state does not change, the task blocks others."""
    course.task("image_snapshot_pending", takes="image_pending").task("image_snapshot", takes="image_pending")
    return course.task("image_pending_upload", takes="image_pending").task("image_uploading").end()


def create_backup(course: Course) -> list[Moment]:
    """Make a rotating snapshot."""
    course.task("image_backup", takes="image_pending").task("image_pending_upload", takes="image_pending")
    return course.task("image_uploading").end()


def change_password(course: Course) -> list[Moment]:
    """Set the guest's password; the call itself waits, so the task is seen by others only."""
    return course.task("updating_password").end()


def build(course: Course, host: str | None, fault: Fault | None) -> list[Moment]:
    """Build a new server on `host`, or fail: without a host after scheduling, with a fault after spawning."""
    course.at += course.lasts("scheduling")
    if host is None:
        return course.end(vm_state="error", fault=fault)
    course.task(None, takes="claimed", host=host)
    for task in ("networking", "block_device_mapping", "spawning"):
        course.task(task)
    if fault is not None:
        return course.end(vm_state="error", host=None, fault=fault)
    return course.end(vm_state="active", power_state=RUNNING, launched_at=course.at)


COURSES: dict[str, Callable[[Course], list[Moment]]] = {
    "os-start": start,
    "os-stop": stop,
    "reboot": reboot_soft,
    "reboot-hard": reboot_hard,
    "pause": pause,
    "unpause": unpause,
    "resume": resume,
    "rescue": rescue,
    "unrescue": unrescue,
    "shelveOffload": shelve_offload,
    "confirmResize": confirm_resize,
    "restore": restore,
    "changePassword": change_password,
}
FAILS_TO_ERROR = frozenset({"reboot", "reboot-hard", "rescue", "rebuild", "evacuate", "unshelve"})
"""A failure in the midst of these leaves ERROR; of all others the old state with a hidden fault."""


def failed(steps: list[Moment], base: Moment, action: str, fault: Fault) -> list[Moment]:
    """Return `steps` with their end replaced by what a failure on the host leaves."""
    last = steps[-1]
    stamped = msgspec.structs.replace(fault, created=last.at)
    if action in FAILS_TO_ERROR:
        end = msgspec.structs.replace(base, at=last.at, vm_state="error", task_state=None, fault=stamped)
    else:
        end = msgspec.structs.replace(base, at=last.at, task_state=None, fault=stamped)
    return [*steps[:-1], end]


def stuck(steps: list[Moment]) -> list[Moment]:
    """Return the first step only: the task never ends."""
    return steps[:1]
