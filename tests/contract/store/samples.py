"""Values that the store's tests write: VMs, operations and audit entries with everything filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.operations import Operation, OperationItem
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Address, Fault, Flavor, Vm, VmRef

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ENDPOINT = "http://10.0.0.5:8774/v2.1|RegionOne"
ADMIN = Scope(entry="admin", endpoint=ENDPOINT, project_id="p-admin", all_projects=True, roles=frozenset({"admin"}))
MEMBER = Scope(entry="demo", endpoint=ENDPOINT, project_id="p-1", roles=frozenset({"member", "reader"}))


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)


def a_vm(number: int = 1, **fields: object) -> Vm:
    """Return a VM of project p-1 with every field filled in."""
    values: dict[str, object] = {
        "endpoint": ENDPOINT,
        "id": f"{number:08d}-aaaa-4bbb-8ccc-dddddddddddd",
        "name": f"web-{number:04d}",
        "status": "ACTIVE",
        "vm_state": "active",
        "power_state": 1,
        "project_id": "p-1",
        "user_id": "u-1",
        "created_at": NOON - timedelta(days=3),
        "updated_at": NOON - timedelta(hours=2),
        "launched_at": NOON - timedelta(days=3, seconds=-40),
        "flavor": Flavor("m1.small", 2, 4096, 20, id="2", extra_specs=(("hw:cpu_policy", "shared"),)),
        "image_id": "0c7b0ee0-1c5e-4e0b-9d3f-2f1ad2b5a6a1",
        "volume_ids": ("vol-1",),
        "dying_volume_ids": ("vol-1",),
        "addresses": (
            Address("private", "192.168.128.7", 4, False, "fa:16:3e:00:00:01", "port-1"),
            Address("private", "fd00::7", 6),
            Address("private", "203.0.113.9", 4, True),
        ),
        "key_name": "ops",
        "availability_zone": "nova",
        "host": "compute-02",
        "hypervisor_hostname": "compute-02.example",
        "host_id": "h" * 56,
        "host_status": "UP",
        "instance_name": f"instance-{number:08x}",
        "security_groups": ("default", "web"),
        "metadata": (("role", "web"), ("ünï", "✓")),
        "tags": ("blue",),
        "description": "front end",
        "config_drive": True,
    }
    return Vm(**{**values, **fields})  # type: ignore[arg-type]


def a_faulty_vm(number: int = 2, details: str = "Traceback ...") -> Vm:
    """Return a VM in ERROR, as an admin sees it."""
    fault = Fault(500, "No valid host was found.", NOON - timedelta(minutes=5), details)
    return a_vm(number, status="ERROR", vm_state="error", power_state=0, fault=fault)


def an_item(number: int = 1, operation_id: str = "op-1", **fields: object) -> OperationItem:
    """Return a planned stop."""
    values: dict[str, object] = {
        "id": f"{operation_id}-item-{number}",
        "operation_id": operation_id,
        "action_id": "stop",
        "ref": VmRef(ENDPOINT, f"vm-{number}"),
        "vm_name": f"web-{number:04d}",
        "entry": "demo",
        "scope_key": MEMBER.key,
        "operator": "ops-1",
        "before": "active",
        "planned_at": NOON + timedelta(seconds=number),
        "owner": "",
    }
    return OperationItem(**{**values, **fields})  # type: ignore[arg-type]


def an_operation(items: Sequence[OperationItem], **fields: object) -> Operation:
    """Return the operation of `items`."""
    values: dict[str, object] = {
        "id": items[0].operation_id,
        "action_id": items[0].action_id,
        "operator": "ops-1",
        "console_role": "operator",
        "source": "console",
        "requested_at": NOON,
        "params": {"type": "SOFT", "count": 2},
        "items": tuple(items),
    }
    return Operation(**{**values, **fields})  # type: ignore[arg-type]


def an_entry(phase: str = "requested", **fields: object) -> AuditEntry:
    """Return an audit entry about the first VM."""
    values: dict[str, object] = {
        "at": NOON,
        "operator": "ops-1",
        "console_role": "operator",
        "phase": phase,
        "action": "stop",
        "entry": "demo",
        "endpoint": ENDPOINT,
        "project_id": "p-1",
        "vm_id": "vm-1",
        "vm_name": "web-0001",
        "operation_id": "op-1",
        "item_id": "op-1-item-1",
        "source": "console",
        "session": "host:1",
    }
    return AuditEntry(**{**values, **fields})  # type: ignore[arg-type]
