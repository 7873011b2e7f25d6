"""What `:host` shows, in blocks: a pure reading of `HostView`; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.monitor_api import HostView
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import age, count, long_age
from osvm_tui.ui.metric_words import DEVICE_BLOCKS, amount_of_memory, device_sections
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.spark import spark

BLOCKS = ("machine", "this console", "API calls a minute", *(name for name in DEVICE_BLOCKS if name != "sources"))
CURVE = 30
"""Characters of the small curves."""


def blocks(view: HostView, history: Sequence[HostView], options: UiOptions) -> dict[str, Content]:
    """Return each block's content by its name; `history` are the readings since the place was opened."""
    sample = view.sample
    seen = Measured(ref=VmRef("", ""), sample=sample)
    devices = device_sections(seen, options.clock(), options.glyphs)
    devices.pop("sources")
    load = " ".join(f"{value:.2f}" for value in sample.load) if sample.load else ""
    machine = facts(
        (
            ("processor", _curve(history, Metric.CPU, options.glyphs)),
            ("memory", _curve(history, Metric.MEMORY, options.glyphs)),
            ("used", amount_of_memory(sample.memory)),
            ("load", load),
            ("up", long_age(sample.uptime_s) if sample.uptime_s is not None else ""),
        )
    )
    own = facts(
        (
            ("processor", f"{view.own_cpu_percent:.1f} % of a core"),
            ("memory", f"{view.own_rss_mib:.0f} MiB"),
            ("threads", count(view.own_threads)),
            ("open files", count(view.own_files)),
        )
    )
    calls = facts((printable(entry), count(calls)) for entry, calls in view.api_calls_per_minute)
    return {"machine": machine, "this console": own, "API calls a minute": calls, **devices}


def headline(view: HostView, now: datetime) -> str:
    """Return which machine it is and how old its reading."""
    seconds = (now - view.sample.at).total_seconds()
    return f"this machine · {printable(view.name)} · read {age(seconds)} ago by psutil"


def _curve(history: Sequence[HostView], metric: Metric, glyphs: str) -> str:
    values = [view.sample.value(metric) for view in history]
    newest = values[-1] if values else None
    if newest is None:
        return "not known yet"
    return f"{newest:3.0f} %  {spark(values[-CURVE:], min(CURVE, len(values)), 100.0, glyphs)}"
