"""`LiveAddresses`: Neutron's addresses laid over Nova's cached ones; Nova's copy can be stale for good. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from osvm_tui.domain.catalog import Network, PortAddress
from osvm_tui.domain.vm import Address, Vm


class LiveAddresses:
    """The last reading of ports and floating IPs of one scope, joined by VM."""

    def __init__(self) -> None:
        self._by_vm: dict[str, tuple[PortAddress, ...]] = {}
        self._had: set[str] = set()
        self._last: Iterable[PortAddress] | None = None
        """The reading before: a client gives the same object again when nothing has changed."""
        self._network_names: dict[str, str] = {}
        self._networks: set[str] = set()
        """Where the fixed addresses are."""

    def name_networks(self, networks: Iterable[Network]) -> None:
        """Learn the names of networks."""
        self._network_names.update((network.id, network.name) for network in networks)

    def unnamed(self) -> bool:
        """Whether a port is on a network whose name is not known yet."""
        return not self._networks <= self._network_names.keys()

    def replace(self, addresses: Iterable[PortAddress]) -> set[str]:
        """Take a whole new reading; return the ids of the VMs whose addresses differ from the one before.

        May run on a thread, while `over` lays the reading before.
        """
        if addresses is self._last:
            return set()
        self._last = addresses
        grouped: dict[str, list[PortAddress]] = {}
        for address in addresses:
            grouped.setdefault(address.vm_id, []).append(address)
        new = {vm_id: tuple(sorted(ports, key=_place)) for vm_id, ports in grouped.items()}
        moved = {vm_id for vm_id in new.keys() | self._by_vm.keys() if new.get(vm_id) != self._by_vm.get(vm_id)}
        self._networks = {port.network_id for ports in new.values() for port in ports if not port.floating}
        self._by_vm = new
        self._had |= new.keys()
        return moved

    def over(self, vm: Vm) -> Vm:
        """Return `vm` with its live addresses, unchanged where Neutron never knew of it."""
        live = self._by_vm.get(vm.id, () if vm.id in self._had else None)
        if live is None:
            return vm
        cached = {a.addr: a.network for a in vm.addresses}
        addresses = tuple(self._address(port, cached) for port in live)
        return vm if addresses == vm.addresses else msgspec.structs.replace(vm, addresses=addresses)

    def _address(self, port: PortAddress, cached: dict[str, str]) -> Address:
        network = cached.get(port.addr) or self._network_names.get(port.network_id, port.network_id[:8])
        return Address(network, port.addr, port.version, port.floating, port.mac, port.port_id)


def _place(port: PortAddress) -> tuple[bool, int, str]:
    return (port.floating, port.version, port.addr)
