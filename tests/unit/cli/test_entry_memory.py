"""What is remembered of clouds.yaml, and when it is forgotten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from osvm_tui.cli.entry_memory import EntryMemory


class Loader:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> tuple[str, ...]:
        self.asked += 1
        return ("prod", "lab")


def test_an_answer_is_asked_for_once(bare: Path) -> None:
    loader = Loader()
    for _ in range(3):
        assert EntryMemory(bare / "entries.json", {}).names(loader) == ("prod", "lab")
    assert loader.asked == 1


def test_an_entry_that_needs_nothing_is_remembered(bare: Path) -> None:
    memory = EntryMemory(bare / "entries.json", {})
    assert not memory.silent("prod")
    memory.note_silent("prod")
    again = EntryMemory(bare / "entries.json", {})
    assert again.silent("prod")
    assert not again.silent("lab")


@pytest.mark.parametrize("name", ["clouds.yaml", "secure.yaml", "clouds-public.yml"])
def test_a_file_that_appears_or_changes_is_asked_again(bare: Path, name: str) -> None:
    loader, kept = Loader(), bare / "entries.json"
    EntryMemory(kept, {}).names(loader)
    (bare / name).write_text("clouds: {}\n")
    EntryMemory(kept, {}).names(loader)
    (bare / name).write_text("clouds: {a: {}}\n")
    EntryMemory(kept, {}).names(loader)
    (bare / name).unlink()
    EntryMemory(kept, {}).names(loader)
    assert loader.asked == 4


@pytest.mark.parametrize(
    "environ",
    [{"OS_PASSWORD": "x"}, {"OS_CLOUD": "lab"}, {"OS_CLIENT_CONFIG_FILE": "elsewhere.yaml"}, {"OS_AUTH_TYPE": "token"}],
)
def test_a_variable_of_the_loader_is_asked_again(bare: Path, environ: dict[str, str]) -> None:
    loader, kept = Loader(), bare / "entries.json"
    EntryMemory(kept, {}).names(loader)
    EntryMemory(kept, environ).names(loader)
    assert loader.asked == 2


def test_no_credential_is_written_down_and_not_even_its_hash(bare: Path) -> None:
    kept = bare / "entries.json"
    EntryMemory(kept, {"OS_PASSWORD": "hunter2"}).names(Loader())
    first = kept.read_text()
    EntryMemory(kept, {"OS_PASSWORD": "other"}).names(Loader())
    assert kept.read_text() == first


def test_a_damaged_memory_is_asked_again(bare: Path) -> None:
    loader, kept = Loader(), bare / "entries.json"
    kept.write_text('{"names": 3}')
    assert EntryMemory(kept, {}).names(loader) == ("prod", "lab")


TELL = """
import os
from openstack.config import loader
from osvm_tui.cli.entry_memory import watched_files
watched = {str(path) for path in watched_files(os.environ)}
print(*{*loader.CONFIG_FILES, *loader.SECURE_FILES, *loader.VENDOR_FILES} - watched)
"""


def test_every_file_that_the_loader_reads_is_watched(bare: Path) -> None:
    run = subprocess.run([sys.executable, "-c", TELL], cwd=bare, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
