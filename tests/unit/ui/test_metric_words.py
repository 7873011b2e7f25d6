"""What stands beside the curves: the fullest file system as the kept values mean it, and bars without Unicode."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Mount, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.format import Token
from osvm_tui.ui.metric_cells import trust
from osvm_tui.ui.metric_words import device_sections, standing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLE = Sample(
    at=NOW,
    source=Source.SSH,
    cores=(0.4, 99.9),
    mounts=(Mount("/data", 100, 70, 30), Mount("/", 100, 60, 20), Mount("/proc", 0, 0)),
)


def test_the_fullest_file_system_is_the_one_that_the_curve_follows() -> None:
    assert standing(SAMPLE) == ("/ 60 B of 100 B",)


def test_devices_are_drawn_as_full_as_df_tells_them_and_without_unicode_where_there_is_none() -> None:
    told = device_sections(Measured(ref=VmRef("e", "1"), sample=SAMPLE), NOW, "ascii")
    assert told["cores"].plain.splitlines() == ["core 0  #---------   0 %", "core 1  #########- 100 %"]
    assert told["file systems"].plain.splitlines() == [
        "/data  #######---  70 %  70 B of 100 B, 30 B free",
        "/      ########--  75 %  60 B of 100 B, 20 B free",
        "/proc  ----------   0 %  0 B of 0 B",
    ]


def test_a_value_is_a_doubt_when_its_source_should_have_told_a_newer_one() -> None:
    often = Measured(ref=VmRef("e", "1"), sample=SAMPLE, fresh_s=210.0)
    rarely = Measured(ref=VmRef("e", "1"), sample=SAMPLE, fresh_s=1050.0)
    colours = [trust(one, NOW + timedelta(minutes=minutes)) for minutes in (4, 10, 20) for one in (often, rarely)]
    assert colours == [Token.PLAIN, Token.PLAIN, Token.STALE, Token.PLAIN, Token.STALE, Token.STALE]
