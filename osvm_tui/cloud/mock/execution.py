"""Carries an accepted action out: time line, chance of failure, instance action. Knows no rule and no HTTP status."""

from __future__ import annotations

import msgspec

from osvm_tui.cloud.mock import timeline
from osvm_tui.cloud.mock.history import action_record
from osvm_tui.cloud.mock.nova_call import NovaCall, host_statuses
from osvm_tui.cloud.mock.server import Fault, Moment, Server
from osvm_tui.cloud.mock.transitions import Course, failed, stuck

HOST_FAULT = "Unexpected error while running command on the hypervisor: guest did not answer in time"
NO_VALID_HOST = "No valid host was found. "


def course(call: NovaCall, server: Server) -> Course:
    """Return a course for `server` that begins now."""
    base = timeline.present(server, call.now)
    return Course(base, call.now, call.world.durations(server.id))


def accept(
    call: NovaCall, server: Server, action: str, steps: list[Moment], *, result: str = "", interrupts: bool = True
) -> list[Moment]:
    """Let `steps` follow, subject to the knobs' chances, and write server and history.

    `result` names a failure that the steps already contain; what was under way fails if this `interrupts` it.
    Return the steps that were taken.
    """
    world = call.world
    rng = world.chance("fate:" + action)
    base = timeline.present(server, call.now)
    if len(steps) > 1 and (rng.random() < world.knobs.stuck_task or _waits_for_dead_host(call, base, action)):
        steps = stuck(steps)
    elif rng.random() < world.knobs.late_error and not result and action not in ("delete", "forceDelete"):
        steps = failed(steps, base, action, Fault(500, HOST_FAULT, call.now))
        result = HOST_FAULT
    timeline.append(server, call.now, steps)
    if interrupts:
        world.interrupt(server.id, call.now)
    world.save(server)
    end = steps[-1].at if steps and (len(steps) > 1 or steps[-1].task_state is None) else None
    host = steps[-1].host or base.host if steps else base.host
    record(call, server, action, end, host, result)
    return steps


def _waits_for_dead_host(call: NovaCall, base: Moment, action: str) -> bool:
    """Tell whether the host that would do the work is down: Nova accepts, and the task hangs."""
    if action in ("evacuate", "delete", "forceDelete") or base.host is None:
        return False
    return host_statuses(call.world).get(base.host) == "DOWN"


def record(call: NovaCall, server: Server, action: str, end: float | None, host: str | None, result: str = "") -> None:
    """Write the instance action of this call; `end` None means that it never finishes."""
    entry = action_record(
        call.request.request_id, call.caller.user_id, call.caller.project_id, action, call.now, end, host, result
    )
    call.world.record(server.id, call.now, call.request.request_id, entry)


def touch(call: NovaCall, server: Server) -> None:
    """Write a change that moves `updated` but is no step."""
    server.touched = call.now
    call.world.save(server)


def with_fault(steps: list[Moment], message: str) -> list[Moment]:
    """Return `steps` whose last one carries a hidden fault."""
    last = steps[-1]
    return [*steps[:-1], msgspec.structs.replace(last, fault=Fault(500, message, last.at))]
