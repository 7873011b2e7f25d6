"""The spool file: what `append` has acknowledged is there, whatever happens to the process or the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from osvm_tui.domain.operations import ItemState
from osvm_tui.store.spool import RESERVE_BYTES, Spool, SpoolRecord, read_spool
from tests.contract.store.samples import an_entry, an_item


def a_record(number: int = 1) -> SpoolRecord:
    """Return a record with an item's move."""
    return SpoolRecord(
        batch=f"batch-{number}",
        entries=(an_entry("arrived", detail="ünï\nline"),),
        item=an_item(number, state=ItemState.ARRIVED),
        expected=frozenset({ItemState.SENT, ItemState.LATE}),
        owner="one",
    )


def leave(folder: Path, count: int) -> Path:
    """Write records as a process that then dies, and return its file."""
    spool = Spool(folder)
    for number in range(count):
        spool.append(a_record(number))
    spool.waiting = 1
    spool.close()
    (path,) = folder.glob("audit-spool-*")
    return path


def test_records_come_back_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        spool.append(a_record(number))
    assert spool.records() == tuple(a_record(number) for number in range(3))
    assert (spool.waiting, spool.waiting_everywhere()) == (3, 3)
    spool.close()


def test_an_empty_spool_leaves_no_file_and_a_full_one_does(tmp_path: Path) -> None:
    empty = Spool(tmp_path)
    empty.open()
    empty.close()
    assert list(tmp_path.iterdir()) == []
    assert leave(tmp_path, 1).exists()


def test_the_file_is_private_and_has_its_reserve(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new")
    spool.open()
    (path,) = (tmp_path / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_blocks * 512 >= RESERVE_BYTES
    spool.close()


def test_after_clearing_it_starts_over(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(a_record(1))
    spool.clear()
    assert spool.records() == ()
    spool.append(a_record(2))
    assert spool.records() == (a_record(2),)
    spool.close()


def test_a_living_processes_file_is_left_alone(tmp_path: Path) -> None:
    one, two = Spool(tmp_path), Spool(tmp_path)
    one.append(a_record())
    assert two.orphans() == []
    assert two.waiting_everywhere() == 1
    one.close()
    (orphan,) = two.orphans()
    assert orphan.content.records == (a_record(),)
    assert Spool(tmp_path).orphans() == []
    orphan.close(replayed=False)
    (again,) = two.orphans()
    again.close(replayed=True)
    assert list(tmp_path.iterdir()) == []


def test_a_torn_last_line_does_not_count(tmp_path: Path) -> None:
    path = leave(tmp_path, 3)
    text = path.read_bytes().rstrip(b"\0")
    path.write_bytes(text[:-10])
    found = read_spool(path)
    assert (len(found.records), found.damage) == (2, "")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [lines[0], lines[1].replace(b"ops-1", b"ops-2"), lines[2]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], b"{}", lines[2]],
        lambda lines: [lines[0], lines[2], lines[1]],
    ],
)
def test_a_changed_line_ends_what_is_believed_and_the_file_is_kept(tmp_path: Path, spoil: object) -> None:
    path = leave(tmp_path, 3)
    lines = path.read_bytes().rstrip(b"\0").split(b"\n")[:-1]
    path.write_bytes(b"\n".join(spoil(lines)) + b"\n")  # type: ignore[operator]
    found = read_spool(path)
    assert len(found.records) == 1
    assert "line 2" in found.damage
    (orphan,) = Spool(tmp_path).orphans()
    orphan.close(replayed=True)
    assert [left.suffix for left in tmp_path.iterdir()] == [".damaged"]


def test_a_spool_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="File exists"):
        Spool(tmp_path / "file" / "spool").append(a_record())
