"""What places remember, and what they do when nothing can be remembered."""

from __future__ import annotations

from pathlib import Path

from osvm_tui.ui.memory import Memory, PlaceMemory

KEPT = PlaceMemory(filter="status=ERROR", sort="age", descending=True, wide=True)


async def test_what_is_kept_is_there_at_the_next_start(tmp_path: Path) -> None:
    await Memory(tmp_path / "new").keep("fleet", "prod", KEPT)
    again = Memory(tmp_path / "new")
    assert again.of("fleet", "prod") == KEPT
    assert again.of("fleet", "lab") == PlaceMemory()


async def test_a_damaged_file_is_an_empty_memory(tmp_path: Path) -> None:
    (tmp_path / "places.json").write_text('{"fleet prod": [1, 2')
    memory = Memory(tmp_path)
    assert memory.of("fleet", "prod") == PlaceMemory()
    await memory.keep("fleet", "prod", KEPT)
    assert Memory(tmp_path).of("fleet", "prod") == KEPT


async def test_a_directory_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    memory = Memory(blocked)
    await memory.keep("fleet", "prod", KEPT)
    assert memory.of("fleet", "prod") == KEPT


async def test_without_a_directory_it_remembers_until_the_end(tmp_path: Path) -> None:
    memory = Memory(None)
    await memory.keep("fleet", "prod", KEPT)
    assert memory.of("fleet", "prod") == KEPT
    assert list(tmp_path.iterdir()) == []
