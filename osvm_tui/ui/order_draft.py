"""What the New VM form holds while it is filled in, what is wrong with it, and the order it becomes. Pure."""

from __future__ import annotations

from typing import TypeVar, cast

from msgspec import Struct

from osvm_tui.domain.catalog import Flavor, Image, KeyPair, Network, QuotaItem, SecurityGroup
from osvm_tui.domain.host import ServerGroup
from osvm_tui.domain.operations import CreateVm
from osvm_tui.services.api import CatalogKind, CatalogView
from osvm_tui.services.user_data import user_data_problem
from osvm_tui.ui.format import count, mib

MAX_COUNT = 100
"""More at once is a script's work, not a form's."""
NO_NETWORK = "none"
T = TypeVar("T")


class OrderDraft(Struct, frozen=True, kw_only=True):
    """The form's fields as typed and chosen."""

    entry: str
    name: str = ""
    count: str = "1"
    flavor_id: str = ""
    image_id: str = ""
    network_ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    key_name: str = ""
    user_data: str = ""
    metadata: str = ""
    """`key=value`, separated by commas or line ends."""
    description: str = ""
    server_group_id: str = ""
    hints: str = ""
    """Scheduler hints, `key=value` as metadata are."""

    @property
    def how_many(self) -> int:
        """The count as a number, 0 when it is none."""
        return int(self.count) if self.count.strip().isdecimal() else 0


class Catalogs:
    """The catalogs of one cloud as far as they are read; an admin's hold things of other projects too."""

    def __init__(self, views: dict[CatalogKind, CatalogView], project_id: str = "") -> None:
        self._views = views
        self._project_id = project_id

    def own(self, project_id: str) -> bool:
        """Return whether something of this project belongs to the token's own, as far as both are known."""
        return not project_id or not self._project_id or project_id == self._project_id

    def of(self, kind: CatalogKind, cls: type[T]) -> tuple[T, ...]:
        """Return the items of a catalog."""
        view = self._views.get(kind)
        return tuple(cast(T, item) for item in view.items if isinstance(item, cls)) if view else ()

    @property
    def flavors(self) -> tuple[Flavor, ...]:
        """Sizes, smallest first."""
        found = self.of(CatalogKind.FLAVOR, Flavor)
        return tuple(sorted(found, key=lambda each: (each.vcpus, each.memory_mib, each.disk_gib, each.name)))

    @property
    def images(self) -> tuple[Image, ...]:
        """Images that boot, by name."""
        return tuple(sorted((i for i in self.of(CatalogKind.IMAGE, Image) if i.bootable), key=lambda each: each.name))

    @property
    def networks(self) -> tuple[Network, ...]:
        """Networks, the project's own first, those of the outside last."""
        found = self.of(CatalogKind.NETWORK, Network)
        return tuple(sorted(found, key=lambda each: (each.external, not self.usual(each), each.name)))

    def usual(self, network: Network) -> bool:
        """Return whether Nova itself would choose among such networks: inside, and the project's own or shared."""
        return not network.external and (network.shared or self.own(network.project_id))

    @property
    def keys(self) -> tuple[KeyPair, ...]:
        """Key pairs of the user."""
        return self.of(CatalogKind.KEYPAIR, KeyPair)

    @property
    def groups(self) -> tuple[SecurityGroup, ...]:
        """Security groups of the project."""
        return tuple(each for each in self.of(CatalogKind.SECURITY_GROUP, SecurityGroup) if self.own(each.project_id))

    @property
    def server_groups(self) -> tuple[ServerGroup, ...]:
        """Server groups, by name."""
        return tuple(sorted(self.of(CatalogKind.SERVER_GROUP, ServerGroup), key=lambda each: each.name))

    @property
    def quota(self) -> dict[str, QuotaItem]:
        """Limits and their use by resource."""
        return {item.resource: item for item in self.of(CatalogKind.QUOTA, QuotaItem)}

    def flavor(self, flavor_id: str) -> Flavor | None:
        """Return the flavor of this id."""
        return next((each for each in self.flavors if each.id == flavor_id), None)

    def image(self, image_id: str) -> Image | None:
        """Return the image of this id."""
        return next((each for each in self.images if each.id == image_id), None)


