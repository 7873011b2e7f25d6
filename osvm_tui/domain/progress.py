"""`progress`: what one reading of a VM, and of the cloud's action log, says about an accepted action. Pure."""

from __future__ import annotations

from enum import StrEnum

from osvm_tui.domain.action import Expect
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.vm import Vm


class Progress(StrEnum):
    """What one reading says."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    ENDED_ELSEWHERE = "ended elsewhere"
    """Idle, but not where it should be: Nova gave up silently; its action log says why."""
    ERROR = "error"
    GONE = "gone"


class LogWord(StrEnum):
    """What the cloud's action log says of one request."""

    SILENT = "silent"
    """No entry, or one without events: older clouds hide them from members."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


def log_word(log: InstanceAction | None) -> LogWord:
    """Judge one entry of the action log with its events."""
    if log is None:
        return LogWord.SILENT
    if log.message or any(event.result.lower() == "error" for event in log.events):
        return LogWord.FAILED
    if not log.events:
        return LogWord.SILENT
    return LogWord.DONE if all(event.finished_at for event in log.events) else LogWord.RUNNING


def progress(
    expect: Expect, before: str, vm: Vm | None, *, log: InstanceAction | None = None, host_before: str = ""
) -> Progress:
    """Judge one reading taken after the cloud's answer; `vm` None means that the cloud says 404.

    Nova sets the task before it answers an action, so an idle VM in the right state has arrived. `log` counts for
    actions that leave no state behind; `host_before` (a `host_id`) for those that must move the VM.
    """
    if vm is None:
        return Progress.ARRIVED if expect.gone else Progress.GONE
    if expect.immediate:
        return Progress.ARRIVED
    if expect.logged:
        return _LOGGED[log_word(log)]
    if expect.locked is not None:
        return Progress.ARRIVED if vm.locked is expect.locked else Progress.WAITING
    if expect.gone:
        return _deleting(before, vm)
    return _state(expect, before, vm, host_before)


def needs_log(expect: Expect, before: str) -> bool:
    """Return whether an arrival must be asked of the log: the VM was where it should be already, and may have come
    back to it because the action failed (a rebuild, a snapshot, a reboot). Another host is proof enough of a move: its
    log also tells of hosts that were tried in vain.
    """
    return not (expect.immediate or expect.logged or expect.moved) and before in _wanted(expect, before)


_LOGGED = {
    LogWord.SILENT: Progress.WAITING,
    LogWord.RUNNING: Progress.WAITING,
    LogWord.DONE: Progress.ARRIVED,
    LogWord.FAILED: Progress.ENDED_ELSEWHERE,
}


def _wanted(expect: Expect, before: str) -> set[str]:
    return {before if state == "*same" else state for state in expect.vm_states}


def _state(expect: Expect, before: str, vm: Vm, host_before: str) -> Progress:
    idle = vm.task_state is None
    if idle and vm.vm_state in _wanted(expect, before):
        stayed = expect.moved and bool(host_before) and vm.host_id == host_before
        return Progress.ENDED_ELSEWHERE if stayed else Progress.ARRIVED
    if idle and vm.vm_state == "error":
        return Progress.ENDED_ELSEWHERE if before == "error" else Progress.ERROR
    if vm.busy or (before == "resized" and vm.vm_state == "resized"):
        return Progress.WAITING
    return Progress.ENDED_ELSEWHERE


def _deleting(before: str, vm: Vm) -> Progress:
    if vm.vm_state == "deleted" or (vm.vm_state == "soft-delete" and before != "soft-delete"):
        return Progress.ARRIVED
    failed = vm.vm_state == "error" and before != "error" and vm.task_state is None
    return Progress.ERROR if failed else Progress.WAITING
