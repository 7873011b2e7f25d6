"""Every action of the table can be said, in the words that Nova's own rules give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osvm_tui.cloud.verbs import VERBS
from osvm_tui.domain.actions import ACTIONS

RULES: dict[str, dict[str, Any]] = {
    rule["id"]: rule
    for rule in json.loads((Path(__file__).parents[2] / "data" / "nova-actions.json").read_text())["actions"]
}
PARAMS: dict[str, dict[str, object]] = {
    "rescue": {"password": "…", "image_id": "…"},
    "rebuild": {"image_id": "…"},
    "resize": {"flavor_id": "…"},
    "create-image": {"name": "…"},
    "create-backup": {"name": "…"},
    "change-password": {"password": "…"},
    "console-output": {"lines": 100},
    "live-migrate-force-complete": {"migration_id": "{mid}"},
    "live-migrate-abort": {"migration_id": "{mid}"},
    "evacuate": {"host": "…"},
    "attach-volume": {"volume_id": "…"},
    "detach-volume": {"volume_id": "{volume_id}"},
    "update-volume-attachment": {"volume_id": "{volume_id}", "delete_on_termination": True},
    "swap-volume": {"volume_id": "{volume_id}", "new_volume_id": "other"},
    "attach-interface": {"network_id": "…"},
    "detach-interface": {"port_id": "{port_id}"},
    "add-floating-ip": {"floating_ip_id": "{fip_id}", "port_id": "…"},
    "remove-floating-ip": {"floating_ip_id": "{fip_id}"},
    "add-security-group": {"security_group": "web"},
    "remove-security-group": {"security_group": "web"},
    "set-metadata": {"metadata": {"k": "v"}},
    "delete-metadata": {"key": "{key}"},
    "set-tags": {"tags": ["a"]},
    "delete-tags": {"tag": "a"},
    "update-server": {"name": "new"},
}
SAID = sorted(VERBS)
HIGHEST = (2, 95)


def test_every_action_has_a_verb_and_no_verb_is_without_action() -> None:
    assert set(VERBS) == set(ACTIONS) - {"create-server"}


@pytest.mark.parametrize("action_id", SAID)
def test_the_request_is_the_one_nova_documents(action_id: str) -> None:
    rule = RULES[action_id]
    call = VERBS[action_id].call("{id}", PARAMS.get(action_id, {}), HIGHEST)
    service, _, path = rule["path"].rpartition(":")
    assert call.method == rule["method"]
    assert call.service == ({"neutron": "network"}.get(service, "compute"))
    assert _comparable(call.path) == _comparable(path)
    assert (json.loads(call.body) if call.body else None) == _documented(rule)


def _comparable(path: str) -> str:
    plain = path.replace("%7B", "{").replace("%7D", "}")
    return plain.replace("[/{tag}]", "").removesuffix("/a")


def _documented(rule: dict[str, Any]) -> Any:
    body = rule["body_example"]
    if rule["id"] == "create-image":
        del body["createImage"]["metadata"]
    if rule["id"] == "update-volume-attachment":
        return {"volumeAttachment": {"volumeId": "{volume_id}", "delete_on_termination": True}}
    return body


@pytest.mark.parametrize("action_id", SAID)
def test_novas_success_code_is_success(action_id: str) -> None:
    success = RULES[action_id]["success"]
    codes = {success["code"], success.get("code_from_2.101", success["code"])}
    wanted = {success["code_collection"]} if action_id == "set-tags" else codes
    assert VERBS[action_id].ok == wanted


@pytest.mark.parametrize("action_id", SAID)
def test_the_first_microversion_that_has_it_is_within_what_is_spoken(action_id: str) -> None:
    assert ACTIONS[action_id].microversion <= VERBS[action_id].microversion


def test_only_reads_may_be_asked_twice() -> None:
    reads = {
        action_id for action_id in SAID if not VERBS[action_id].call("v", PARAMS.get(action_id, {}), HIGHEST).changes
    }
    assert reads == {"console-output", "remote-console", "diagnostics"}


@pytest.mark.parametrize("action_id", sorted(set(SAID) & {"resize", "rebuild", "detach-volume", "set-tags"}))
def test_a_missing_parameter_is_named(action_id: str) -> None:
    with pytest.raises(KeyError):
        VERBS[action_id].call("v", {}, HIGHEST)


def test_a_parameter_cannot_leave_its_place_in_the_path() -> None:
    call = VERBS["delete-metadata"].call("v", {"key": "../../os-x?y=1"}, HIGHEST)
    assert call.path == "/servers/v/metadata/..%2F..%2Fos-x%3Fy%3D1"


@pytest.mark.parametrize(
    ("action_id", "params", "version", "body"),
    [
        ("lock", {"reason": "audit"}, (2, 73), {"lock": {"locked_reason": "audit"}}),
        ("lock", {"reason": "audit"}, (2, 72), {"lock": None}),
        ("update-server", {"name": "n", "description": "d"}, (2, 18), {"server": {"name": "n"}}),
        ("update-server", {"description": ""}, (2, 19), {"server": {"description": None}}),
        ("unshelve", {"availability_zone": "z"}, (2, 77), {"unshelve": {"availability_zone": "z"}}),
        ("unshelve", {"availability_zone": "z"}, (2, 76), {"unshelve": None}),
        ("console-output", {"lines": None}, (2, 93), {"os-getConsoleOutput": {}}),
    ],
)
def test_bodies_follow_the_microversion(
    action_id: str, params: dict[str, object], version: tuple[int, int], body: object
) -> None:
    call = VERBS[action_id].call("v", params, version)
    assert json.loads(call.body) == body
    assert call.microversion == version


@pytest.mark.parametrize("name", ["", ".", ".."])
@pytest.mark.parametrize(("action_id", "param"), [("delete-metadata", "key"), ("delete-tags", "tag")])
def test_a_name_that_would_be_resolved_to_what_stands_above_is_not_sent(action_id: str, param: str, name: str) -> None:
    """`DELETE /servers/ID/metadata/..` reaches Nova as `DELETE /servers/ID/`."""
    with pytest.raises(ValueError, match="no request can name"):
        VERBS[action_id].call("vm", {param: name}, HIGHEST)


def test_dots_and_slashes_within_a_name_stay_in_it() -> None:
    assert VERBS["delete-metadata"].call("vm", {"key": "a/../b"}, HIGHEST).path == "/servers/vm/metadata/a%2F..%2Fb"
    assert VERBS["delete-metadata"].call("vm", {"key": "..."}, HIGHEST).path == "/servers/vm/metadata/..."