def problems(draft: OrderDraft, catalogs: Catalogs) -> dict[str, str]:
    """Return what is wrong, a sentence by field name; empty when the order may be sent."""
    flavor, image = catalogs.flavor(draft.flavor_id), catalogs.image(draft.image_id)
    found = {
        "name": _name(draft),
        "count": "" if 1 <= draft.how_many <= MAX_COUNT else f"a number from 1 to {MAX_COUNT}",
        "image": "" if image else "choose what the VM boots from",
        "flavor": _flavor(flavor, image) or _quota(draft.how_many, flavor, catalogs.quota),
        "network": _network(draft, catalogs),
        "user-data": user_data_problem(draft.user_data),
        "metadata": _metadata(draft.metadata),
        "hints": _metadata(draft.hints),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _name(draft: OrderDraft) -> str:
    name = draft.name.strip()
    if not name:
        return "a VM needs a name; web-{n} numbers several"
    if len(name) > 255:
        return f"{len(name)} characters; Nova takes 255"
    return "" if name.isprintable() else "a name has no control characters"


def _flavor(flavor: Flavor | None, image: Image | None) -> str:
    if flavor is None:
        return "choose a size"
    if image is None:
        return ""
    if 0 < flavor.disk_gib < image.min_disk_gib:
        return f"{image.name} needs {image.min_disk_gib} GiB of disk; {flavor.name} has {flavor.disk_gib}"
    if flavor.memory_mib < image.min_memory_mib:
        return f"{image.name} needs {mib(image.min_memory_mib)} of memory; {flavor.name} has {mib(flavor.memory_mib)}"
    return ""


def _quota(how_many: int, flavor: Flavor | None, quota: dict[str, QuotaItem]) -> str:
    if flavor is None:
        return ""
    needs = {"instances": how_many, "cores": how_many * flavor.vcpus, "ram": how_many * flavor.memory_mib}
    for resource, needed in needs.items():
        left = quota[resource].left if resource in quota else None
        if left is not None and needed > left:
            return f"quota: {_amount(resource, needed)} needed, {_amount(resource, left)} left"
    return ""


def _amount(resource: str, value: int) -> str:
    if resource == "ram":
        return mib(value)
    if resource == "instances":
        return "1 VM" if value == 1 else f"{count(value)} VMs"
    return f"{count(value)} vCPU"


def _network(draft: OrderDraft, catalogs: Catalogs) -> str:
    if NO_NETWORK in draft.network_ids and len(draft.network_ids) > 1:
        return "either no network or some, not both"
    usual = [each for each in catalogs.networks if catalogs.usual(each)]
    if not draft.network_ids and len(usual) > 1:
        return f"this project has {len(usual)} networks: choose"
    return ""


def _metadata(text: str) -> str:
    for pair in _pairs(text):
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            return f"{pair} is not key=value"
        if len(key.strip()) > 255 or len(value.strip()) > 255:
            return f"{key.strip()[:20]}: keys and values have at most 255 characters"
    return ""


def _pairs(text: str) -> list[str]:
    return [pair.strip() for pair in text.replace("\n", ",").split(",") if pair.strip()]


def order_of(draft: OrderDraft) -> CreateVm:
    """Return the order of a draft without problems."""
    return CreateVm(
        name=draft.name.strip(),
        flavor_id=draft.flavor_id,
        image_id=draft.image_id,
        network_ids=draft.network_ids,
        security_groups=draft.groups,
        key_name=draft.key_name,
        user_data=draft.user_data,
        metadata=_split(draft.metadata),
        description=draft.description.strip(),
        server_group_id=draft.server_group_id,
        hints=_split(draft.hints),
    )


def _split(text: str) -> tuple[tuple[str, str], ...]:
    parts = (pair.partition("=") for pair in _pairs(text))
    return tuple((key.strip(), value.strip()) for key, _, value in parts)


def quota_left(draft: OrderDraft, catalogs: Catalogs) -> str:
    """Return what the order takes and what is left of the quota after it, in one line."""
    flavor, quota = catalogs.flavor(draft.flavor_id), catalogs.quota
    takes = {"instances": draft.how_many}
    if flavor is not None:
        takes |= {"cores": draft.how_many * flavor.vcpus, "ram": draft.how_many * flavor.memory_mib}
    asked = ", ".join(_amount(resource, needed) for resource, needed in takes.items())
    if not quota:
        return f"takes {asked}; the quota is not known"
    left = ", ".join(_after(quota[resource], needed) for resource, needed in takes.items() if resource in quota)
    return f"takes {asked} · left after it: {left}"


def _after(item: QuotaItem, needed: int) -> str:
    if item.left is None:
        return {"instances": "any number of VMs", "cores": "any vCPU", "ram": "any memory"}[item.resource]
    if needed > item.left:
        return f"{_amount(item.resource, needed - item.left)} too many"
    return _amount(item.resource, item.left - needed)
