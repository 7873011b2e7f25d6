"""What people do about key pairs: make one and keep its private half, which is shown once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.journeys.conftest import Journey


async def test_make_a_key_pair_and_save_its_private_half(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    async with journey() as op:
        await op.go("keypair")
        await op.sees("lab-key")
        await op.press("N")
        await op.type("night")
        await op.press("enter")
        await op.sees("PRIVATE KEY")
        await op.press("enter", "enter", "escape")
        await op.misses("PRIVATE KEY")
        await op.reads(op.mine.keypairs, lambda keys: "night" in [key.name for key in keys])
    kept = tmp_path / ".ssh" / "night.pem"
    assert "PRIVATE KEY" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


async def test_a_key_pair_of_the_same_name_is_not_made(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.keypairs()
        await op.go("keypair")
        await op.sees("lab-key")
        await op.press("N")
        await op.type("lab-key")
        await op.press("enter")
        await op.sees("name  lab-key", "already exists")
        assert await op.mine.keypairs() == before


async def test_forget_a_key_pair(journey: Journey) -> None:
    async with journey() as op:
        await op.go("keypair laptop")
        await op.sees("1 of", "laptop")
        await op.press("ctrl+d")
        await op.type("laptop")
        await op.press("enter")
        await op.reads(op.mine.keypairs, lambda keys: "laptop" not in [key.name for key in keys])


async def test_a_private_key_that_nobody_has_is_not_closed_by_a_slip(journey: Journey) -> None:
    async with journey() as op:
        await op.go("keypair")
        await op.sees("lab-key")
        await op.press("N")
        await op.type("night")
        await op.press("enter")
        await op.sees("PRIVATE KEY")
        await op.press("escape")
        await op.sees("PRIVATE KEY", "neither saved nor copied")
        assert not op.app.clipboard
