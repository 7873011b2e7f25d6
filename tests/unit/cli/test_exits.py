"""Exit codes: what scripts rely on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from osvm_tui.cli.exits import Exit, exit_of_error, exit_of_items, tell
from osvm_tui.domain.errors import (
    Ambiguous,
    AnswerLost,
    CertificateError,
    ConfigError,
    Conflict,
    OsvmError,
    Refused,
    StoreReadOnly,
    Unauthorized,
    Unknown,
    Unreachable,
)
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.domain.vm import VmRef


def item(state: ItemState) -> OperationItem:
    return OperationItem(
        id="i", operation_id="o", action_id="stop", ref=VmRef("e", "v"), vm_name="web", entry="mock", scope_key="s",
        operator="ops-1", state=state, planned_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("no"), 3),
        (Unreachable("no route"), 4),
        (CertificateError("expired"), 4),
        (AnswerLost("cut"), 7),
        (Ambiguous("two", ("a", "b")), 5),
        (Unknown("who"), 1),
        (ConfigError("line 3"), 1),
        (Unauthorized("password"), 1),
        (Conflict("busy"), 1),
        (StoreReadOnly("disk full"), 1),
    ],
)
def test_the_code_of_an_error(error: OsvmError, code: int) -> None:
    assert exit_of_error(error) == code


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ItemState.ARRIVED, 0),
        (ItemState.FAILED, 1),
        (ItemState.GONE, 1),
        (ItemState.CANCELLED, 1),
        (ItemState.REFUSED, 3),
        (ItemState.SENT, 6),
        (ItemState.LATE, 6),
        (ItemState.UNCONFIRMED, 7),
        (ItemState.SENDING, 7),
        (ItemState.PLANNED, 7),
    ],
)
def test_the_code_of_an_item(state: ItemState, code: int) -> None:
    assert exit_of_items([item(state)]) == code


def test_the_worst_item_decides() -> None:
    assert exit_of_items(map(item, (ItemState.ARRIVED, ItemState.LATE, ItemState.FAILED))) is Exit.FAILED
    assert exit_of_items(map(item, (ItemState.ARRIVED, ItemState.LATE, ItemState.UNCONFIRMED))) is Exit.UNCONFIRMED
    assert exit_of_items([]) is Exit.DONE


def test_an_error_is_a_sentence_and_a_way_on(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Ambiguous("2 VMs are called web", ("id-1", "id-2")))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["osvm: 2 VMs are called web", "  id-1", "  id-2", "hint: use the id"]
