"""What an action on a VM may have changed is read again by whoever looks next, however young it is."""

from __future__ import annotations

from msgspec.structs import replace

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.roles import ReleaseProfile
from osvm_tui.services import catalogs
from tests.unit.services.requests import Make, becomes, run
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

PROFILE = ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"}))


async def test_a_snapshot_shows_among_images_that_were_read_a_moment_ago(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "active"), scope=replace(SCOPE, profile=PROFILE))
    cloud.lists = {"images": (Image("i1", "ubuntu"),), "volumes": ()}
    cloud.on_act = becomes(cloud, "active")
    one = console(cloud)
    await one.load()
    volumes = await one.load_catalog("lab", CatalogKind.VOLUME)
    assert (await one.load_catalog("lab", CatalogKind.IMAGE)).items == cloud.lists["images"]
    cloud.lists["images"] = (Image("i1", "ubuntu"), Image("i2", "copy"))
    await one.follow_operations()
    await run(one, "create-image", "1", name="copy")
    assert (await one.load_catalog("lab", CatalogKind.IMAGE)).items == cloud.lists["images"]
    assert (await one.load_catalog("lab", CatalogKind.VOLUME)).fetched_at == volumes.fetched_at


def test_only_actions_of_the_table_are_said_to_show_elsewhere() -> None:
    assert set(catalogs._SHOWN_IN) <= set(ACTIONS)
