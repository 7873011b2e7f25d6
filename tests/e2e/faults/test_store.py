"""The store's disk is full, may not be written, or the file is damaged: no change without audit, nothing lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.consoles import ConsoleProcess, Told, eventually
from tests.e2e.faults.accounts import settle, stoppable
from tests.e2e.faults.conftest import Stage

ACTION = "/servers/.*/action"


class SmallDisk:
    """A file system of 8 MiB that can be filled and made read-only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no block free."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                return

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink()

    def remount(self, mode: str) -> None:
        """Make it `ro` or `rw`."""
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small file system of its own; mounting one takes root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk takes root")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def refused(console: ConsoleProcess, name: str) -> str:
    """Ask for a stop, which must be refused for the store's sake, and return the reason."""
    with pytest.raises(Told) as told:
        console.submit("stop", name)
    assert told.value.kind in ("StoreReadOnly", "StoreError", "StoreCorrupt")
    return told.value.detail


def test_a_full_disk_refuses_changes_and_keeps_outcomes(disk: SmallDisk, stage: Stage) -> None:
    console = stage.console(state_dir=disk.folder / "state").live()
    vm, other = stoppable(console, 2)
    posts = stage.cloud.count("POST", ACTION, delay=2.0)
    operation = console.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    disk.fill()
    eventually(lambda: console.item(operation).get("state") == "arrived", "followed to its end")
    assert "full" in refused(console, other["name"])
    assert posts.total == 1
    assert console.scope()["state"] == "live"

    disk.free()
    settle(console)
    assert console.ended(console.submit("stop", other["name"])) == ["arrived"]
    assert posts.total == 2
    settle(console)


def test_killed_on_a_full_disk_the_spool_tells_the_rest(disk: SmallDisk, stage: Stage) -> None:
    first = stage.console(state_dir=disk.folder / "state").live()
    (vm,) = stoppable(first)
    posts = stage.cloud.count("POST", ACTION, delay=1.0)
    operation = first.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    disk.fill()
    eventually(lambda: first.item(operation).get("state") == "arrived", "followed to its end")
    first.kill()
    disk.free()
    again = stage.console(operator="ops-2", state_dir=disk.folder / "state").live()
    eventually(lambda: again.item(operation).get("state") == "arrived", "read from the spool")
    assert posts.total == 1
    settle(again)


def test_neither_store_nor_spool_takes_an_outcome(stage: Stage) -> None:
    console = stage.console().live()
    vm, other = stoppable(console, 2)
    posts = stage.cloud.count("POST", ACTION, delay=2.0)
    operation = console.submit("stop", vm["name"])
    eventually(lambda: posts.total == 1, "the cloud has the request")
    console.ask("limit_files", size=1)
    eventually(lambda: console.item(operation).get("state") == "arrived", "followed to its end")
    refused(console, other["name"])
    assert posts.total == 1
    assert any("it is kept" in text for text in console.notices())
    console.ask("limit_files", size=None)
    settle(console)


def test_a_read_only_store_shows_the_fleet_and_refuses_changes(disk: SmallDisk, stage: Stage) -> None:
    state = disk.folder / "state"
    console = stage.console(state_dir=state).live()
    (vm,) = stoppable(console)
    console.close()
    disk.remount("ro")
    posts = stage.cloud.count("POST", ACTION)
    again = stage.console(operator="ops-2", state_dir=state).live()
    assert refused(again, vm["name"])
    health = again.ask("health")
    assert health["store"]["writable"] is False
    assert [check["ok"] for check in health["checks"] if check["name"] == "store"] == [False]
    assert posts.total == 0
    assert len(again.ask("audit")) >= 2

    disk.remount("rw")
    eventually(lambda: again.ask("health")["store"]["writable"], "writable again", 10)
    assert again.ended(again.submit("stop", vm["name"])) == ["arrived"]
    settle(again)


@pytest.mark.parametrize("harm", ["header", "middle", "cut"])
def test_a_damaged_store_is_set_aside_and_told(stage: Stage, harm: str) -> None:
    console = stage.console().live()
    vm, other = stoppable(console, 2)
    assert console.ended(console.submit("stop", vm["name"])) == ["arrived"]
    console.close()
    file = stage.state_dir / "osvm.db"
    damage(file, harm)
    broken = file.read_bytes()

    again = stage.console(operator="ops-2").live()
    eventually(lambda: any("set aside" in text for text in again.notices()), "told that it was set aside", 10)
    (kept,) = stage.state_dir.glob("osvm.db.damaged-*[0-9]Z")
    assert kept.read_bytes() == broken
    assert again.ended(again.submit("stop", other["name"])) == ["arrived"]
    notice = [row for row in again.ask("audit") if row["phase"] == "notice"]
    assert kept.name in notice[0]["detail"]
    settle(again)


def test_a_store_damaged_under_a_running_console_is_told_and_the_console_runs_on(stage: Stage) -> None:
    console = stage.console().live()
    (vm,) = stoppable(console)
    posts = stage.cloud.count("POST", ACTION)
    file = stage.state_dir / "osvm.db"
    for suffix, byte in (("", b"\xff"), ("-wal", b"\xff"), ("-shm", b"\0")):
        overwrite(file.with_name(file.name + suffix), byte)
    sent = until_refused(console, vm["name"])
    assert posts.total == sent
    assert console.scope()["state"] == "live"
    checks = [check for check in console.ask("health")["checks"] if check["name"] == "store"]
    assert [check["ok"] for check in checks] == [False]
    assert "restart" in checks[0]["detail"]
    console.kill()
    lay = {file.name: file.read_bytes() for file in (file, file.with_name("osvm.db-wal"))}
    again = stage.console(operator="ops-2").live()
    eventually(lambda: any("damage" in text for text in again.notices()), "told what became of the file", 10)
    (kept,) = stage.state_dir.glob("osvm.db.suspect-*[0-9]Z")
    assert {file.name: kept.with_name(kept.name + file.name[7:]).read_bytes() for file in map(Path, lay)} == lay
    assert kept.name in " ".join(again.notices()) or list(stage.state_dir.glob("osvm.db.damaged-*"))
    assert again.ended(again.submit("stop", vm["name"])) == ["arrived"]
    settle(again)


def until_refused(console: ConsoleProcess, name: str) -> int:
    """Lock and unlock for as long as pages in memory hide the damage; return how often that went through."""
    for sent in range(40):
        try:
            operation = console.submit(("lock", "unlock")[sent % 2], name)
        except Told as told:
            if told.kind == "StoreCorrupt":
                return sent
            raise
        console.ended(operation)
    raise AssertionError("the damage is never seen")


def overwrite(file: Path, byte: bytes) -> None:
    """Fill a file with one byte, in place: SQLite has it open and its log's index in memory."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.write(byte * size)


def damage(file: Path, harm: str) -> None:
    """Spoil a SQLite file: its header, its middle pages, or its end."""
    size = file.stat().st_size
    if harm == "cut":
        os.truncate(file, size // 2)
        return
    with file.open("r+b") as opened:
        opened.seek(0 if harm == "header" else 4096)
        opened.write(os.urandom(100 if harm == "header" else size - 4096))
