"""Answers of guests: recorded ones (Debian, and BusyBox in a root of its own), and what is wrong in others."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osvm_tui.domain.errors import ProbeError, ProbeFailed, ProbeUnfit
from osvm_tui.domain.metrics import DiskCounters, Memory, Mount, NicCounters, Reading, Source
from osvm_tui.probe.guest_text import COMMAND, parse_guest

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATA = Path(__file__).parents[2] / "data" / "guest"
DEBIAN = (DATA / "debian.txt").read_text()
ETH0 = NicCounters("eth0", 1203944595, 3078457, 34428, 20261)


def read(text: str, **more: tuple[str, ...]) -> Reading:
    return parse_guest(text, NOON, **more)


def test_a_recorded_answer_is_read_to_the_last_number() -> None:
    one = read(DEBIAN)
    assert (one.at, one.source, one.vcpus) == (NOON, Source.SSH, 2)
    assert one.clock_s == one.uptime_s == float(DEBIAN.splitlines()[1].split()[0])
    assert one.boot_id == "671c1a2b-a3d3-4f67-80ca-276eda27e757"
    ticks = [int(word) for word in DEBIAN.splitlines()[3].split()[1:]]
    assert one.cpu_busy_s == pytest.approx((sum(ticks[:3]) + sum(ticks[5:8])) / 100)
    assert one.cpu_busy_s == pytest.approx(sum(one.core_busy_s), abs=0.1)
    assert [disk.device for disk in one.disks or ()] == ["vda"]
    assert one.nics == (ETH0,)
    assert [mount.path for mount in one.mounts] == ["/"]
    assert one.memory is not None
    assert one.memory.used == one.memory.total - (one.memory.available or 0)


def test_a_login_is_dated_by_the_guests_own_clock_and_only_where_it_keeps_record() -> None:
    # Up for 27,517 s when it was asked; wtmp was written 1,917 s after the boot.
    assert read(DEBIAN).login_at == NOON - timedelta(seconds=27517.27 - 1917)
    assert read((DATA / "busybox.txt").read_text()).login_at is None
    booted = 1795269317
    for written in (booted - 4000, booted + 30000, 2**63):
        assert read(part("logins", str(written))).login_at is None
    assert read(part("logins", str(booted - 5))).login_at is not None


def test_busybox_answers_too() -> None:
    one = read((DATA / "busybox.txt").read_text())
    assert one.memory == Memory(total=24684084 * 1024, available=20684604 * 1024, used=3999480 * 1024)
    assert one.disks == (DiskCounters("vda", 55646066 * 512, 96319328 * 512, 2262072, 2352838),)
    assert (one.nics, one.load, one.mounts) == ((ETH0,), (1.43, 4.14, 4.78), ())


@pytest.mark.parametrize("shell", ["/bin/sh -c", "/bin/bash -c"])
def test_the_command_gives_what_is_read(shell: str) -> None:
    run = subprocess.run([*shell.split(), COMMAND], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert (read(run.stdout).vcpus or 0) >= 1


def test_what_a_login_says_before_is_not_looked_at() -> None:
    assert read(f"Welcome!\n@osvm\n{DEBIAN}") == read(DEBIAN)


def test_loopback_counts_only_when_asked_for() -> None:
    assert [nic.device for nic in read(DEBIAN, also=("lo",)).nics or ()] == ["lo", "eth0"]


def part(name: str, *lines: str) -> str:
    """Return the recorded answer with other lines in one part."""
    head, _, rest = DEBIAN.partition(f"@osvm {name}\n")
    return f"{head}@osvm {name}\n" + "".join(f"{line}\n" for line in lines) + rest[rest.index("@osvm ") :]


def test_without_sysfs_devices_are_told_by_name() -> None:
    text = part("devices", "/sys/block/*/device /sys/class/net/*/device")
    assert [disk.device for disk in read(text).disks or ()] == ["vda"]
    assert read(text).nics == (ETH0,)


DF = (
    "Filesystem     1024-blocks    Used Available Capacity Mounted on",
    "/dev/vda1          4000000 1000000   2800000      27% /",
    "/dev/vda1          4000000 1000000   2800000      27% /var/lib/docker/bind",
    "/dev/sr0               500     500         0     100% /config drive",
    "/dev/loop3           99999   99999         0     100% /snap/core/1",
    "overlay            4000000 1000000   2800000      27% /var/lib/docker/overlay2/x",
    "My Drive           x y z /home/me",
    "tank/home              900     100       800      11% /home",
    "/dev/vdb           8000000 4000000   4000000      50% /srv/my data",
    "/dev/vdc                 0       0         0       - /odd",
)
TABLE = (
    "/dev/vda1 / ext4 rw 0 0",
    r"/dev/sr0 /config\040drive iso9660 ro 0 0",
    "tank/home /home zfs rw 0 0",
    r"/dev/vdb /srv/my\040data xfs rw 0 0",
)


def test_only_real_file_systems_and_each_device_once() -> None:
    text = part("df", *DF).replace("@osvm mounts\n", "@osvm mounts\n" + "".join(f"{line}\n" for line in TABLE))
    assert read(text).mounts == (
        Mount("/", 4000000 * 1024, 1000000 * 1024, 2800000 * 1024),
        Mount("/home", 900 * 1024, 100 * 1024, 800 * 1024),
        Mount("/srv/my data", 8000000 * 1024, 4000000 * 1024, 4000000 * 1024),
    )


def test_an_old_kernel_tells_less() -> None:
    text = part("memory", "MemTotal: 1000 kB", "MemFree: 300 kB", "Buffers: 100 kB", "Cached: 200 kB")
    assert read(text).memory == Memory(total=1024000, available=600 * 1024, used=400 * 1024)
    one = read(part("boot"))
    assert (one.boot_id, read(part("disks")).disks, read(part("nics")).nics) == ("", None, None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it says nothing"),
        ("Please login as the user \x1b[1mdebian\n", "Please login as the user  .1mdebian"),
        (DEBIAN.removesuffix("@osvm end\n"), "cut off"),
        (DEBIAN[: len(DEBIAN) // 2], "cut off"),
        (DEBIAN + DEBIAN, "not in order"),
        (DEBIAN.replace("@osvm boot", "@osvm load"), "not in order"),
        (part("uptime", "nan 1"), "part uptime"),
        (part("uptime", "1e9 1"), "part uptime"),
        (part("boot", "../../etc"), "part boot"),
    ],
    ids=range(9),
)
def test_an_answer_that_makes_no_sense_gives_no_reading(text: str, words: str) -> None:
    with pytest.raises(ProbeFailed, match=words):
        read(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cpu_busy_s", part("stat", "cpu 1 2 3")),
        ("cpu_busy_s", part("stat", "cpu 1 2 3 -4 5")),
        ("cpu_busy_s", part("stat", "cpu 1 2 3 4", "cpux 1 2 3 4")),
        ("cpu_busy_s", part("stat", "cpu 1 2 3 4", *["cpu0 1 2 3 4"] * 1024)),
        ("load", part("load", "0.1 0.2")),
        ("memory", part("memory", "MemTotal: 0 kB")),
        ("memory", part("memory", "MemTotal: 10 kB", "MemAvailable: 11 kB")),
        ("disks", part("disks", "254 0 vda 1 2")),
        ("disks", part("disks", f"254 0 vda {2**64} 0 0 0 0 0 0 0 0 0 0")),
        ("nics", part("nics", "Inter-", " face", "eth0: 1 2 3")),
        ("login_at", part("logins", "yesterday")),
        ("mounts", part("df", DF[0], "/dev/vda1 x 1 2 3% /")),
    ],
    ids=range(12),
)
def test_a_part_that_makes_no_sense_takes_nothing_else_with_it(name: str, text: str) -> None:
    whole, one = read(DEBIAN), read(text)
    assert not getattr(one, name)
    assert one.disks != (), "not told is no zero"
    for other in {"cpu_busy_s", "load", "memory", "disks", "nics", "mounts"} - {name}:
        assert getattr(one, other) == getattr(whole, other)


def test_a_row_that_makes_no_sense_or_is_one_of_thousands_is_left_out() -> None:
    odd = ("/dev/sr1 - - - - /x", "/dev/vdd 100 50 -3 50% /y", *(f"overlay 1 1 1 1% /d/{n}" for n in range(1100)))
    assert [mount.path for mount in read(part("df", *DF, *odd)).mounts] == ["/", "/config drive", "/srv/my data"]
    many = [f" veth{n}: " + " ".join(["1"] * 16) for n in range(1100)]
    assert read(part("nics", "Inter-", " face", *many, " eth0: " + " ".join(["7"] * 16), "eth1: 1 2")).nics == (
        NicCounters("eth0", 7, 7, 7, 7),
    )
    text = part("memory", "MemTotal: 1000 kB", "MemAvailable: 300 kB", "MemOdd: ?")
    assert read(text).memory == Memory(total=1024000, available=300 * 1024, used=700 * 1024)


def test_a_guest_without_proc_is_no_linux() -> None:
    empty = "".join(f"@osvm {line.split()[1]}\n" for line in DEBIAN.splitlines() if line.startswith("@osvm"))
    with pytest.raises(ProbeUnfit, match="only Linux"):
        read(empty)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_damage_gives_a_reading_or_words(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(DEBIAN)))
    text = DEBIAN[:at] + data.draw(st.text(max_size=20)) + DEBIAN[at + data.draw(st.integers(0, 50)) :]
    try:
        one = read(text)
    except ProbeError:
        return
    assert (one.cpu_busy_s or 0) >= 0
    assert all(disk.device.isprintable() for disk in one.disks or ())
