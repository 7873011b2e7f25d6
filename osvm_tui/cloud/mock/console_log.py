"""The console log of a simulated guest: boot text that grows with the time since launch. Pure.

All lines are invented; their form is that of a Linux boot followed by cloud-init, whose closing line is in
the form that nova-facts.md, section 7, describes.
"""

from __future__ import annotations

from email.utils import formatdate
from random import Random

from osvm_tui.cloud.mock.fleet import Entry

BOOT_S = 24.0
_UNITS = (
    "Create Volatile Files and Directories",
    "Load Kernel Modules",
    "Apply Kernel Variables",
    "Network Service",
    "Network Name Resolution",
    "System Logging Service",
    "Regular background program processing daemon",
    "OpenSSH server daemon",
    "Login Prompts",
    "Multi-User System",
)


def console_log(entry: Entry, now: float, seed: int) -> list[str]:
    """Return the lines that the guest has written by cloud time `now`, oldest first."""
    launched = entry.moment.launched_at
    if launched is None:
        return []
    return [line for at, line in _script(entry, launched, seed) if launched + at <= now]


def _script(entry: Entry, launched: float, seed: int) -> list[tuple[float, str]]:
    server, flavor = entry.server, entry.moment.flavor
    rng = Random(f"{seed}:{server.id}:console")
    lines: list[tuple[float, str]] = []

    def say(at: float, text: str, *, stamp: bool = True) -> None:
        lines.append((at, f"[{at:12.6f}] {text}" if stamp else text))

    say(0.0, "Linux version 5.15.0-91-generic (build@builder) #101 SMP")
    say(0.0, "Command line: BOOT_IMAGE=/boot/vmlinuz root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0")
    say(0.31, f"Memory: {flavor.ram * 1024 - 38112}K/{flavor.ram * 1024}K available")
    say(0.52, f"smp: Brought up 1 node, {flavor.vcpus} CPU{'s' if flavor.vcpus > 1 else ''}")
    say(1.4, f"virtio_blk virtio2: [vda] {flavor.disk * 2097152} 512-byte logical blocks ({flavor.disk} GiB)")
    say(2.2, "EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.")
    at = 3.0
    for unit in _UNITS[:5]:
        at += rng.uniform(0.2, 0.9)
        say(at, f"[  OK  ] Started {unit}.", stamp=False)
    at += rng.uniform(0.5, 1.5)
    say(at, f"cloud-init[612]: Cloud-init v. 24.4 running 'init' at {formatdate(launched + at)}. Up {at:.2f} seconds.")
    for nic in server.nics:
        at += 0.2
        say(at, f"cloud-init[612]: ci-info: | ens3 | True | {nic.ip} | 255.255.255.0 | global | {nic.mac} |")
    for unit in _UNITS[5:]:
        at += rng.uniform(0.2, 0.9)
        say(at, f"[  OK  ] Started {unit}.", stamp=False)
    at = max(at + rng.uniform(2.0, 6.0), BOOT_S * 0.6)
    say(
        at,
        f"cloud-init[1034]: Cloud-init v. 24.4 finished at {formatdate(launched + at)}."
        f" Datasource DataSourceOpenStackLocal [net,ver=2].  Up {at:.2f} seconds",
    )
    say(at + 0.5, "", stamp=False)
    say(at + 0.5, f"{server.hostname} login: ", stamp=False)
    return lines
