"""What a VM is plugged into, in blocks: ports, floating IPs, security groups, volumes. Pure reading of catalogs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from textual.content import Content

from osvm_tui.domain.catalog import CatalogKind, Network, SecurityGroup, SecurityRule
from osvm_tui.domain.network import FloatingIp, Port
from osvm_tui.domain.vm import Vm
from osvm_tui.domain.volume import Volume
from osvm_tui.services.api import CatalogView
from osvm_tui.ui.printable import printable
from osvm_tui.ui.resources.rules_told import ports_told

KINDS = (
    CatalogKind.PORT,
    CatalogKind.NETWORK,
    CatalogKind.FLOATING_IP,
    CatalogKind.SECURITY_GROUP,
    CatalogKind.VOLUME,
)
"""The catalogs that are read for it."""
BLOCKS = ("ports", "floating IPs", "security groups", "volumes")
VERBS = (
    "attach-interface",
    "detach-interface",
    "add-floating-ip",
    "remove-floating-ip",
    "add-security-group",
    "remove-security-group",
    "attach-volume",
    "detach-volume",
    "update-volume-attachment",
)
"""The verbs that change it, in the order of the blocks."""
_RULES = 6
T = TypeVar("T")

Views = Mapping[CatalogKind, CatalogView]


def stock_sections(vm: Vm, views: Views) -> dict[str, Content]:
    """Return each block's content by its name; a catalog that is not read yet, or could not be, says so."""
    ports = [port for port in _items(views, CatalogKind.PORT, Port) if port.device_id == vm.id]
    return {
        "ports": _block(views, CatalogKind.PORT, [_port(port, views) for port in ports], "no port: it has no network"),
        "floating IPs": _block(views, CatalogKind.FLOATING_IP, _floating(vm, ports, views), "none"),
        "security groups": _block(views, CatalogKind.SECURITY_GROUP, _groups(vm, ports, views), "none"),
        "volumes": _block(views, CatalogKind.VOLUME, _volumes(vm, views), "none: its disk is on its host"),
    }


def _items(views: Views, kind: CatalogKind, cls: type[T]) -> list[T]:
    view = views.get(kind)
    return [item for item in view.items if isinstance(item, cls)] if view else []


def _block(views: Views, kind: CatalogKind, lines: Iterable[Content], nothing: str) -> Content:
    view, shown = views.get(kind), list(lines)
    if view is None and not shown:
        return Content.styled("reading ...", "$dim")
    if view is not None and view.error:
        shown.append(Content.styled(f"not read: {printable(view.error)}", "$state-stale"))
    return Content("\n").join(shown) if shown else Content.styled(nothing, "$dim")


def _port(port: Port, views: Views) -> Content:
    networks = {network.id: network.name for network in _items(views, CatalogKind.NETWORK, Network)}
    network = networks.get(port.network_id, port.network_id[:8])
    addresses = ", ".join(address for _, address in port.fixed_ips) or "no address"
    off = "" if port.admin_state_up else "  switched off"
    told = f"  {port.status}{off}  {port.mac}  {printable(port.name) or port.id[:8]}"
    return Content.assemble((f"{printable(network)}  ", "bold"), addresses, (told, "$dim"))


def _floating(vm: Vm, ports: list[Port], views: Views) -> list[Content]:
    own = {port.id for port in ports}
    found = [
        each
        for each in _items(views, CatalogKind.FLOATING_IP, FloatingIp)
        if each.vm_id == vm.id or (each.port_id and each.port_id in own)
    ]
    return [
        Content.assemble((each.address, "bold"), f"  to {each.fixed_address or 'a port'}", (f"  {each.status}", "$dim"))
        for each in found
    ]


def _groups(vm: Vm, ports: list[Port], views: Views) -> list[Content]:
    every = _items(views, CatalogKind.SECURITY_GROUP, SecurityGroup)
    held = {group_id for port in ports for group_id in port.security_group_ids}
    found = [group for group in every if group.id in held or (not held and group.name in vm.security_groups)]
    names = {group.id: group.name for group in every}
    lines = [_group(group, names) for group in found]
    unknown = sorted(set(vm.security_groups) - {group.name for group in found}) if not found else []
    return lines + [Content.styled(printable(name), "bold") for name in unknown]


def _group(group: SecurityGroup, names: Mapping[str, str]) -> Content:
    inwards = [rule for rule in group.rules if rule.direction == "ingress"]
    lines = [Content.styled(printable(group.name), "bold")]
    for rule in inwards[:_RULES]:
        world = ("  !", "$state-stale") if rule.open_to_world else ""
        lines.append(Content.assemble((f"  {ports_told(rule)} from {printable(_origin(rule, names))}", "$dim"), world))
    if not inwards:
        lines.append(Content.styled("  lets nothing in", "$dim"))
    if len(inwards) > _RULES:
        lines.append(Content.styled(f"  and {len(inwards) - _RULES} rules more in :sg", "$dim"))
    return Content("\n").join(lines)


def _origin(rule: SecurityRule, names: Mapping[str, str]) -> str:
    if rule.remote_group_id:
        return f"group {names.get(rule.remote_group_id, rule.remote_group_id[:8])}"
    return "the whole world" if rule.open_to_world else rule.remote_cidr


def _volumes(vm: Vm, views: Views) -> list[Content]:
    lines, seen = [], set()
    for volume in _items(views, CatalogKind.VOLUME, Volume):
        device = next((each.device for each in volume.attachments if each.vm_id == vm.id), "")
        if volume.id in vm.volume_ids or any(each.vm_id == vm.id for each in volume.attachments):
            seen.add(volume.id)
            told = "  ".join(filter(None, (volume.status, volume.type, "boots" if volume.bootable else "")))
            name = printable(volume.name) or volume.id[:8]
            lines.append(
                Content.assemble(
                    (f"{device or 'no device'}  ", "bold"), f"{name}  {volume.size_gib} GiB", (f"  {told}", "$dim")
                )
            )
    unseen = [volume_id for volume_id in vm.volume_ids if volume_id not in seen]
    return lines + [Content.styled(volume_id, "$dim") for volume_id in unseen]
