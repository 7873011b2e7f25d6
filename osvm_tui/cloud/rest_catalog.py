"""`RestCatalog`: flavors, images, key pairs, quota, projects and users. Knows requests, no SDK and no simulator."""

from __future__ import annotations

from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.wire import catalog
from osvm_tui.domain.catalog import Flavor, Image, KeyPair, Project, QuotaItem
from osvm_tui.domain.errors import Forbidden, NotFound


class RestCatalog(RestBase):
    """What VMs are made from, and who owns them."""

    async def flavors(self) -> tuple[Flavor, ...]:
        found = await self._catalog(self._nova("/flavors/detail"), "flavors", catalog.FlavorRow)
        return tuple(row.value() for row in found if row.id)

    async def images(self) -> tuple[Image, ...]:
        call = Call(service="image", method="GET", path="/v2/images", query=(("limit", "200"),))
        return tuple(row.value() for row in await self._catalog(call, "images", catalog.ImageRow) if row.id)

    async def keypairs(self) -> tuple[KeyPair, ...]:
        found = await self._catalog(self._nova("/os-keypairs"), "keypairs", catalog.KeyPairRow)
        return tuple(row.value() for row in found if row.keypair.name)

    async def quota(self) -> tuple[QuotaItem, ...]:
        call = self._nova("/limits")
        compute = await self._exchange.decode(catalog.compute_quota, call, await self._exchange.send(call))
        return (*compute, *await self._network_quota(), *await self._volume_quota())

    async def _network_quota(self) -> tuple[QuotaItem, ...]:
        path = f"/v2.0/quotas/{self.scope.project_id}/details.json"
        call = Call(service="network", method="GET", path=path)
        try:
            reply = await self._exchange.send(call)
        except (NotFound, Forbidden):
            # A Neutron without the quota_details extension tells limits only, and a limit without its use misleads.
            return ()
        return await self._exchange.decode(catalog.network_quota, call, reply)

    async def _volume_quota(self) -> tuple[QuotaItem, ...]:
        if "volume" not in self.scope.profile.services:
            return ()
        call = self._cinder("/limits")
        try:
            reply = await self._exchange.send(call)
        except (NotFound, Forbidden):
            return ()
        return await self._exchange.decode(catalog.volume_quota, call, reply)

    async def projects(self) -> tuple[Project, ...]:
        for path in ("/v3/projects", "/v3/auth/projects") if self.scope.all_projects else ("/v3/auth/projects",):
            call = Call(service="identity", method="GET", path=path)
            try:
                found = await self._catalog(call, "projects", catalog.ProjectRow)
            except (Forbidden, NotFound):
                continue
            return tuple(row.value() for row in found if row.id)
        return (Project(self.scope.project_id, self.scope.project_name),)

    async def project_names(self) -> dict[str, str]:
        own = {self.scope.project_id: self.scope.project_name}
        return own | {project.id: project.name for project in await self.projects()}

    async def user_names(self) -> dict[str, str]:
        own = {self.scope.user_id: self.scope.user_name}
        if not self.scope.all_projects:
            return own
        try:
            return own | await self._names("/v3/users", "users")
        except (Forbidden, NotFound):
            return own
