"""What the ids of a VM are called: its project and its image. Reads what the api has in memory; knows no widget."""

from __future__ import annotations

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import CatalogKind, ConsoleApi


def project_name(api: ConsoleApi, vm: Vm) -> str:
    """Return the name of the VM's own project, which need not be that of the token; empty when nobody told it."""
    view = api.scope_of(vm.ref)
    if view is None:
        return ""
    if view.scope is not None and view.scope.project_id == vm.project_id:
        return view.scope.project_name
    return api.names(view.entry)[0].get(vm.project_id, "")


def image_name(api: ConsoleApi, vm: Vm) -> str:
    """Return the name of the VM's image; empty when its cloud's images were not read or have no such one."""
    view = api.scope_of(vm.ref)
    catalog = api.catalog(view.entry, CatalogKind.IMAGE) if view else None
    images = [item for item in catalog.items if isinstance(item, Image)] if catalog else []
    return next((image.name for image in images if image.id == vm.image_id), "")
