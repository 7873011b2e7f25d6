"""The states a VM was seen in, newest first: a pure reading of the store's intervals; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import StateInterval
from osvm_tui.ui.format import long_age, moment, state_mark
from osvm_tui.ui.options import UiOptions

_SHOWN = 10


def state_history(intervals: Sequence[StateInterval], options: UiOptions) -> Content:
    """Return a line per interval: since when, which state, for how long; empty when none is known."""
    return Content("\n").join(_line(each, options) for each in reversed(intervals[-_SHOWN:]))


def _line(each: StateInterval, options: UiOptions) -> Content:
    now, task = options.clock(), each.task_state or None
    seen = Vm(endpoint="", id="", name="", status=each.status, vm_state=each.vm_state, task_state=task)
    mark = state_mark(seen, options.glyphs)
    lasted = long_age(((each.until or now) - each.since).total_seconds())
    words = f"{mark.glyph} {mark.word}  {each.task_state}".rstrip()
    return Content.assemble(
        (f"{moment(each.since, now, utc=options.utc):<22}", "$dim"),
        (f"{words:<32}", f"$state-{mark.token}"),
        (f"for {lasted}{'' if each.until else ' so far'}", "$dim"),
    )
