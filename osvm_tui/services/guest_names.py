"""`GuestNames`: names of projects and images that rules ask for, and whether they were read yet. Judges no rule."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.domain.guest import GuestRule
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import CatalogKind, CatalogView
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.scopes import Scopes

_SHELL_S, _SAMPLE_S = 3600.0, 600.0
"""How old the list of images may be when a shell is opened, and while guests are sampled."""
_TRIES, _RARELY = 6, 30
"""So often names are tried for before guests are sampled without them; afterwards only each so manieth time."""


class GuestNames:
    """The names of one console's entries. `rules` tell which are needed."""

    def __init__(self, rules: Sequence[GuestRule], scopes: Scopes, catalogs: Catalogs) -> None:
        self._scopes, self._catalogs = scopes, catalogs
        self._by_project = any(rule.project for rule in rules)
        # The user may be the one that is usual for the image.
        plain = any(rule.user and rule.words == "every VM" for rule in rules)
        self._by_image = bool(rules) and (any(rule.image for rule in rules) or not plain)
        self._tries: dict[str, int] = {}
        self._images: dict[str, tuple[CatalogView, dict[str, str]]] = {}

    def project(self, vm: Vm, entry: str) -> str | None:
        """Return the name of a VM's project, empty when it has none, None while the names are not read."""
        scope = self._scopes.follower(entry).scope if entry else None
        if scope is not None and scope.project_id == vm.project_id:
            return scope.project_name
        names = self._catalogs.names(entry)[0]
        return names.get(vm.project_id, "") if names else None

    def image(self, vm: Vm, entry: str) -> str:
        """Return the name of a VM's image as far as known."""
        view = self._catalogs.view(entry, CatalogKind.IMAGE)
        if view is None or not vm.image_id:
            return ""
        held = self._images.get(entry)
        if held is None or held[0] is not view:
            names = {getattr(item, "id", ""): str(getattr(item, "name", "")) for item in view.items}
            held = self._images[entry] = view, names
        return held[1].get(vm.image_id, "")

    async def read(self, entry: str) -> None:
        """Read all names of an entry."""
        await self._catalogs.load(entry, CatalogKind.IMAGE, _SHELL_S)
        await self._catalogs.load_names(entry)

    def known(self, entry: str) -> bool:
        """Return whether the rules can tell how to log in: before the names are read another rule might hold.

        What cannot be read after some tries is not waited for any longer.
        """
        return not self._lacking(entry) or self._tries.get(entry, 0) >= _TRIES

    def _lacking(self, entry: str, *, projects: bool = False) -> bool:
        scope = self._scopes.follower(entry).scope
        lacks_images = self._by_image and not self._has_images(entry)
        by_project = (self._by_project or projects) and scope is not None and scope.all_projects
        return lacks_images or (by_project and not self._catalogs.names(entry)[0])

    def _has_images(self, entry: str) -> bool:
        view = self._catalogs.view(entry, CatalogKind.IMAGE)
        return view is not None and view.fetched_at is not None

    async def learn(self, *, projects: bool) -> None:
        """Read what the rules ask for, of every entry that is connected; `projects`: other rules ask for projects."""
        for follower in self._scopes.followers():
            entry = follower.status.entry
            if follower.scope is None:
                continue
            tries = self._tries[entry] = self._tries.get(entry, -1) + 1
            if tries > _TRIES and tries % _RARELY:
                continue
            if self._by_image and not follower.scope.simulated:
                await self._catalogs.load(entry, CatalogKind.IMAGE, _SAMPLE_S)
            if self._by_project or projects:
                await self._catalogs.load_names(entry)
            if not self._lacking(entry, projects=projects):
                self._tries[entry] = 0
