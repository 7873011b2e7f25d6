"""What one shell command asks a Linux guest for, and the strict, bounded way from its answer to a `Reading`.

The command is POSIX sh and runs on BusyBox; any login shell can start it. What a guest answers is believed of itself
only: sizes, counts and names have bounds. A row or a part that makes no sense is not told; an answer that is cut off,
or does not say when the guest was booted, gives no reading at all.
Knows no SSH. Formats: proc(5), Documentation/admin-guide/iostats.rst of the kernel, df -P of POSIX.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar

from osvm_tui.domain.errors import ProbeFailed, ProbeUnfit
from osvm_tui.domain.metrics import DiskCounters, Memory, Mount, NicCounters, Reading, Source

MARK = "@osvm "
_SECTIONS = ("uptime", "stat", "boot", "load", "memory", "disks", "nics", "devices", "mounts", "df", "logins", "end")
_SCRIPT = (
    "LC_ALL=C; PATH=/usr/bin:/bin:/usr/sbin:/sbin; export LC_ALL PATH; "
    f'm() {{ echo "{MARK}$1"; }}; one() {{ l=; read -r l <$1 && put "$l"; }}; '
    # Gathered first: one packet to send and to decrypt instead of a dozen. echo would read backslashes.
    'put() { printf "%s\\n" "$1"; }; put "$({ '
    "m uptime; one /proc/uptime; "
    'm stat; grep -E "^(cpu|btime)" /proc/stat; '
    "m boot; one /proc/sys/kernel/random/boot_id; "
    "m load; one /proc/loadavg; "
    'm memory; grep -E "^(Mem|Buffers|Cached)" /proc/meminfo; '
    "m disks; cat /proc/diskstats; "
    "m nics; cat /proc/net/dev; "
    "m devices; echo /sys/block/*/device /sys/class/net/*/device; "
    'm mounts; grep -E "^/dev/| zfs " /proc/mounts; '
    # Without -l (not known to BusyBox) one dead NFS server would hang it for ever.
    'm df; d=$(df -kPl) || [ -n "$d" ] || d=$(df -kP); put "$d"; '
    # Written at each login on a terminal and at each boot; what we are doing here is none (OpenSSH's session.c).
    "m logins; stat -c %Y /var/log/wtmp; "
    'm end; } 2>/dev/null)"'
)
COMMAND = f"exec /bin/sh -c '{_SCRIPT}'"
"""One round trip: about 8 short processes in the guest."""

_HZ = 100
"""USER_HZ, what /proc/stat counts in, on every architecture that OpenStack runs (time(7))."""
_SECTOR = 512
_BOOTED = "btime "
_STEPPED_S, _CENTURY_S = 3600, 36525 * 86400
"""By so much a guest's clock may be set after its boot was noted; nothing is up for a century."""
_MOST = 1024
"""Cores, devices or mounts; more than this is no guest."""
_NEEDED = ("uptime", "boot")
"""Without these a restart of the guest would look like work."""
_log = logging.getLogger("osvm.monitor")
_WHOLE = re.compile(r"\d{1,20}")
_DECIMAL = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
_BOOT_ID = re.compile(r"[0-9a-f-]{36}")
_IMAGES = frozenset({"squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf"})
"""Always full: snaps, config drives, install media."""
_NO_DISK = re.compile(r"(sr|fd|loop|ram|zram|nbd|dm-|md)\d+")
_A_DISK = re.compile(r"[shv]d[a-z]+|xvd[a-z]+|(nvme\d+n|mmcblk|vblk)\d+")
_NO_NIC = re.compile(
    r"lo|(veth|tap|tun|vnet|docker|br-|virbr|cni|flannel|cali|cilium|lxc|lxd|kube|nodelocaldns|wg|bond|team|ifb|dummy|sit"
    r"|gre|ip6|ovs-|vxlan).*|.*\.\d+"
)
T = TypeVar("T")


