"""What is given with an action is read as its kind, or refused in a sentence that names the parameter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from osvm_tui.domain.action import Param
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.parameters import expanded, parsed, secrets


def read(action: str, **given: object) -> dict[str, object]:
    """Read what is given with an action of the table."""
    spec = ACTIONS[action]
    return parsed(spec.params, given, verb=spec.label, edits=spec.edits)


@pytest.mark.parametrize(
    ("action", "given", "sent"),
    [
        ("stop", {}, {}),
        ("create-backup", {"name": "{name}-b", "rotation": "3"},
         {"name": "{name}-b", "backup_type": "daily", "rotation": 3}),
        ("set-metadata", {"metadata": "role=web, env=a=b"}, {"metadata": {"role": "web", "env": "a=b"}}),
        ("set-metadata", {"metadata": {"role": "web"}}, {"metadata": {"role": "web"}}),
        ("set-tags", {"tags": "a, b,,a"}, {"tags": ["a", "b"]}),
        ("set-tags", {"tags": []}, {"tags": []}),
        ("update-server", {"name": "", "description": ""}, {"description": ""}),
        ("update-server", {"name": "web-9"}, {"name": "web-9"}),
        ("update-volume-attachment", {"volume_id": "v", "delete_on_termination": "no"},
         {"volume_id": "v", "delete_on_termination": False}),
        ("update-volume-attachment", {"volume_id": "v", "delete_on_termination": True},
         {"volume_id": "v", "delete_on_termination": True}),
        ("change-password", {"password": " s p "}, {"password": " s p "}),
        ("rescue", {"image_id": ""}, {}),
    ],
)  # fmt: skip
def test_text_is_read_as_the_kind_of_its_parameter(
    action: str, given: dict[str, object], sent: dict[str, object]
) -> None:
    assert read(action, **given) == sent


@pytest.mark.parametrize(
    ("action", "given", "sentence"),
    [
        ("rebuild", {}, "rebuild needs image: what is written on the disk"),
        ("rebuild", {"image_id": "  "}, "rebuild needs image"),
        ("create-backup", {"rotation": "many"}, "rotation is a whole number, not many"),
        ("create-backup", {"rotation": True}, "rotation is a whole number, not True"),
        ("create-backup", {"backup_type": "hourly"}, "backup type is one of daily, weekly, not hourly"),
        ("set-metadata", {"metadata": "role"}, "metadata is key=value, not role"),
        ("set-metadata", {"metadata": {}}, "set metadata needs metadata"),
        ("set-tags", {"tags": 7}, "tags is a text separated by commas, not 7"),
        ("update-server", {}, "rename needs name or description"),
        ("update-server", {"name": ""}, "rename needs name or description"),
        ("stop", {"force": True}, "stop has no parameter force"),
        ("change-password", {}, "set password needs password"),
        ("update-volume-attachment", {"volume_id": "v", "delete_on_termination": "perhaps"},
         "delete on termination is yes or no, not perhaps"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_by_name(action: str, given: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(action, **given)
    assert refusal.value.detail.startswith(sentence)


def test_a_name_is_filled_in_for_each_vm_and_the_day_is_that_of_the_request() -> None:
    params = (Param("name"), Param("password", "secret"))
    late = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(-timedelta(hours=2)))
    given = {"name": "{name}-{date}", "password": "{name}"}
    assert expanded(params, given, "web-1", late) == {"name": "web-1-2026-03-02", "password": "{name}"}
    assert expanded(params, given, "db", datetime(2026, 3, 1, tzinfo=UTC))["name"] == "db-2026-03-01"


def test_secrets_are_told_by_their_kind() -> None:
    assert secrets(ACTIONS["change-password"].params) == {"password"}
