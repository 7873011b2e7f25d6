"""What is remembered from one start to the next, and what happens when nothing can be remembered."""

from __future__ import annotations

from pathlib import Path

from osvm_tui.ui.memory import Memory, PlaceMemory

KEPT = PlaceMemory(filter="status=ERROR", sort="age", descending=True, wide=True, columns=("name", "ip"))


async def test_what_is_kept_is_there_at_the_next_start(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "new")
    memory.put("fleet", "prod", KEPT)
    await memory.save()
    again = Memory(tmp_path / "new")
    assert again.of("fleet", "prod") == KEPT
    assert again.of("fleet", "lab") == PlaceMemory()


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.add_command("audit")
    await memory.save()
    assert (tmp_path / "places.json").stat().st_mode & 0o777 == 0o600


async def test_a_damaged_file_is_an_empty_memory(tmp_path: Path) -> None:
    (tmp_path / "places.json").write_text('{"fleet prod": [1, 2')
    memory = Memory(tmp_path)
    assert memory.of("fleet", "prod") == PlaceMemory()
    memory.put("fleet", "prod", KEPT)
    await memory.save()
    assert Memory(tmp_path).of("fleet", "prod") == KEPT


async def test_a_directory_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    memory = Memory(blocked)
    memory.put("fleet", "prod", KEPT)
    await memory.save()
    assert memory.of("fleet", "prod") == KEPT


async def test_without_a_directory_it_remembers_until_the_end(tmp_path: Path) -> None:
    memory = Memory(None)
    memory.put("fleet", "prod", KEPT)
    await memory.save()
    assert memory.of("fleet", "prod") == KEPT
    assert list(tmp_path.iterdir()) == []


async def test_two_consoles_keep_what_the_other_has_remembered(tmp_path: Path) -> None:
    one, other = Memory(tmp_path), Memory(tmp_path)
    one.put("fleet", "prod", KEPT)
    one.add_command("audit")
    one.save_filter("fleet", "red", "status=ERROR")
    await one.save()
    other.put("fleet", "lab", KEPT)
    other.add_command("health")
    await other.save()
    again = Memory(tmp_path)
    assert again.of("fleet", "prod") == again.of("fleet", "lab") == KEPT
    assert again.commands == ("audit", "health")
    assert again.filters("fleet") == {"red": "status=ERROR"}


async def test_a_line_given_again_moves_to_the_end_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for line in ("audit", "health", "audit", *(f"vm {n}" for n in range(250))):
        memory.add_command(line)
    await memory.save()
    kept = Memory(tmp_path).commands
    assert kept == memory.commands
    assert len(kept) == 200
    assert kept[-1] == "vm 249"
    assert len(set(kept)) == len(kept)


async def test_a_saved_filter_can_be_taken_away(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.save_filter("fleet", "red", "status=ERROR")
    memory.save_filter("fleet", "red", "")
    await memory.save()
    assert Memory(tmp_path).filters("fleet") == {}