def parse_guest(text: str, at: datetime, *, also: Collection[str] = ()) -> Reading:
    """Return what a guest answered to COMMAND; whatever stands before its first mark is not looked at.

    Devices: whole disks and network interfaces with hardware (virtual too) behind them, so that nothing is counted
    twice; where sysfs tells none, by name. `also`: interfaces to count beside those. File systems: those on block
    devices or ZFS, each device once. Raises ProbeFailed for an answer that makes no sense, ProbeUnfit for no Linux.
    """
    found = _sections(text)
    if not found["uptime"] and not found["stat"]:
        raise ProbeUnfit("the guest shows no /proc: only Linux guests are read by SSH")
    cores = _section("stat", found, lambda lines: _cpu([line for line in lines if not line.startswith(_BOOTED)]))
    clock = _section("uptime", found, lambda lines: _decimal(lines[0].split()[0]))
    blocks, nics = _hardware(found["devices"])
    return Reading(
        at=at, source=Source.SSH, clock_s=clock, uptime_s=clock, boot_id=_section("boot", found, _boot_id) or "",
        vcpus=len(cores) - 1 if cores else None, cpu_busy_s=cores[0] if cores else None,
        core_busy_s=cores[1:] if cores else (), load=_section("load", found, _load),
        memory=_section("memory", found, _memory),
        mounts=_section("df", found, lambda lines: _mounts(lines, found["mounts"])) or (),
        disks=_section("disks", found, lambda lines: _disks(lines, blocks)),
        nics=_section("nics", found, lambda lines: _nics(lines, nics, frozenset(also))),
        login_at=_section("logins", found, lambda lines: _login(lines, found["stat"], clock, at)),
    )  # fmt: skip


def _sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    here: list[str] = []
    for line in text[max(0, text.find(f"{MARK}{_SECTIONS[0]}\n")) :].split("\n"):
        if line.startswith(MARK):
            name = line.removeprefix(MARK)
            if len(found) == len(_SECTIONS) or name != _SECTIONS[len(found)]:
                _no_sense("its parts are not in order")
            here = found[name] = []
        elif line.strip():
            here.append(line)
    if not found:
        raise ProbeFailed(f"the guest runs no command for us: {_words(text)}")
    if len(found) != len(_SECTIONS):
        _no_sense("it is cut off")
    return found


def _section(name: str, found: dict[str, list[str]], read: Callable[[list[str]], T]) -> T | None:
    """Read one part; None where the guest has no such file, or tells what makes no sense."""
    lines = found[name]
    if not lines:
        return None
    try:
        return read(lines)
    except (ValueError, IndexError):
        if name in _NEEDED:
            _no_sense(f"its part {name} cannot be read")
        _log.info("not told", extra={"detail": f"a guest's part {name} cannot be read"})
        return None


def _cpu(lines: list[str]) -> tuple[float, ...]:
    """Return seconds of work: of all cores, then of each. Stolen time counts, as for top(1) and psutil."""
    words = [_bounded(line.split()) for line in _bounded(lines)]
    if words[0][0] != "cpu" or any(re.fullmatch(r"cpu\d{1,4}", row[0]) is None for row in words[1:]):
        raise ValueError
    return tuple(_busy(row[1:]) for row in words)


def _busy(fields: Sequence[str]) -> float:
    # user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user already
    ticks = [_whole(field) for field in fields[:8]]
    if len(ticks) < 4:
        raise ValueError
    return (sum(ticks) - sum(ticks[3:5])) / _HZ


def _boot_id(lines: list[str]) -> str:
    if _BOOT_ID.fullmatch(lines[0]) is None:
        raise ValueError
    return lines[0]


def _login(lines: list[str], stat: list[str], clock_s: float | None, at: datetime) -> datetime | None:
    """Return when wtmp was last written, by the console's clock; None where it is not kept: the boot is not in it."""
    booted = next((_whole(line.split()[1]) for line in stat if line.startswith(_BOOTED)), None)
    if booted is None or clock_s is None:
        return None
    age_s = booted + clock_s - _whole(lines[0])
    return at - timedelta(seconds=age_s) if 0 <= age_s <= min(clock_s + _STEPPED_S, _CENTURY_S) else None


def _load(lines: list[str]) -> tuple[float, float, float]:
    one, five, fifteen = (_decimal(word) for word in lines[0].split()[:3])
    return one, five, fifteen


def _memory(lines: list[str]) -> Memory:
    kib = dict(_rows(lines, lambda line: (line.split()[0].rstrip(":"), _whole(line.split()[1]))))
    total = kib.get("MemTotal", 0)
    # Kernels before 3.14 do not tell what is available.
    available = kib.get("MemAvailable", sum(kib.get(name, 0) for name in ("MemFree", "Buffers", "Cached")))
    if total <= 0 or available > total:
        raise ValueError
    return Memory(total=total * 1024, available=available * 1024, used=(total - available) * 1024)


