"""The columns by which VMs are filtered, and the text that a bare word is looked for in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.vm import Vm


class Names:
    """Names of what VMs carry only ids of, as far as known; an unknown id stands for itself. It learns as it goes."""

    def __init__(
        self,
        projects: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
        images: Mapping[str, str] | None = None,
    ) -> None:
        self._projects, self._users, self._images = dict(projects or {}), dict(users or {}), dict(images or {})

    def learn(self, other: Names) -> bool:
        """Take over what `other` knows; return whether anything of it was news."""
        before = (len(self._projects), len(self._users), len(self._images))
        renamed = any(self._images.get(key, name) != name for key, name in other._images.items())
        self._projects |= other._projects
        self._users |= other._users
        self._images |= other._images
        return renamed or before != (len(self._projects), len(self._users), len(self._images))

    def project(self, vm: Vm) -> str:
        """Return the project's name."""
        return self._projects.get(vm.project_id, vm.project_id)

    def user(self, vm: Vm) -> str:
        """Return the user's name."""
        return self._users.get(vm.user_id, vm.user_id)

    def image(self, vm: Vm) -> str:
        """Return the image's name, `volume` for a VM that boots from one; empty when nothing is known."""
        if vm.image_id:
            return self._images.get(vm.image_id, vm.image_id[:8])
        return "volume" if vm.volume_ids else ""


def vm_fields(now: Callable[[], datetime], names: Names) -> dict[str, Field[Vm]]:
    """Return the columns of the grammar for VMs; ages count to `now()`."""

    def age(moment: Callable[[Vm], datetime | None]) -> Field[Vm]:
        def read(vm: Vm) -> float | None:
            at = moment(vm)
            return None if at is None else (now() - at).total_seconds()

        return Field(Kind.AGE, read)

    return {
        **_TEXTS,
        "image": Field(Kind.TEXT, names.image),
        "project": Field(Kind.TEXT, names.project),
        "user": Field(Kind.TEXT, names.user),
        "vcpu": Field(Kind.NUMBER, lambda vm: vm.flavor.vcpus if vm.flavor else None),
        "ram": Field(Kind.SIZE, lambda vm: vm.flavor.memory_mib if vm.flavor else None),
        "disk": Field(Kind.NUMBER, lambda vm: vm.flavor.disk_gib if vm.flavor else None),
        "locked": Field(Kind.FLAG, lambda vm: vm.locked),
        "busy": Field(Kind.FLAG, lambda vm: vm.busy),
        "age": age(lambda vm: vm.created_at),
        "launched": age(lambda vm: vm.launched_at),
        "updated": age(lambda vm: vm.updated_at),
    }


_TEXTS: dict[str, Field[Vm]] = {
    "name": Field(Kind.TEXT, lambda vm: vm.name),
    "id": Field(Kind.TEXT, lambda vm: vm.id),
    "status": Field(Kind.TEXT, lambda vm: vm.status),
    "state": Field(Kind.TEXT, lambda vm: vm.vm_state),
    "task": Field(Kind.TEXT, lambda vm: vm.task_state or ""),
    "ip": Field(Kind.TEXT, lambda vm: tuple(a.addr for a in vm.addresses if not a.floating)),
    "floating": Field(Kind.TEXT, lambda vm: tuple(a.addr for a in vm.addresses if a.floating)),
    "flavor": Field(Kind.TEXT, lambda vm: vm.flavor.name if vm.flavor else ""),
    "key": Field(Kind.TEXT, lambda vm: vm.key_name),
    "sg": Field(Kind.TEXT, lambda vm: vm.security_groups),
    "network": Field(Kind.TEXT, lambda vm: tuple(a.network for a in vm.addresses)),
    "volume": Field(Kind.TEXT, lambda vm: vm.volume_ids),
    "az": Field(Kind.TEXT, lambda vm: vm.availability_zone),
    "host": Field(Kind.TEXT, lambda vm: vm.host),
    "tag": Field(Kind.TEXT, lambda vm: vm.tags),
    "fault": Field(Kind.TEXT, lambda vm: vm.fault.message if vm.fault else ""),
}


def any_text(vm: Vm, names: Names) -> str:
    """Return everything a bare word may match, in lower case, one column a line."""
    flavor = vm.flavor.name if vm.flavor else ""
    addresses = "\n".join([a.addr for a in vm.addresses])
    tags = "\n".join(vm.tags)
    return (
        f"{vm.name}\n{vm.id}\n{vm.status}\n{vm.vm_state}\n{vm.task_state or ''}\n{addresses}\n{flavor}\n{vm.key_name}"
        f"\n{vm.availability_zone}\n{vm.host}\n{tags}\n{names.project(vm)}\n{names.image(vm)}"
    ).lower()
