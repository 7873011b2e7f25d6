"""The Overview tab's facts in blocks: a pure reading of one `Vm`; knows no widget."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from osvm_tui.domain.states import POWER_WORDS
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import long_age, mib, moment, state_mark
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable

Rows = tuple[tuple[str, str | Content], ...]


def sections(vm: Vm, options: UiOptions, image_name: str, project_name: str, pending: str) -> dict[str, Content]:
    """Return each block's content by its name; `pending` says what is asked of the VM now."""
    return {
        "state": facts(_state(vm, options, pending)),
        "machine": facts(_machine(vm, image_name)),
        "addresses": facts(_addresses(vm)),
        "life": facts(_life(vm, options)),
        "identity": facts(_identity(vm, project_name)),
        "labels": facts(_labels(vm)),
        "fault": _fault(vm, options),
    }


def _state(vm: Vm, options: UiOptions, pending: str) -> Rows:
    mark = state_mark(vm, options.glyphs)
    locked = "" if not vm.locked else Content.assemble(("locked", "$state-stale"), _because(vm.locked_reason))
    return (
        ("status", Content.styled(f"{mark.glyph} {mark.word}", f"$state-{mark.token}")),
        ("asked", Content.styled(pending, "$state-changing") if pending else ""),
        ("task", vm.task_state or "none"),
        ("power", POWER_WORDS.get(vm.power_state, f"unknown ({vm.power_state})")),
        ("vm_state", vm.vm_state),
        ("lock", locked or "none"),
        ("progress", f"{vm.progress} %" if vm.progress else ""),
        ("host says", vm.host_status),
    )


def _because(reason: str) -> str:
    return f": {printable(reason)}" if reason else ""


def _machine(vm: Vm, image_name: str) -> Rows:
    flavor = vm.flavor
    shape = f"{flavor.vcpus} vCPU, {mib(flavor.memory_mib)}, {flavor.disk_gib} GiB disk" if flavor else "unknown"
    image = image_name or vm.image_id or ("boots from a volume" if vm.volume_ids else "unknown")
    return (
        ("flavor", printable(flavor.name) if flavor else "unknown"),
        ("", shape),
        ("image", printable(image)),
        ("volumes", "\n".join(vm.volume_ids)),
        ("key pair", vm.key_name or "none"),
        ("zone", vm.availability_zone or "unknown"),
        ("host", vm.host or ("hidden by the cloud" if vm.host_id else "none")),
        ("config drive", "yes" if vm.config_drive else ""),
    )


def _addresses(vm: Vm) -> Rows:
    if not vm.addresses:
        return (("addresses", "none yet" if vm.busy else "none"),)
    return tuple(
        (
            printable(each.network),
            f"{each.addr}{'  floating' if each.floating else ''}" + (f"  {each.mac}" if each.mac else ""),
        )
        for each in sorted(vm.addresses, key=lambda a: (a.network, a.floating, a.version))
    )


def _life(vm: Vm, options: UiOptions) -> Rows:
    now = options.clock()

    def told(at: datetime | None) -> str:
        if at is None:
            return ""
        return f"{moment(at, now, utc=options.utc)}  ({long_age((now - at).total_seconds())} ago)"

    return (
        ("created", told(vm.created_at) or "unknown"),
        ("launched", told(vm.launched_at) or "never"),
        ("updated", told(vm.updated_at)),
        ("ended", told(vm.terminated_at)),
    )


def _identity(vm: Vm, project_name: str) -> Rows:
    return (
        ("id", vm.id),
        ("name", printable(vm.name)),
        ("about", printable(vm.description)),
        ("project", printable(project_name) or vm.project_id),
        ("cloud", vm.endpoint.replace("|", "  ")),
        ("instance", vm.instance_name),
    )


def _labels(vm: Vm) -> Rows:
    metadata = "\n".join(f"{key} = {printable(value)}" for key, value in vm.metadata)
    return (
        ("groups", ", ".join(dict.fromkeys(vm.security_groups)) or "none"),
        ("tags", ", ".join(vm.tags) or "none"),
        ("metadata", metadata or "none"),
    )


def _fault(vm: Vm, options: UiOptions) -> Content:
    fault = vm.fault
    if fault is None:
        return Content("")
    at = f"  {moment(fault.created_at, options.clock(), utc=options.utc)}" if fault.created_at else ""
    head = Content.assemble((printable(fault.message), "$state-wrong"), (f"  {fault.code}{at}", "$dim"))
    return Content("\n").join([head, Content.styled(printable(fault.details), "$dim")]) if fault.details else head


BLOCKS = ("state", "machine", "addresses", "life", "identity", "labels")
"""The blocks of the grid; the fault stands above it, the states it was seen in below."""
