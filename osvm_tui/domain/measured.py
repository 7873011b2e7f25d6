"""`Measured`: the newest that is known of one VM, with where from and why not; pure."""

from __future__ import annotations

from msgspec import Struct

from osvm_tui.domain.metrics import Sample, Source
from osvm_tui.domain.vm import VmRef


class Measured(Struct, frozen=True, kw_only=True, gc=False):
    """The newest that is known of one VM."""

    ref: VmRef
    sample: Sample | None = None
    """None: never measured; else its `source` and `at` tell where from and how old."""
    trouble: str = ""
    """Why it is not measured now (`not permitted`, `no login rule`, `host key not accepted yet`); empty when it is."""
    tried: tuple[tuple[Source, str], ...] = ()
    """Every source that was asked and what became of it."""
    fresh_s: float = 0.0
    """How long its sample is the present value, told by who measured it: an older one is silence, and two that are
    farther apart have a gap between them. It goes by how often its source has newer values and a console asks."""
