"""How metrics stand in the cells of tables: short enough to be read down a column, amber when old. Pure."""

from __future__ import annotations

from datetime import datetime

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric
from osvm_tui.services.monitor_api import MonitorApi
from osvm_tui.ui.columns import Cell
from osvm_tui.ui.format import Token
from osvm_tui.ui.metric_words import short, value_of
from osvm_tui.ui.spark import spark

NONE = Cell("-", Token.DIM)
SPARK = 3
PERCENT_WIDTH = 5
SPARK_WIDTH = SPARK + PERCENT_WIDTH
STALE_S = 300.0
"""A value older than this is shown as a doubt, unless its source has newer ones less often."""


def trust(seen: Measured, now: datetime) -> Token:
    """Return the colour of a VM's values: plain, or amber when they are old or no longer measured."""
    old = seen.sample is not None and (now - seen.sample.at).total_seconds() > max(STALE_S, seen.fresh_s)
    return Token.STALE if old or seen.trouble else Token.PLAIN


def curve_cell(monitor: MonitorApi, seen: Measured | None, metric: Metric, now: datetime, glyphs: str) -> Cell:
    """Return a percentage behind its last values as a small curve: `▁▁▂  4 %`."""
    value = value_of(seen, metric)
    if seen is None or value is None:
        return NONE
    curve = spark(monitor.recent(seen.ref, metric), SPARK, 100.0, glyphs)
    return Cell(f"{curve}{short(metric, value):>{PERCENT_WIDTH}}", trust(seen, now))
