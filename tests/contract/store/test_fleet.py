"""The fleet: what is saved is what is loaded, by scope and by revision."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import text

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.vm import Vm
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, MEMBER, NOON, a_faulty_vm, a_vm, an_item, an_operation


async def rows(store: SqlStore, query: str) -> list[dict[str, object]]:
    """Return what SQL says, past the face."""
    async with store._database.read() as connection:
        return [dict(row._mapping) for row in await connection.execute(text(query))]


async def test_a_vm_comes_back_whole(store: SqlStore) -> None:
    vms = [a_vm(1), a_faulty_vm(2), a_vm(3, flavor=None, image_id=None, addresses=(), updated_at=None)]
    await store.save_vms(ADMIN, vms, [], NOON, None)
    loaded = await store.load_vms(ADMIN)
    assert sorted(loaded.vms, key=lambda vm: vm.id) == vms
    assert loaded.seen_at == NOON


async def test_the_columns_tell_what_the_record_tells(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_faulty_vm(2)], [], NOON, None)
    one, two = await rows(store, "SELECT * FROM vms ORDER BY name")
    assert (one["name"], one["state"], one["ip_address"], one["floating_ip"]) == (
        "web-0001", "ACTIVE", "192.168.128.7", "203.0.113.9"
    )  # fmt: skip
    assert (one["vcpus"], one["memory_mb"], one["disk_gb"], one["flavor_name"]) == (2, 4096, 20, "m1.small")
    assert len(str(one["uuid"])) == 36
    assert (two["state"], two["state_description"]) == ("ERROR", "No valid host was found.")
    addresses = await rows(store, f"SELECT addr FROM vm_addresses WHERE vm_id={one['id']} ORDER BY position")
    assert [row["addr"] for row in addresses] == ["192.168.128.7", "fd00::7", "203.0.113.9"]


async def test_only_changed_rows_move_the_revision(store: SqlStore) -> None:
    first = await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None)
    assert await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None) == first
    second = await store.save_vms(ADMIN, [a_vm(1), a_vm(2, name="db")], [], NOON, None)
    assert second == first + 1
    moved = await store.vms_since(ADMIN, first)
    assert [vm.name for vm in moved.vms] == ["db"]
    assert moved.revision == second
    assert (await store.vms_since(ADMIN, second)).vms == ()


async def test_a_removed_vm_is_told_once_and_its_row_stays(store: SqlStore) -> None:
    before = await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None)
    await store.save_vms(ADMIN, [], [a_vm(1).ref, a_vm(9).ref], NOON, None)
    moved = await store.vms_since(ADMIN, before)
    assert moved.removed == (a_vm(1).ref,)
    assert [vm.id for vm in (await store.load_vms(ADMIN)).vms] == [a_vm(2).id]
    row = (await rows(store, "SELECT state, deleted, terminated_at FROM vms WHERE name='web-0001'"))[0]
    assert row["state"] == "DELETED"
    assert row["deleted"]
    assert row["terminated_at"] is not None


async def test_removing_again_moves_nothing(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    gone = await store.save_vms(ADMIN, [], [a_vm(1).ref], NOON, None)
    assert await store.save_vms(ADMIN, [], [a_vm(1).ref], NOON, None) == gone


async def test_a_vm_that_was_removed_by_mistake_comes_back(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    gone = await store.save_vms(ADMIN, [], [a_vm(1).ref], NOON, None)
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    assert (await store.vms_since(ADMIN, gone)).vms == (a_vm(1),)
    assert (await store.load_vms(ADMIN)).vms == (a_vm(1),)


async def test_a_deleted_reading_removes_and_a_soft_deleted_one_does_not(store: SqlStore) -> None:
    first = await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None)
    soft = a_vm(1, status="SOFT_DELETED", vm_state="soft-delete")
    hard = a_vm(2, status="DELETED", vm_state="deleted")
    await store.save_vms(ADMIN, [soft, hard, a_vm(3, status="DELETED", vm_state="deleted")], [], NOON, None)
    assert (await store.load_vms(ADMIN)).vms == (soft,)
    assert (await store.vms_since(ADMIN, first)).removed == (hard.ref,)


async def test_a_scope_sees_its_project_and_an_admin_sees_all(store: SqlStore) -> None:
    other = a_vm(2, project_id="p-2")
    elsewhere = msgspec.structs.replace(ADMIN, endpoint="http://other|RegionOne")
    await store.save_vms(ADMIN, [a_vm(1), other], [], NOON, None)
    await store.save_vms(elsewhere, [a_vm(1, endpoint=elsewhere.endpoint)], [], NOON, None)
    assert [vm.id for vm in (await store.load_vms(MEMBER)).vms] == [a_vm(1).id]
    assert len((await store.load_vms(ADMIN)).vms) == 2
    assert [vm.endpoint for vm in (await store.load_vms(elsewhere)).vms] == [elsewhere.endpoint]


async def test_a_vm_of_another_endpoint_is_refused(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="does not belong"):
        await store.save_vms(ADMIN, [a_vm(1), a_vm(2, endpoint="http://other|RegionOne")], [], NOON, None)
    assert (await store.load_vms(ADMIN)).vms == ()


def as_member(vm: Vm) -> Vm:
    """Return what a member reads of `vm`."""
    fault = msgspec.structs.replace(vm.fault, details="") if vm.fault else None
    return msgspec.structs.replace(vm, host="", hypervisor_hostname="", host_status="", instance_name="", fault=fault)


async def test_a_members_reading_keeps_what_only_admins_see(store: SqlStore) -> None:
    vm = a_faulty_vm(1)
    revision = await store.save_vms(ADMIN, [vm], [], NOON, None)
    assert await store.save_vms(MEMBER, [as_member(vm)], [], NOON, None) == revision
    renamed = msgspec.structs.replace(vm, name="renamed")
    await store.save_vms(MEMBER, [as_member(renamed)], [], NOON, None)
    assert (await store.load_vms(ADMIN)).vms == (renamed,)


async def test_a_member_who_sees_a_move_takes_the_old_host_away(store: SqlStore) -> None:
    vm = a_vm(1)
    await store.save_vms(ADMIN, [vm], [], NOON, None)
    moved = msgspec.structs.replace(as_member(vm), host_id="x" * 56)
    await store.save_vms(MEMBER, [moved], [], NOON, None)
    (kept,) = (await store.load_vms(ADMIN)).vms
    assert (kept.host, kept.hypervisor_hostname, kept.instance_name) == ("", "", vm.instance_name)


async def test_an_admins_reading_may_take_the_host_away(store: SqlStore) -> None:
    vm = a_vm(1)
    await store.save_vms(ADMIN, [vm], [], NOON, None)
    offloaded = msgspec.structs.replace(vm, host="", host_id="")
    await store.save_vms(ADMIN, [offloaded], [], NOON, None)
    assert (await store.load_vms(ADMIN)).vms == (offloaded,)


async def test_our_own_creation_is_found_again_by_its_uuid(store: SqlStore) -> None:
    item = an_item(1, action_id="create-server", vm_uuid="11111111-1111-4111-8111-111111111111")
    order = CreateVm(
        name="web", flavor_id="f", image_id="i", vm_uuid=item.vm_uuid,
        user_data="#cloud-config\npassword: hunter2\nruncmd: [ls]\n",
    )  # fmt: skip
    await store.plan(an_operation([item], params={"orders": [msgspec.to_builtins(order)]}), [])
    created = a_vm(1, metadata=(("osvm_uuid", item.vm_uuid),))
    copied = a_vm(2, metadata=(("osvm_uuid", item.vm_uuid),))
    stranger = a_vm(3, metadata=(("osvm_uuid", "22222222-2222-4222-8222-222222222222"),))
    await store.save_vms(ADMIN, [created, copied, stranger], [], NOON, None)
    one, two, three = await rows(store, "SELECT uuid, user_data FROM vms ORDER BY name")
    assert one["uuid"] == item.vm_uuid
    assert "runcmd" in str(one["user_data"])
    assert "hunter2" not in str(one["user_data"])
    assert two["uuid"] != item.vm_uuid
    assert three["uuid"] != "22222222-2222-4222-8222-222222222222"
    assert two["user_data"] is None


async def test_two_consoles_follow_each_other_by_revision(backend: Backend) -> None:
    leader, follower = await backend.console("one"), await backend.console("two")
    revision = await leader.save_vms(ADMIN, [a_vm(number) for number in range(1, 400)], [], NOON, None)
    assert (await follower.load_vms(ADMIN)).revision == revision
    await leader.save_vms(ADMIN, [a_vm(7, name="new")], [a_vm(8).ref], NOON, None)
    moved = await follower.vms_since(ADMIN, revision)
    assert [vm.name for vm in moved.vms] == ["new"]
    assert moved.removed == (a_vm(8).ref,)


async def test_the_same_vm_twice_in_one_reading_is_one_row(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(1, name="later")], [], NOON, None)
    assert [vm.name for vm in (await store.load_vms(ADMIN)).vms] == ["later"]


async def test_values_longer_than_a_column_are_cut_there_and_whole_in_the_record(store: SqlStore) -> None:
    odd = a_vm(1, status="A_STATUS_OF_A_LATER_RELEASE", vm_state="x" * 80, task_state="y" * 80, name="n" * 300)
    await store.save_vms(ADMIN, [odd], [], NOON, None)
    assert (await store.load_vms(ADMIN)).vms == (odd,)


@pytest.mark.parametrize("awaits", [1, 10, 40, 80])
async def test_a_save_that_is_cancelled_leaves_the_store_whole_and_usable(store: SqlStore, awaits: int) -> None:
    before = await store.save_vms(ADMIN, [a_vm(number) for number in range(200)], [], NOON, None)
    renamed = [a_vm(number, name="half") for number in range(200)]
    saving = asyncio.create_task(store.save_vms(ADMIN, renamed, [], NOON, None))
    for _ in range(awaits):
        await asyncio.sleep(0)
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)
    assert len({vm.name == "half" for vm in (await store.load_vms(ADMIN)).vms}) == 1
    assert await store.save_vms(ADMIN, [a_vm(1, name="after")], [], NOON, None) > before


async def test_what_a_store_lacks_of_a_picture_brings_it_there(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(2), a_vm(3)], [], NOON, None)
    picture = {vm.ref: vm for vm in (a_vm(1), a_vm(2, name="renamed"), a_vm(4))}
    lacking = await store.lacking(ADMIN, picture)
    assert set(lacking) == {a_vm(2).ref, a_vm(3).ref, a_vm(4).ref}
    upserts = [picture[ref] for ref in lacking if ref in picture]
    await store.save_vms(ADMIN, upserts, [ref for ref in lacking if ref not in picture], NOON, None)
    assert {vm.ref: vm for vm in (await store.load_vms(ADMIN)).vms} == picture
    assert await store.lacking(ADMIN, picture) == ()
