"""RestCloud over a scripted transport: paging, deltas, reach, retries, errors and the call log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from osvm_tui.cloud.base import ApiCall, VmPage
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call, Login, Reply
from osvm_tui.domain.errors import AnswerLost, BadRequest, CloudFault, Conflict, Throttled, Unreachable
from osvm_tui.domain.operations import CreateVm
from tests.unit.cloud.recorded import recorded
from tests.unit.cloud.scripted import START, Answer, Hourglass, ScriptedTransport, login

EMPTY = Reply(200, {}, b'{"servers": []}')


class Desk:
    """A client over a script, with the calls it made and what it told."""

    def __init__(self, *answers: Answer, who: Login | None = None) -> None:
        queue = list(answers)
        self.glass = Hourglass()
        self.transport = ScriptedTransport(lambda call: queue.pop(0), who)
        self.cloud = RestCloud("desk", self.transport, timing=self.glass.timing())
        self.told: list[ApiCall] = []
        self.cloud.on_call = self.told.append

    async def connected(self) -> RestCloud:
        await self.cloud.connect()
        return self.cloud

    def asked(self, number: int) -> dict[str, str]:
        return dict(self.transport.calls[number].query)


def servers(*ids: str, **more: object) -> Reply:
    rows = [{"id": vm_id, "name": vm_id, "status": "ACTIVE", "OS-EXT-STS:vm_state": "active"} for vm_id in ids]
    date = {"date": "Sun, 01 Mar 2026 11:59:50 GMT"}
    return Reply(200, date, json.dumps({"servers": rows, **more}).encode())


def next_link(marker: str) -> list[dict[str, str]]:
    return [{"rel": "next", "href": f"http://nova/v2.1/servers/detail?all_tenants=1&limit=2&marker={marker}"}]


async def pages(cloud: RestCloud, since: datetime | None = None) -> list[VmPage]:
    return [page async for page in cloud.list_vms(since)]


async def test_the_scope_says_what_the_token_sees() -> None:
    scope = (await Desk().connected()).scope
    assert (scope.entry, scope.endpoint, scope.project_id) == ("desk", "http://nova/v2.1|R1", "p1")
    assert (scope.all_projects, scope.simulated) == (False, False)
    assert scope.profile.max_microversion == (2, 93)


async def test_an_admin_reaches_all_projects_unless_policy_says_no() -> None:
    admin = login(roles=frozenset({"admin"}))
    allowed = Desk(EMPTY, who=admin)
    assert (await allowed.connected()).scope.all_projects
    refused = Desk(recorded("error-403-reader-stop"), EMPTY, who=admin)
    cloud = await refused.connected()
    assert not cloud.scope.all_projects
    await pages(cloud)
    assert "all_tenants" not in refused.asked(1)


async def test_all_pages_are_followed_by_their_links() -> None:
    desk = Desk(servers("a", "b", servers_links=next_link("b")), servers("c", "d", servers_links=next_link("d")), EMPTY)
    found = await pages(await desk.connected())
    assert [[vm.id for vm in page.vms] for page in found] == [["a", "b"], ["c", "d"], []]
    assert [page.last for page in found] == [False, False, True]
    assert [desk.asked(n).get("marker") for n in range(3)] == [None, "b", "d"]
    assert found[0].server_time == datetime(2026, 3, 1, 11, 59, 50, tzinfo=UTC)


async def test_a_delta_asks_in_whole_seconds_of_utc() -> None:
    desk = Desk(EMPTY)
    since = datetime(2026, 3, 1, 13, 0, 0, 900, tzinfo=UTC)
    await pages(await desk.connected(), since)
    assert desk.asked(0)["changes-since"] == "2026-03-01T13:00:00Z"


async def test_without_a_date_the_login_tells_the_clouds_clock() -> None:
    desk = Desk(EMPTY, who=login(issued_at=START + timedelta(hours=1)))
    (page,) = await pages(await desk.connected())
    assert page.server_time == START + timedelta(hours=1)


async def test_versions_are_pinned_below_the_costly_ones() -> None:
    for highest, spoken in (((2, 104), (2, 95)), ((2, 93), (2, 93)), ((2, 1), (2, 1))):
        desk = Desk(EMPTY, who=login(max_microversion=highest))
        await pages(await desk.connected())
        assert desk.transport.calls[0].microversion == spoken


async def test_a_throttled_read_waits_as_told_and_is_repeated() -> None:
    desk = Desk(Reply(429, {"retry-after": "4"}), Reply(503, {"retry-after": "2"}), EMPTY)
    await pages(await desk.connected())
    assert [round(seconds) for seconds in desk.glass.slept] in ([4, 2], [5, 2], [4, 3], [5, 3])
    assert [call.status for call in desk.told] == [201, 429, 503, 200]


async def test_a_read_is_not_repeated_for_ever() -> None:
    desk = Desk(*[Reply(429, {"retry-after": "1"})] * 4)
    cloud = await desk.connected()
    with pytest.raises(Throttled):
        await pages(cloud)
    assert len(desk.transport.calls) == 4


async def test_a_long_retry_after_is_left_to_the_caller() -> None:
    desk = Desk(Reply(503, {"retry-after": "600"}))
    cloud = await desk.connected()
    with pytest.raises(CloudFault) as caught:
        await pages(cloud)
    assert caught.value.retry_after_s == 600


@pytest.mark.parametrize(
    "answer", [Reply(429, {"retry-after": "0"}), Reply(503, {}), AnswerLost("lost"), Unreachable("no")]
)
async def test_a_change_is_sent_once_whatever_happens(answer: Answer) -> None:
    desk = Desk(answer)
    cloud = await desk.connected()
    with pytest.raises((Throttled, CloudFault, Unreachable)) as caught:
        await cloud.act("stop", "v", {})
    assert len(desk.transport.calls) == 1
    assert caught.value.entry == "desk"


async def test_an_accepted_action_carries_its_request_id() -> None:
    desk = Desk(Reply(202, {"x-openstack-request-id": "req-1"}))
    accepted = await (await desk.connected()).act("stop", "v", {})
    assert (accepted.status, accepted.request_id) == (202, "req-1")
    call = desk.transport.calls[0]
    assert (call.method, call.path, call.body) == ("POST", "/servers/v/action", b'{"os-stop":null}')


async def test_a_refusal_keeps_the_clouds_words() -> None:
    desk = Desk(recorded("action-stop-while-stopped"))
    cloud = await desk.connected()
    with pytest.raises(Conflict, match="while it is in vm_state stopped"):
        await cloud.act("stop", "v", {})
    assert desk.told[-1].error.startswith("Cannot 'stop' instance")


async def test_what_cannot_be_said_is_not_sent() -> None:
    desk = Desk()
    cloud = await desk.connected()
    for action_id in ("resize", "fly"):
        with pytest.raises(BadRequest):
            await cloud.act(action_id, "v", {})
    assert desk.transport.calls == []


async def test_the_call_log_shows_no_query_and_no_body() -> None:
    desk = Desk(Reply(202, {}), EMPTY)
    cloud = await desk.connected()
    await cloud.act("change-password", "v", {"password": "hush"})
    await pages(cloud)
    assert "hush" not in repr(desk.told)
    assert [call.path for call in desk.told] == ["/v3/auth/tokens", "/servers/v/action", "/servers/detail"]


async def test_html_instead_of_json_is_one_clear_sentence() -> None:
    desk = Desk(Reply(200, {}, b"<html>Welcome to nginx</html>"))
    cloud = await desk.connected()
    with pytest.raises(CloudFault, match="not its JSON"):
        await pages(cloud)


async def test_a_creation_carries_our_id_and_its_networks() -> None:
    desk = Desk(recorded("server-create"))
    order = CreateVm(name="n", flavor_id="f", image_id="i", network_ids=("net",), vm_uuid="ours", user_data="#!/bin/sh")
    accepted = await (await desk.connected()).create_vm(order)
    assert accepted.vm_id == "30edcff5-8829-40b8-87bd-29180e71c413"
    server = json.loads(desk.transport.calls[0].body)["server"]
    assert server["metadata"] == {"osvm_uuid": "ours"}
    assert server["networks"] == [{"uuid": "net"}]
    assert server["user_data"] == "IyEvYmluL3No"


@pytest.mark.parametrize(
    ("ids", "version", "networks"),
    [
        ((), (2, 93), "auto"),
        (("none",), (2, 93), "none"),
        ((), (2, 36), None),
        (("a", "b"), (2, 1), [{"uuid": "a"}, {"uuid": "b"}]),
    ],
)
async def test_networks_of_a_creation(ids: tuple[str, ...], version: tuple[int, int], networks: object) -> None:
    desk = Desk(recorded("server-create"), who=login(max_microversion=version))
    await (await desk.connected()).create_vm(CreateVm(name="n", flavor_id="f", image_id="i", network_ids=ids))
    assert json.loads(desk.transport.calls[0].body)["server"].get("networks") == networks


async def test_a_created_vm_is_found_by_our_id_not_by_its_name() -> None:
    rows = [{"id": "x", "name": "a.b", "metadata": {}}, {"id": "y", "name": "a.b", "metadata": {"osvm_uuid": "ours"}}]
    desk = Desk(Reply(200, {}, json.dumps({"servers": rows}).encode()), EMPTY)
    cloud = await desk.connected()
    found = await cloud.find_created("ours", "a.b (1)")
    assert found is not None
    assert found.id == "y"
    assert desk.asked(0)["name"] == r"^a\.b \(1\)$"
    assert await cloud.find_created("ours", "a") is None


async def test_addresses_join_ports_and_floating_ips() -> None:
    desk = Desk(recorded("ports-of-server"), recorded("floatingips"))
    found = await (await desk.connected()).list_addresses()
    assert [(a.addr, a.floating) for a in found] == [("192.168.128.48", False), ("203.0.112.17", True)]
    assert {a.vm_id for a in found} == {"30edcff5-8829-40b8-87bd-29180e71c413"}
    assert ("project_id", "p1") in desk.transport.calls[0].query


async def test_catalogs_are_read_from_recorded_answers() -> None:
    desk = Desk(
        *(recorded(n) for n in ("flavors-detail", "images", "networks", "subnets", "keypairs", "security-groups"))
    )
    cloud = await desk.connected()
    flavors = {flavor.name: flavor for flavor in await cloud.flavors()}
    assert (flavors["m1.tiny"].vcpus, flavors["m1.tiny"].memory_mib) == (1, 512)
    images = {image.name: image for image in await cloud.images()}
    assert (images["ubuntu-20.04"].os_version, images["ubuntu-20.04"].bootable) == ("20.04", True)
    networks = {network.name: network for network in await cloud.networks()}
    assert networks["public"].external
    assert networks["private"].subnets[0].cidr == "192.168.128.0/24"
    assert [key.name for key in await cloud.keypairs()] == ["lab-key"]
    assert {group.name for group in await cloud.security_groups()} == {"default", "web"}


async def test_quota_without_neutrons_details_is_novas_alone() -> None:
    desk = Desk(recorded("limits"), Reply(404, {}))
    quota = {item.resource: item for item in await (await desk.connected()).quota()}
    assert (quota["cores"].limit, quota["ram"].limit) == (400, 819200)
    assert "floatingip" not in quota


async def test_the_action_log_with_its_events() -> None:
    desk = Desk(recorded("instance-actions"), recorded("instance-action-admin"), Reply(404, {}))
    cloud = await desk.connected()
    log = await cloud.instance_actions("v")
    assert log[0].action == "changePassword"
    one = await cloud.instance_action("v", log[0].request_id)
    assert one is not None
    assert [(event.event, event.result) for event in one.events] == [("compute_set_admin_password", "Success")]
    assert one.events[0].started_at == datetime(2026, 11, 21, 23, 45, 51, tzinfo=UTC)
    assert await cloud.instance_action("v", "req-none") is None


async def test_console_text_and_url() -> None:
    desk = Desk(recorded("console-log"), recorded("remote-console-novnc"))
    cloud = await desk.connected()
    assert (await cloud.console_output("v", 5)).endswith("verify-1 login: \n")
    assert (await cloud.remote_console("v")).type == "novnc"


async def test_names_of_projects_fall_back_to_ones_own() -> None:
    desk = Desk(recorded("projects-as-demo"))
    cloud = await desk.connected()
    assert await cloud.project_names() == {"p1": "demo"}
    assert await cloud.user_names() == {"u1": "demo"}


async def test_a_failed_login_names_the_entry_and_may_be_tried_again() -> None:
    desk = Desk()
    desk.transport = ScriptedTransport(lambda call: EMPTY, None)
    failing = ScriptedTransport(lambda call: EMPTY, None)
    failing._who = Unreachable("no route")
    cloud = RestCloud("far", failing, timing=desk.glass.timing())
    with pytest.raises(Unreachable) as caught:
        await cloud.connect()
    assert caught.value.entry == "far"
    failing._who = login()
    assert (await cloud.connect()).entry == "far"


async def test_closing_closes_the_transport() -> None:
    desk = Desk()
    await (await desk.connected()).close()
    assert desk.transport.closed


def test_a_call_knows_whether_it_changes_anything() -> None:
    assert Call(service="compute", method="DELETE", path="/").changes
    assert not Call(service="compute", method="GET", path="/").changes
    assert not Call(service="compute", method="POST", path="/", looks=True).changes


@pytest.mark.parametrize(
    ("seen", "seconds", "rows"),
    [(200, 0.05, 500), (200, 0.5, 200), (200, 1.2, 100), (200, 30.0, 100), (3, 0.01, 200)],
)
def test_the_page_size_follows_the_clouds_speed(seen: int, seconds: float, rows: int) -> None:
    size = PageSize()
    size.learn(seen, seconds)
    assert size.rows == rows


def test_the_page_size_stays_within_novas_limit() -> None:
    size = PageSize()
    for _ in range(9):
        size.learn(size.rows, 0.01)
    assert size.rows == 1000


async def test_hints_for_the_scheduler_stand_beside_the_server() -> None:
    desk = Desk(Reply(202, {}, b'{"server": {"id": "vm-9"}}'))
    cloud = await desk.connected()
    order = CreateVm(
        name="a",
        flavor_id="f",
        image_id="i",
        server_group_id="g",
        hints=(("different_host", "vm-1"), ("different_host", "vm-2"), ("query", "x")),
    )
    await cloud.create_vm(order)
    body = json.loads(desk.transport.calls[0].body)
    assert body["os:scheduler_hints"] == {"group": "g", "different_host": ["vm-1", "vm-2"], "query": "x"}
    assert set(body) == {"server", "os:scheduler_hints"}
