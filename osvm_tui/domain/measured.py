"""`Measured`: the newest that is known of one VM, with where from and why not; pure."""

from __future__ import annotations

from msgspec import Struct

from osvm_tui.domain.metrics import Sample, Source
from osvm_tui.domain.vm import VmRef


class Measured(Struct, frozen=True, kw_only=True):
    """The newest that is known of one VM."""

    ref: VmRef
    sample: Sample | None = None
    """None: never measured; else its `source` and `at` tell where from and how old."""
    trouble: str = ""
    """Why it is not measured now (`not permitted`, `no login rule`, `host key not accepted yet`); empty when it is."""
    tried: tuple[tuple[Source, str], ...] = ()
    """Every source that was asked and what became of it."""
