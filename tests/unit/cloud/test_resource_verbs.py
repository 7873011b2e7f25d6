"""Every change of a resource can be said, in the words that Glance, Neutron, Cinder and Nova document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osvm_tui.cloud.resource_verbs import RESOURCE_VERBS
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Reply
from osvm_tui.cloud.wire.rules import rule_body
from osvm_tui.domain.errors import AnswerLost, BadRequest, CloudError, CloudFault, Conflict, QuotaExceeded
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from tests.unit.cloud.scripted import Answer, Hourglass, ScriptedTransport, login

GIVEN: dict[str, dict[str, object]] = {
    "image.rename": {"name": "n"},
    "image.delete": {},
    "floating-ip.allocate": {"network_id": "net", "description": "d"},
    "floating-ip.release": {},
    "floating-ip.disassociate": {},
    "security-group.create": {"name": "n", "description": "d"},
    "security-group.add-rule": {"direction": "ingress", "protocol": "tcp", "ports": "443"},
    "security-group.delete-rule": {"rule_id": "rule"},
    "security-group.rename": {"name": "n", "description": ""},
    "security-group.delete": {},
    "volume.create": {"name": "n", "size_gib": 3, "volume_type": "lab", "image_id": "i"},
    "volume.extend": {"size_gib": "5"},
    "volume.snapshot": {"name": "n"},
    "volume.rename": {"name": "n"},
    "volume.delete": {},
    "volume-snapshot.rename": {"description": "d"},
    "volume-snapshot.delete": {},
    "keypair.create": {"name": "my key"},
    "keypair.import": {"name": "n", "public_key": "ssh-ed25519 AAAA me\n"},
    "keypair.delete": {},
    "server-group.create": {"name": "n", "policy": "affinity"},
    "server-group.delete": {},
    "service.disable": {"reason": "disk"},
    "service.enable": {},
}
SAID: dict[str, tuple[str, str, object]] = {
    "image.rename": ("PATCH", "image:/v2/images/a%2Fb", [{"op": "replace", "path": "/name", "value": "n"}]),
    "image.delete": ("DELETE", "image:/v2/images/a%2Fb", None),
    "floating-ip.allocate": (
        "POST",
        "network:/v2.0/floatingips",
        {"floatingip": {"floating_network_id": "net", "description": "d"}},
    ),
    "floating-ip.release": ("DELETE", "network:/v2.0/floatingips/a%2Fb", None),
    "floating-ip.disassociate": ("PUT", "network:/v2.0/floatingips/a%2Fb", {"floatingip": {"port_id": None}}),
    "security-group.create": (
        "POST",
        "network:/v2.0/security-groups",
        {"security_group": {"name": "n", "description": "d"}},
    ),
    "security-group.add-rule": (
        "POST",
        "network:/v2.0/security-group-rules",
        {
            "security_group_rule": {
                "security_group_id": "a/b",
                "direction": "ingress",
                "ethertype": "IPv4",
                "protocol": "tcp",
                "port_range_min": 443,
                "port_range_max": 443,
            }
        },
    ),
    "security-group.delete-rule": ("DELETE", "network:/v2.0/security-group-rules/rule", None),
    "security-group.rename": (
        "PUT",
        "network:/v2.0/security-groups/a%2Fb",
        {"security_group": {"name": "n", "description": ""}},
    ),
    "security-group.delete": ("DELETE", "network:/v2.0/security-groups/a%2Fb", None),
    "volume.create": (
        "POST",
        "volume:/v3/p1/volumes",
        {"volume": {"name": "n", "size": 3, "volume_type": "lab", "imageRef": "i"}},
    ),
    "volume.extend": ("POST", "volume:/v3/p1/volumes/a%2Fb/action", {"os-extend": {"new_size": 5}}),
    "volume.snapshot": (
        "POST",
        "volume:/v3/p1/snapshots",
        {"snapshot": {"volume_id": "a/b", "name": "n", "force": True}},
    ),
    "volume.rename": ("PUT", "volume:/v3/p1/volumes/a%2Fb", {"volume": {"name": "n"}}),
    "volume.delete": ("DELETE", "volume:/v3/p1/volumes/a%2Fb", None),
    "volume-snapshot.rename": ("PUT", "volume:/v3/p1/snapshots/a%2Fb", {"snapshot": {"description": "d"}}),
    "volume-snapshot.delete": ("DELETE", "volume:/v3/p1/snapshots/a%2Fb", None),
    "keypair.create": ("POST", "compute:/os-keypairs", {"keypair": {"name": "my key", "type": "ssh"}}),
    "keypair.import": (
        "POST",
        "compute:/os-keypairs",
        {"keypair": {"name": "n", "type": "ssh", "public_key": "ssh-ed25519 AAAA me"}},
    ),
    "keypair.delete": ("DELETE", "compute:/os-keypairs/a%2Fb", None),
    "server-group.create": (
        "POST",
        "compute:/os-server-groups",
        {"server_group": {"name": "n", "policy": "affinity"}},
    ),
    "server-group.delete": ("DELETE", "compute:/os-server-groups/a%2Fb", None),
    "service.disable": ("PUT", "compute:/os-services/a%2Fb", {"status": "disabled", "disabled_reason": "disk"}),
    "service.enable": ("PUT", "compute:/os-services/a%2Fb", {"status": "enabled"}),
}
HIGHEST = (2, 93)


def test_every_change_of_the_table_has_a_verb_and_no_verb_is_without_one() -> None:
    assert set(RESOURCE_VERBS) == set(RESOURCE_ACTIONS) == set(GIVEN) == set(SAID)
    for action_id, spec in RESOURCE_ACTIONS.items():
        assert RESOURCE_VERBS[action_id].service == spec.service


@pytest.mark.parametrize("action_id", sorted(SAID))
def test_the_request_is_the_documented_one(action_id: str) -> None:
    call = RESOURCE_VERBS[action_id].call("a/b", GIVEN[action_id], HIGHEST, "p1")
    body = json.loads(call.body) if call.body else None
    assert (call.method, f"{call.service}:{call.path}", body) == SAID[action_id]
    assert call.changes


def test_versions_are_those_that_know_the_change() -> None:
    spoken = {i: verb.call("x", GIVEN[i], HIGHEST, "p").microversion for i, verb in RESOURCE_VERBS.items()}
    assert spoken["keypair.create"] == (2, 91)
    assert spoken["keypair.import"] == (2, 93)
    assert spoken["volume.extend"] == (3, 42)
    assert {spoken[i] for i in spoken if i.startswith(("image.", "floating-ip.", "security-group."))} == {None}
    assert RESOURCE_VERBS["image.rename"].call("x", {"name": "n"}, HIGHEST, "p").content_type.endswith("json-patch")


def test_old_clouds_are_spoken_to_in_old_words() -> None:
    group = RESOURCE_VERBS["server-group.create"].call("", GIVEN["server-group.create"], (2, 60), "p")
    assert json.loads(group.body) == {"server_group": {"name": "n", "policies": ["affinity"]}}
    key = RESOURCE_VERBS["keypair.create"].call("", {"name": "n"}, (2, 1), "p")
    assert (json.loads(key.body), key.microversion) == ({"keypair": {"name": "n"}}, (2, 1))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"protocol": "any"}, {}),
        ({"protocol": "udp", "ports": "8000-8010"},
         {"protocol": "udp", "port_range_min": 8000, "port_range_max": 8010}),
        ({"protocol": "tcp", "ports": " 8000 : 8010 "},
         {"protocol": "tcp", "port_range_min": 8000, "port_range_max": 8010}),
        ({"protocol": "icmp", "ports": "8"}, {"protocol": "icmp", "port_range_min": 8}),
        ({"protocol": "icmp", "ports": "3-4"}, {"protocol": "icmp", "port_range_min": 3, "port_range_max": 4}),
        ({"protocol": "tcp", "remote_cidr": "10.0.0.0/8"}, {"protocol": "tcp", "remote_ip_prefix": "10.0.0.0/8"}),
        ({"protocol": "icmp", "remote_cidr": "::/0"},
         {"protocol": "ipv6-icmp", "ethertype": "IPv6", "remote_ip_prefix": "::/0"}),
        ({"protocol": "tcp", "remote_group_id": "g"}, {"protocol": "tcp", "remote_group_id": "g"}),
        ({"direction": "egress", "protocol": "tcp"}, {"direction": "egress", "protocol": "tcp"}),
    ],
)  # fmt: skip
def test_rules_as_people_write_them(given: dict[str, str], wanted: dict[str, Any]) -> None:
    base = {"security_group_id": "sg", "direction": "ingress", "ethertype": "IPv4"}
    assert rule_body("sg", given) == base | wanted


@pytest.mark.parametrize("ports", ["http", "80,443", "0", "70000", "90-80", "-1"])
def test_ports_that_mean_nothing(ports: str) -> None:
    with pytest.raises(ValueError, match=r"ports (are|go)"):
        rule_body("sg", {"protocol": "tcp", "ports": ports})


async def changed(answer: Answer, action_id: str, **given: object) -> tuple[Any, ScriptedTransport]:
    transport = ScriptedTransport(lambda call: answer, login(services=frozenset({"compute", "network", "volume"})))
    cloud = RestCloud("desk", transport, timing=Hourglass().timing())
    await cloud.connect()
    try:
        return await cloud.change(action_id, "r", {**GIVEN.get(action_id, {}), **given}), transport
    except CloudError as error:
        return error, transport


async def test_what_was_made_is_named_and_a_private_key_is_not_shown_in_passing() -> None:
    body = b'{"keypair": {"name": "my key", "private_key": "-----BEGIN", "fingerprint": "f"}}'
    made, transport = await changed(Reply(201, {"x-openstack-request-id": "req-1"}, body), "keypair.create")
    assert (made.status, made.request_id, made.resource_id, made.secret) == (201, "req-1", "my key", "-----BEGIN")
    assert "BEGIN" not in repr(made)
    assert "BEGIN" not in f"{made}"
    made, _ = await changed(Reply(202, {}, b'{"volume": {"id": "v9", "name": null}}'), "volume.create")
    assert (made.resource_id, made.secret) == ("v9", "")
    made, _ = await changed(Reply(204, {}), "security-group.delete")
    assert (made.resource_id, len(transport.calls)) == ("r", 1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Reply(409, {}, b'{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded"}}'), QuotaExceeded),
        (Reply(409, {}, b'{"NeutronError": {"type": "SecurityGroupInUse", "message": "in use"}}'), Conflict),
        (Reply(503, {"retry-after": "1"}, b""), CloudFault),
        (AnswerLost("lost"), AnswerLost),
    ],
)
async def test_a_change_is_sent_once_whatever_is_answered(answer: Answer, error: type[Exception]) -> None:
    caught, transport = await changed(answer, "security-group.delete")
    assert type(caught) is error
    assert len(transport.calls) == 1


async def test_what_makes_no_sense_is_not_sent() -> None:
    for action_id, given in (("security-group.add-rule", {"ports": "http"}), ("none.such", {})):
        caught, transport = await changed(Reply(201, {}, b"{}"), action_id, **given)
        assert type(caught) is BadRequest
        assert transport.calls == []
    transport = ScriptedTransport(lambda call: Reply(200, {}, b"{}"))
    cloud = RestCloud("desk", transport, timing=Hourglass().timing())
    await cloud.connect()
    with pytest.raises(BadRequest, match="needs name"):
        await cloud.change("security-group.create", "", {})
    with pytest.raises(BadRequest, match="no request can name"):
        await cloud.change("keypair.delete", "..", {})
    with pytest.raises(BadRequest, match="no request can name"):
        await cloud.act("delete-metadata", "vm", {"key": ".."})
    assert transport.calls == []