def _hardware(lines: list[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of block devices and of interfaces that have a device behind them."""
    paths = [word.split("/") for line in lines for word in line.split()]
    named = [path for path in paths if len(path) > 3 and "*" not in path]
    blocks = frozenset(path[3].replace("!", "/") for path in named if path[2] == "block")
    return blocks, frozenset(path[4] for path in named if path[2] == "class" and len(path) > 4)


def _disks(lines: list[str], hardware: Collection[str]) -> tuple[DiskCounters, ...]:
    def disk(line: str) -> DiskCounters | None:
        row = line.split()
        if _NO_DISK.fullmatch(row[2]) or not (row[2] in hardware if hardware else _A_DISK.fullmatch(row[2])):
            return None
        bytes_read, bytes_written = _whole(row[5]) * _SECTOR, _whole(row[9]) * _SECTOR
        return DiskCounters(_name(row[2]), bytes_read, bytes_written, _whole(row[3]), _whole(row[7]))

    return _rows(lines, disk)


def _nics(lines: list[str], hardware: Collection[str], also: Collection[str]) -> tuple[NicCounters, ...]:
    def nic(line: str) -> NicCounters | None:
        device, colon, rest = line.strip().rpartition(":")
        counted = [_whole(word) for word in rest.split()]
        if not colon or len(counted) < 16:
            raise ValueError
        real = device in hardware if hardware else not _NO_NIC.fullmatch(device)
        if device not in also and (not real or device == "lo"):
            return None
        return NicCounters(_name(device), counted[0], counted[8], counted[1], counted[9])

    return _rows(lines[2:], nic)


def _mounts(lines: list[str], table: list[str]) -> tuple[Mount, ...]:
    kinds = {_unescaped(row[1]): row[2] for line in table if len(row := line.split()) > 2}

    def mounted(line: str) -> tuple[str, Mount] | None:
        # File systems of other kinds may have spaces in their names and no sizes: not ours to understand.
        kind = kinds.get(line.split("% ", 1)[-1].strip(), "")
        if not (line.startswith("/dev/") or kind == "zfs") or line.startswith("/dev/loop") or kind in _IMAGES:
            return None
        device, size, used, available, _, path = line.split(None, 5)
        mount = Mount(path, _whole(size) * 1024, _whole(used) * 1024, _whole(available) * 1024)
        return (device, mount) if mount.size and _is_plain(path) else None

    found: dict[str, Mount] = {}
    for device, mount in _rows(lines[1:], mounted):
        known = found.get(device)
        if known is None or len(mount.path) < len(known.path):
            found[device] = mount
    return tuple(sorted(found.values(), key=lambda mount: mount.path))


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path)


def _rows(lines: Iterable[str], read: Callable[[str], T | None]) -> tuple[T, ...]:
    """Return what rows tell, bounded; one that makes no sense is left out. ValueError when that is all of them."""
    found: list[T] = []
    odd = False
    for line in lines:
        try:
            one = read(line)
        except (ValueError, IndexError):
            odd = True
            continue
        if one is not None and len(found) < _MOST:
            found.append(one)
    if odd and not found:
        raise ValueError
    return tuple(found)


def _bounded(lines: list[str]) -> list[str]:
    if len(lines) > _MOST:
        raise ValueError
    return lines


def _whole(text: str) -> int:
    if _WHOLE.fullmatch(text) is None or (number := int(text)) >= 2**64:
        raise ValueError
    return number


def _decimal(text: str) -> float:
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError
    return float(text)


def _name(text: str) -> str:
    if not _is_plain(text) or len(text) > 64:
        raise ValueError
    return text


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= 256 and text.isprintable()


def _words(text: str) -> str:
    """Return the first line of what a guest said instead, fit to be shown."""
    line: Iterable[str] = next((line for line in text.splitlines() if line.strip()), "it says nothing")
    return "".join(letter if letter.isprintable() else " " for letter in line).strip()[:120]


def _no_sense(why: str) -> NoReturn:
    raise ProbeFailed(f"the guest's answer makes no sense: {why}")
