"""What things are called in a Prometheus server: queries by our names, which settings may replace. Pure.

Two families tell of a VM: node_exporter inside of the guest (it tells most), and a libvirt exporter on its compute
host (Tinkoff's, inovex's and those that came of kumina's share these names). Every value is an instant query whose
result has one element for each VM, and for each device where it is told by device.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from osvm_tui.domain.errors import ConfigError

_NICS = (
    '{device!~"lo|(veth|tap|tun|vnet|docker|br-|virbr|cni|flannel|cali|cilium|lxc|lxd|kube|nodelocaldns|wg|bond|team|ifb'
    '|dummy|sit|gre|ip6|ovs-|vxlan).*|.*[.][0-9]+"}'
)
"""Interfaces with hardware behind them, by name: what goes through a bridge, a tunnel or a bond went through one of
these, and would count twice."""
NAMES: dict[str, str] = {
    "node.vm": "instance_id,uuid,instance,nodename",
    "node.join": "job,instance",
    "node.device": "cpu,mountpoint,device",
    "node.info": "node_uname_info",
    "node.time": 'timestamp(node_cpu_seconds_total{mode="idle",cpu="0"})',
    "node.boot": "node_boot_time_seconds",
    "node.cpu": 'sum without (mode) (node_cpu_seconds_total{mode=~"user|nice|system|irq|softirq"})',
    "node.load1": "node_load1",
    "node.load5": "node_load5",
    "node.load15": "node_load15",
    "node.memory": "node_memory_MemTotal_bytes",
    "node.memory_available": "node_memory_MemAvailable_bytes",
    "node.mount": 'node_filesystem_size_bytes{fstype=~"ext.|xfs|btrfs|zfs|vfat|f2fs"}',
    "node.mount_free": 'node_filesystem_free_bytes{fstype=~"ext.|xfs|btrfs|zfs|vfat|f2fs"}',
    "node.mount_available": 'node_filesystem_avail_bytes{fstype=~"ext.|xfs|btrfs|zfs|vfat|f2fs"}',
    "node.read": 'node_disk_read_bytes_total{device!~"(loop|ram|zram|dm-|md|sr).*"}',
    "node.write": 'node_disk_written_bytes_total{device!~"(loop|ram|zram|dm-|md|sr).*"}',
    "node.read_ops": 'node_disk_reads_completed_total{device!~"(loop|ram|zram|dm-|md|sr).*"}',
    "node.write_ops": 'node_disk_writes_completed_total{device!~"(loop|ram|zram|dm-|md|sr).*"}',
    "node.in": f"node_network_receive_bytes_total{_NICS}",
    "node.out": f"node_network_transmit_bytes_total{_NICS}",
    "node.in_packets": f"node_network_receive_packets_total{_NICS}",
    "node.out_packets": f"node_network_transmit_packets_total{_NICS}",
    "libvirt.vm": "instance_id,uuid,domain,instance_name",
    "libvirt.join": "job,instance,domain",
    "libvirt.device": "target_device",
    "libvirt.info": "libvirt_domain_openstack_info",
    "libvirt.time": "timestamp(libvirt_domain_info_cpu_time_seconds_total)",
    "libvirt.cpu": "libvirt_domain_info_cpu_time_seconds_total",
    "libvirt.vcpus": "libvirt_domain_info_virtual_cpus",
    "libvirt.memory": "libvirt_domain_memory_stats_available_bytes",
    "libvirt.memory_available": "libvirt_domain_memory_stats_usable_bytes",
    "libvirt.read": "libvirt_domain_block_stats_read_bytes_total",
    "libvirt.write": "libvirt_domain_block_stats_write_bytes_total",
    "libvirt.read_ops": "libvirt_domain_block_stats_read_requests_total",
    "libvirt.write_ops": "libvirt_domain_block_stats_write_requests_total",
    "libvirt.in": "libvirt_domain_interface_stats_receive_bytes_total",
    "libvirt.out": "libvirt_domain_interface_stats_transmit_bytes_total",
    "libvirt.in_packets": "libvirt_domain_interface_stats_receive_packets_total",
    "libvirt.out_packets": "libvirt_domain_interface_stats_transmit_packets_total",
}
"""`FAMILY.vm`, `FAMILY.join` and `FAMILY.device` are labels; the rest are queries.

What has the same values of the `join` labels belongs to one machine; `FAMILY.info` tells more labels of it. A machine
is a VM when one of its `vm` labels is the VM's id, its name in libvirt, one of its addresses (a port behind it does
not matter) or its name, tried in this order; what two VMs could claim is neither's. The first of the `device` labels
that is there names the device.
"""
FAMILIES = ("node", "libvirt")
"""The one that tells more first."""


class Family(Struct, frozen=True):
    """One exporter: labels and queries by our names."""

    name: str
    vm: tuple[str, ...]
    join: tuple[str, ...]
    device: tuple[str, ...]
    queries: Mapping[str, str]


def families(own: Mapping[str, str]) -> tuple[Family, ...]:
    """Return both families with `own` names over the usual ones; an empty one is not asked. Raises ConfigError."""
    if unknown := sorted(set(own) - set(NAMES)):
        raise ConfigError(
            f"monitor.prometheus_names: there is no {unknown[0]}", hint=f"there are {', '.join(sorted(NAMES))}"
        )
    names = {**NAMES, **own}
    return tuple(_family(each, names) for each in FAMILIES)


def _family(name: str, names: Mapping[str, str]) -> Family:
    own = {key.removeprefix(f"{name}."): value for key, value in names.items() if key.startswith(f"{name}.")}
    vm, join, device = (_labels(own.pop(each)) for each in ("vm", "join", "device"))
    if not own["time"]:
        raise ConfigError(f"monitor.prometheus_names: {name}.time is needed: it tells how old the values are")
    return Family(name, vm, join, device, {key: value for key, value in own.items() if value})


def _labels(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (label.strip() for label in text.split(","))))


_STRING = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` """
_TOKEN = re.compile(
    rf"""
    {_STRING}
    | (?P<name>[A-Za-z_:][\w:]*)? \s* (?P<braces>\{{ (?:{_STRING} | [^}}"'`])* \}})
    | \[[^\]]*\]
    | \b(?:by|without|on|ignoring|group_left|group_right) \s* \([^)]*\)
    | [A-Za-z_:][\w:]* (?= \s*\( | \s+(?:by|without)\b )
    | \b(?:and|or|unless|bool|offset|atan2|inf|nan|on|ignoring|group_left|group_right)\b
    | [0-9][\w.]*
    | (?P<bare>[A-Za-z_:][\w:]*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What of PromQL must be told apart to find the series that an expression selects."""


def narrowed(text: str, labels: Sequence[str], values: Sequence[str]) -> str:
    """Return a query of the series with these labels only: every selector in it gets the matchers.

    So a server reads one machine's series over a month, and not those of all machines.
    """
    matchers = ",".join(f"{label}={_literal(value)}" for label, value in zip(labels, values, strict=True))

    def selected(found: re.Match[str]) -> str:
        if (braces := found["braces"]) is not None:
            own = braces[1:-1].strip().rstrip(",")
            return f"{found['name'] or ''}{{{','.join(filter(None, (own, matchers)))}}}"
        return f"{found['bare']}{{{matchers}}}" if found["bare"] else found[0]

    return _TOKEN.sub(selected, text)


def _literal(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
