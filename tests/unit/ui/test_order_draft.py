"""What the New VM form finds wrong before it asks a cloud, and the order it makes of what is right."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import Flavor, Image, Network, QuotaItem, SecurityGroup
from osvm_tui.services.api import CatalogItem, CatalogKind, CatalogView
from osvm_tui.ui.order_draft import NO_NETWORK, Catalogs, OrderDraft, order_of, problems, quota_left

SMALL, LARGE = Flavor("m1.small", 1, 2048, 20, id="s"), Flavor("m1.large", 8, 16384, 0, id="l")
DEBIAN = Image("debian", "debian-12", min_disk_gib=3, min_memory_mib=512)
WINDOWS = Image("win", "windows", min_disk_gib=40, min_memory_mib=4096)
GOOD = OrderDraft(entry="mock", name="web-{n}", count="2", flavor_id="s", image_id="debian", network_ids=("own",))


def catalogs(*extra: tuple[CatalogKind, tuple[CatalogItem, ...]]) -> Catalogs:
    items: dict[CatalogKind, tuple[CatalogItem, ...]] = {
        CatalogKind.FLAVOR: (LARGE, SMALL),
        CatalogKind.IMAGE: (DEBIAN, WINDOWS, Image("queued", "not-yet", status="queued")),
        CatalogKind.NETWORK: (
            Network("theirs", "theirs", project_id="other"),
            Network("own", "own", project_id="mine"),
            Network("public", "public", external=True),
        ),
        CatalogKind.SECURITY_GROUP: (
            SecurityGroup("a", "default", project_id="mine"),
            SecurityGroup("b", "default", project_id="other"),
        ),
        CatalogKind.QUOTA: (QuotaItem("instances", 8, 10), QuotaItem("cores", 0, 4), QuotaItem("ram", 0, -1)),
        **dict(extra),
    }
    return Catalogs({kind: CatalogView("mock", kind, found) for kind, found in items.items()}, "mine")


def test_a_good_draft_has_no_problem_and_becomes_its_order() -> None:
    draft = replace(GOOD, name=" web-{n} ", metadata="team=web,\nstage = prod", key_name="ops")
    assert problems(draft, catalogs()) == {}
    order = order_of(draft)
    assert (order.name, order.flavor_id, order.image_id, order.network_ids) == ("web-{n}", "s", "debian", ("own",))
    assert order.metadata == (("team", "web"), ("stage", "prod"))


@pytest.mark.parametrize(
    ("draft", "field", "told"),
    [
        (replace(GOOD, name="  "), "name", "needs a name"),
        (replace(GOOD, name="x" * 256), "name", "256 characters"),
        (replace(GOOD, name="a\x1bb"), "name", "no control characters"),
        (replace(GOOD, count="0"), "count", "from 1 to 100"),
        (replace(GOOD, count="many"), "count", "from 1 to 100"),
        (replace(GOOD, image_id="queued"), "image", "choose"),
        (replace(GOOD, flavor_id=""), "flavor", "choose a size"),
        (replace(GOOD, image_id="win"), "flavor", "windows needs 40 GiB of disk; m1.small has 20"),
        (replace(GOOD, count="3"), "flavor", "3 VMs needed, 2 VMs left"),
        (replace(GOOD, flavor_id="l", count="1"), "flavor", "8 vCPU needed, 4 vCPU left"),
        (replace(GOOD, network_ids=(NO_NETWORK, "own")), "network", "not both"),
        (replace(GOOD, metadata="team"), "metadata", "team is not key=value"),
        (replace(GOOD, metadata=f"a={'x' * 256}"), "metadata", "at most 255"),
        (replace(GOOD, user_data="hello"), "user-data", "cloud-init would ignore it"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_only(draft: OrderDraft, field: str, told: str) -> None:
    found = problems(draft, catalogs())
    assert set(found) == {field}
    assert told in found[field]


def test_a_flavor_without_a_disk_takes_the_images_own_size() -> None:
    roomy = catalogs((CatalogKind.QUOTA, ()))
    assert "flavor" not in problems(replace(GOOD, flavor_id="l", image_id="win"), roomy)


def test_a_memory_that_is_too_small_is_told() -> None:
    tiny = Flavor("tiny", 1, 256, 10, id="t")
    found = problems(replace(GOOD, flavor_id="t"), catalogs((CatalogKind.FLAVOR, (tiny,))))
    assert found == {"flavor": "debian-12 needs 512 MiB of memory; tiny has 256 MiB"}


def test_the_clouds_choice_of_a_network_needs_one_network_of_the_project() -> None:
    nothing = replace(GOOD, network_ids=())
    assert "network" not in problems(nothing, catalogs())
    two = (Network("own", "own", project_id="mine"), Network("shared", "shared", project_id="x", shared=True))
    assert "2 networks: choose" in problems(nothing, catalogs((CatalogKind.NETWORK, two)))["network"]


def test_groups_of_other_projects_are_not_offered() -> None:
    assert [group.id for group in catalogs().groups] == ["a"]


def test_what_is_left_of_the_quota_is_told_before_the_key() -> None:
    assert quota_left(GOOD, catalogs()) == "takes 2 VMs, 2 vCPU, 4 GiB · left after it: 0 VMs, 2 vCPU, any memory"
    assert "1 VM too many" in quota_left(replace(GOOD, count="3"), catalogs())
    assert quota_left(GOOD, Catalogs({})) == "takes 2 VMs; the quota is not known"
