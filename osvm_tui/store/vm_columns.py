"""How a `Vm` becomes the columns of `vms` and `vm_addresses`, and what of an older reading stays. Pure: no query."""

from __future__ import annotations

import msgspec

from osvm_tui.domain.errors import StoreCorrupt
from osvm_tui.domain.states import simple_state
from osvm_tui.domain.vm import Fault, Vm

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Vm)
encode = _encoder.encode


def decode(record: bytes) -> Vm:
    """Return the VM of a `record` column. Raises StoreCorrupt when the bytes are not one."""
    try:
        return _decoder.decode(record)
    except msgspec.DecodeError as error:
        raise StoreCorrupt(f"the row of a VM cannot be read: {error}") from error


def gone(vm: Vm) -> bool:
    """Return whether the cloud says that this VM is no more. A soft-deleted one still is."""
    return vm.vm_state == "deleted" or vm.status == "DELETED"


def with_admin_fields(vm: Vm, old: Vm) -> Vm:
    """Return `vm` with what only admins may see taken from `old`, as far as it can still be true.

    The host is kept while `host_id`, which members see, says that the VM has not moved.
    """
    kept: dict[str, object] = {}
    stays = vm.host_id == old.host_id
    for name in ("host", "hypervisor_hostname", "host_status"):
        if stays and not getattr(vm, name):
            kept[name] = getattr(old, name)
    if not vm.instance_name:
        kept["instance_name"] = old.instance_name
    if vm.fault is not None and old.fault is not None and _same_fault(vm.fault, old.fault):
        kept["fault"] = old.fault
    return msgspec.structs.replace(vm, **kept)


def _same_fault(fault: Fault, old: Fault) -> bool:
    return not fault.details and msgspec.structs.replace(old, details="") == fault


def columns(vm: Vm) -> dict[str, object]:
    """Return the columns that follow from the VM alone; texts are cut to what the columns hold."""
    flavor = vm.flavor
    return {
        "name": vm.name[:255],
        "project_id": vm.project_id[:64],
        "flavor_id": flavor.id[:255] or None if flavor else None,
        "flavor_name": flavor.name[:255] if flavor else None,
        "image_id": vm.image_id[:36] if vm.image_id else None,
        "state": simple_state(vm.status, vm.vm_state, vm.task_state)[:20],
        "state_description": vm.fault.message if vm.fault else "",
        "vm_state": vm.vm_state[:64],
        "task_state": vm.task_state[:64] if vm.task_state else None,
        "power_state": vm.power_state,
        "host": vm.host[:255],
        "ip_address": vm.fixed_ip[:45] or None,
        "floating_ip": vm.floating_ip[:45] or None,
        "vcpus": flavor.vcpus if flavor else None,
        "memory_mb": flavor.memory_mib if flavor else None,
        "disk_gb": flavor.disk_gib if flavor else None,
        "description": vm.description,
        "key_name": vm.key_name[:255],
        "created_at": vm.created_at,
        "updated_at": vm.updated_at,
        "launched_at": vm.launched_at,
        "terminated_at": vm.terminated_at,
        "deleted": gone(vm),
    }


def address_rows(vm_id: int, vm: Vm) -> list[dict[str, object]]:
    """Return the rows of a VM's addresses, in its own order."""
    return [
        {
            "vm_id": vm_id,
            "position": position,
            "network": address.network[:255],
            "addr": address.addr[:45],
            "version": address.version,
            "floating": address.floating,
            "mac": address.mac[:32],
            "port_id": address.port_id[:36],
        }
        for position, address in enumerate(vm.addresses)
    ]
