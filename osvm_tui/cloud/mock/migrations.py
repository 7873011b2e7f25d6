"""Records of resizes, migrations and evacuations, their lists, and force-complete and abort of a live one."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import execution, gate
from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES
from osvm_tui.cloud.mock.server import Moment, Server

Record = dict[str, Any]


def begin(call: NovaCall, server: Server, kind: str, source: str | None, target: str, steps: list[Moment]) -> None:
    """Write a new migration whose course follows the server's time line."""
    number = 1 + max((int(key) for key in call.world.things("migration")), default=0)
    done = {"live-migration": "completed", "evacuation": "done"}.get(kind, "finished")
    record: Record = {
        "id": number,
        "uuid": call.world.new_id("migration"),
        "server": server.id,
        "kind": kind,
        "source": source,
        "target": target,
        "user": call.caller.user_id,
        "project": call.caller.project_id,
        "line": [[call.now, "running" if kind == "live-migration" else "migrating"], [steps[-1].at, done]],
    }
    call.world.put("migration", str(number), record)


def finish(call: NovaCall, server: Server, status: str, at: float) -> None:
    """Let the newest migration of a server end as `status` at cloud time `at`."""
    own = [one for one in call.world.things("migration").values() if one["server"] == server.id]
    if own:
        record = max(own, key=lambda one: one["id"])
        call.world.put("migration", str(record["id"]), record | {"line": [*record["line"], [at, status]]})


def _at(record: Record, now: float) -> tuple[float, str]:
    at, status = record["line"][0]
    for later, becomes in record["line"]:
        if later <= now:
            at, status = later, becomes
    return at, status


def every(call: NovaCall) -> SimReply:
    """List migrations of all servers, newest first (admin)."""
    call.allow("admin", "os-migrations:index")
    wanted = {"instance_uuid": "server", "status": "status", "host": "source", "migration_type": "kind"}
    shown = []
    for record in sorted(call.world.things("migration").values(), key=lambda one: -one["id"]):
        flat = record | {"status": _at(record, call.now)[1]}
        if all(flat[field] == call.request.first(name, flat[field]) for name, field in wanted.items()):
            shown.append(_view(call, record))
    return call.reply(200, {"migrations": shown})


def _view(call: NovaCall, record: Record) -> Record:
    at, status = _at(record, call.now)
    view = {
        "id": record["id"],
        "instance_uuid": record["server"],
        "source_compute": record["source"],
        "source_node": record["source"],
        "dest_compute": record["target"],
        "dest_node": record["target"],
        "dest_host": "192.168.0.1",
        "status": status,
        "created_at": plain(record["line"][0][0]),
        "updated_at": plain(at),
        "old_instance_type_id": 1,
        "new_instance_type_id": 1,
    }
    if call.minor >= 23:
        view["migration_type"] = record["kind"]
    if call.minor >= 59:
        view["uuid"] = record["uuid"]
    if call.minor >= 80:
        view |= {"user_id": record["user"], "project_id": record["project"]}
    return view


def of_server(call: NovaCall, server_id: str) -> SimReply:
    """List the live migrations under way of one server (2.23, admin)."""
    call.since((2, 23))
    entry = call.server(server_id)
    call.allow("admin", "servers:migrations:index")
    running = _running(call, entry.server.id)
    return call.reply(200, {"migrations": [_progress(call, record) for record in running]})


def _running(call: NovaCall, server_id: str) -> list[Record]:
    return [
        record
        for record in call.world.things("migration").values()
        if record["server"] == server_id
        and record["kind"] == "live-migration"
        and _at(record, call.now)[1] == "running"
    ]


def _progress(call: NovaCall, record: Record) -> Record:
    begun, ends = record["line"][0][0], record["line"][-1][0]
    entry = call.world.fleet.get(record["server"], call.now)
    total = (entry.moment.flavor.ram if entry is not None else 0) << 20
    done = int(total * min(1.0, (call.now - begun) / max(ends - begun, 0.001)))
    view = _view(call, record)
    view["server_uuid"] = view.pop("instance_uuid")
    for name in ("old_instance_type_id", "new_instance_type_id", "migration_type"):
        view.pop(name, None)
    memory = {"memory_total_bytes": total, "memory_processed_bytes": done, "memory_remaining_bytes": total - done}
    return view | memory | {f"disk_{part}_bytes": 0 for part in ("total", "processed", "remaining")}


def force_complete(call: NovaCall, server_id: str, number: str) -> SimReply:
    """Pause the guest so that a running live migration ends soon (2.22)."""
    call.since((2, 22))
    entry = call.server(server_id)
    call.allow_rule(RULES["force_complete"])
    gate.check(call, entry, RULES["force_complete"])
    record = _one(call, server_id, number, unknown=400, word="force_complete")
    server = call.world.checkout(server_id)
    steps = execution.course(call, server).task("migrating", takes="forcing").end(host=record["target"])
    steps = execution.accept(call, server, "force_complete", steps, interrupts=False)
    call.world.finish(server_id, "live-migration", steps[-1].at)
    _ends(call, record, steps[-1].at, "completed")
    return call.reply(202)


def abort(call: NovaCall, server_id: str, number: str) -> SimReply:
    """Stop a running live migration; the server stays where it is (2.24)."""
    call.since((2, 24))
    entry = call.server(server_id)
    call.allow_rule(RULES["abort"])
    gate.check(call, entry, RULES["abort"])
    record = _one(call, server_id, number, unknown=404, word="abort live migration")
    server = call.world.checkout(server_id)
    steps = execution.course(call, server).task("migrating", takes="aborting").end()
    steps = execution.accept(call, server, "abort", steps)
    _ends(call, record, steps[-1].at, "cancelled")
    return call.reply(202)


def _ends(call: NovaCall, record: Record, at: float, status: str) -> None:
    call.world.put("migration", str(record["id"]), record | {"line": [record["line"][0], [at, status]]})


def _one(call: NovaCall, server_id: str, number: str, *, unknown: int, word: str) -> Record:
    record = call.world.things("migration").get(number)
    if record is None or record["server"] != server_id:
        raise Refused(unknown, f"Migration {number} not found for instance {server_id}")
    status = _at(record, call.now)[1]
    if record["kind"] != "live-migration" or status != "running":
        text = f"Migration {number} state of instance {server_id} is {status}."
        raise Refused(400, f"{text} Cannot {word} while the migration is in this state.")
    return record


def one_of_server(call: NovaCall, server_id: str, number: str) -> SimReply:
    """Show one live migration under way (2.23, admin)."""
    call.since((2, 23))
    entry = call.server(server_id)
    call.allow("admin", "servers:migrations:show")
    for record in _running(call, entry.server.id):
        if str(record["id"]) == number:
            return call.reply(200, {"migration": _progress(call, record)})
    raise Refused(404, f"In-progress live migration {number} is not found for server {server_id}.")
