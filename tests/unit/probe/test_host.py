"""This machine by psutil: against what the kernel says, under a load that is known."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from osvm_tui.domain.metrics import Metric, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.probe.host import PsutilHost


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="no /proc")
async def test_this_machine_under_a_known_load() -> None:
    host = PsutilHost()
    before = await host.look()
    cpu, wall = os.times(), time.monotonic()
    while time.monotonic() < wall + 0.3:
        pass
    after = await host.look()
    spent = sum(os.times()[:2]) - sum(cpu[:2])
    found = sample(before.reading, after.reading)
    assert found.source is Source.HOST
    assert found.cpu is not None
    assert found.span_s is not None
    busy = found.cpu / 100 * found.span_s * (os.cpu_count() or 1)
    assert busy > 0.7 * spent, "what this process took is among what the machine did"
    assert after.own_cpu_percent > 50 * spent / found.span_s
    assert len(found.cores) == os.cpu_count()
    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert found.memory is not None
    assert found.memory.total == total
    assert 0 < (found.value(Metric.MEMORY) or 0) < 100
    assert after.own_rss_mib > 20
    assert after.own_threads > 0
    assert after.own_files > 2
    assert "lo" not in [nic.device for nic in found.nics or ()]
