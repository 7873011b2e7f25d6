"""A verb that a cloud's policy refused is refused by the gate for the rest of the session, and only that."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import CloudError, Forbidden, QuotaExceeded, Refused, Unreachable
from osvm_tui.domain.operations import ItemState
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import VmRef
from tests.unit.services.requests import Make, becomes, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

POLICY = Forbidden("Policy doesn't allow os_compute_api:os-pause-server:pause to be performed.", status=403)


async def test_what_the_policy_refused_once_is_refused_for_every_vm_of_the_scope_and_not_sent_again(
    console: Make,
) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    cloud.errors["act"] = [POLICY]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "pause", "1")
    assert item.state is ItemState.FAILED
    with pytest.raises(Refused, match=r"the cloud refused pause to this role \(403\)"):
        await run(one, "pause", "2")
    assert one.verdict(item.ref, "stop").allowed


@pytest.mark.parametrize(
    ("action_id", "error"),
    [
        ("pause", Forbidden("Network is not yours", status=403)),
        ("pause", QuotaExceeded("Quota exceeded by policy", status=403)),
        ("pause", Forbidden("Policy doesn't allow os_compute_api:os-migrate-server:migrate:host to be", status=403)),
        ("pause", CloudError("the policy server is down", status=500)),
    ],
)
async def test_any_other_refusal_teaches_nothing(console: Make, action_id: str, error: Exception) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.errors["act"] = [error]
    cloud.on_act = becomes(cloud, "paused")
    one = console(cloud)
    await one.load()
    (item,) = await run(one, action_id, "1")
    assert item.state is ItemState.FAILED
    assert one.verdict(item.ref, action_id).allowed


async def test_the_lock_of_an_admin_speaks_for_one_vm_only(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", locked=True), a_vm("2", locked=True))
    cloud.errors["act"] = [
        Forbidden(
            "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.", status=403
        )
    ]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "unlock", "1")
    assert item.state is ItemState.FAILED
    assert one.verdict(item.ref, "unlock").allowed


async def test_a_look_that_the_cloud_refused_is_not_tried_again(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    policy = Forbidden("Policy doesn't allow os_compute_api:os-server-diagnostics to be performed.", status=403)
    cloud.errors["diagnostics"] = [Unreachable("no answer"), policy]
    cloud._scope = replace(cloud.scope, roles=frozenset({"admin", "member", "reader"}))
    one = console(cloud, role=ConsoleRole.ADMIN)
    await one.load()
    for error in (Unreachable, Forbidden, Refused):
        with pytest.raises(error):
            await one.diagnostics(VmRef("e", "1"))
    assert cloud.asked.count("diagnostics") == 2
    assert "the cloud refused diagnostics to this role (403)" in one.verdict(VmRef("e", "1"), "diagnostics").reason
    assert one.verdict(VmRef("e", "1"), "console-output").allowed
