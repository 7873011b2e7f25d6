"""`osvm store`: a store is made or brought to this console's schema."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Osvm


def test_upgrading_twice_changes_nothing(osvm: Osvm) -> None:
    for _ in range(2):
        told = osvm("store upgrade")
        assert (told.code, told.err) == (0, "")
        assert "osvm.db" in told.out
    assert osvm("audit verify").code == 0


def test_a_store_that_cannot_be_reached_is_one_sentence_without_its_password(
    osvm: Osvm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSVM_STORE__URL", "postgresql+asyncpg://ops:hunter2@127.0.0.1:1/osvm")
    for line in ("store upgrade", "audit list", "vm stop web-01 --mock"):
        told = osvm(line)
        assert told.code == 1, line
        assert told.err.startswith("osvm: ")
        assert "internal error" not in told.err
        assert "hunter2" not in told.err
