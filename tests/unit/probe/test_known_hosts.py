"""The known-hosts file on a disk: who may read it, what survives, and two writers at once."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from osvm_tui.domain.errors import GuestError
from osvm_tui.domain.known_hosts import host_key
from osvm_tui.probe.known_hosts import KnownHosts


def add_twenty(path: Path, first: int) -> None:
    for number in range(first, first + 20):
        KnownHosts(path).accept([host_key(f"vm-{number}", "ssh-ed25519", b"%d" % number)], "")


def test_it_is_the_owner_s_alone_and_written_whole(tmp_path: Path) -> None:
    known = KnownHosts(tmp_path / "known_hosts")
    assert known.accepted("vm-1") == ()
    key = host_key("vm-1", "ssh-ed25519", b"key")
    known.accept([key], "web-3")
    assert known.accepted("vm-1") == (key,)
    assert stat.S_IMODE(known.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["known_hosts", "known_hosts.lock"]
    assert known.forget("vm-1") == (key,)
    assert known.forget("vm-1") == ()
    assert known.accepted("vm-1") == ()


def test_what_is_accepted_is_told_from_memory_until_the_file_is_read_again(tmp_path: Path) -> None:
    known, other = KnownHosts(tmp_path / "known_hosts"), KnownHosts(tmp_path / "known_hosts")
    key = host_key("vm-1", "ssh-ed25519", b"key")
    other.accept([key], "")
    assert known.accepted("vm-1") == ()
    known.reread()
    assert known.accepted("vm-1") == (key,)
    other.forget("vm-1")
    assert known.accepted("vm-1") == (key,)
    known.reread()
    assert known.accepted("vm-1") == ()
    other.accept([key], "")
    known.reread()
    known.path.unlink()
    assert known.accepted("vm-1") == (key,)
    known.reread()
    assert known.accepted("vm-1") == ()


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=add_twenty, args=(path, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert len(path.read_text().splitlines()) == 40


def test_a_directory_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    known = KnownHosts(tmp_path / "absent" / "known_hosts")
    with pytest.raises(GuestError, match="cannot be written"):
        known.accept([host_key("vm-1", "ssh-ed25519", b"key")], "")
    assert known.accepted("vm-1") == ()
