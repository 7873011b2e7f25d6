"""The Events tab: a VM's time line, newest first; a pure reading of `TimelineEntry` and the widget that shows it.

One axis of time runs down on the left, in the colour of the state that the VM was in; what happened stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import TimelineEntry
from osvm_tui.ui.format import Mark, long_age, moment, state_mark
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.scroll_keys import SCROLL_KEYS
from osvm_tui.ui.widgets.about import About

_AT = 21
_BAD = ("error", "fail", "refused", "gone", "late", "unconfirmed")
_AXIS = {"unicode": "\u2502", "ascii": "|"}


def timeline_content(entries: Sequence[TimelineEntry], options: UiOptions) -> Content:
    """Return the time line: a line per entry, its detail and steps below it, dimmed; the axis beside all of them."""
    return Content("\n").join(line for entry in entries for line in _lines(entry, options))


def _lines(entry: TimelineEntry, options: UiOptions) -> list[Content]:
    at = moment(entry.at, options.clock(), utc=options.utc).ljust(_AT)
    mark = _mark(entry, options)
    if entry.source == "state" and mark is not None:
        return [Content.assemble((at, "$dim"), *_state_words(entry, mark))]
    style = f"$state-{mark.token}" if mark else "$dim"
    axis = (f"{_AXIS[options.glyphs]} ", style)
    head = Content.assemble((at, "$dim"), axis, *_event_words(entry))
    return [head, *(Content.assemble(" " * _AT, axis, (text, "$dim")) for text in _below(entry, options))]


def _mark(entry: TimelineEntry, options: UiOptions) -> Mark | None:
    status, vm_state, task_state = entry.state
    if not status:
        return None
    then = Vm(endpoint="", id="", name="", status=status, vm_state=vm_state, task_state=task_state or None)
    return state_mark(then, options.glyphs)


def _state_words(entry: TimelineEntry, mark: Mark) -> list[tuple[str, str]]:
    lasted = f"for {long_age(entry.lasted_s)}" if entry.lasted_s is not None else "so far"
    return [
        (f"{mark.glyph} {mark.word}", f"bold $state-{mark.token}"),
        (f"  {entry.detail}" if entry.detail else "", f"$state-{mark.token}"),
        (f"  {lasted}", "$dim"),
    ]


def _event_words(entry: TimelineEntry) -> list[tuple[str, str]]:
    bad = any(word in entry.result.lower() for word in _BAD)
    return [
        (f"{entry.action:<16} ", "bold"),
        (f"{printable(entry.result):<12} ", "$state-wrong" if bad else "$state-running"),
        (f"{printable(entry.who):<10} ", ""),
        (entry.source, "$dim"),
    ]


def _below(entry: TimelineEntry, options: UiOptions) -> list[str]:
    ago = f"{long_age((options.clock() - entry.at).total_seconds())} ago" if entry.at else ""
    told = [printable(text) for text in (entry.detail, *entry.events) if text]
    return [text for text in (*told, "  ".join(filter(None, (entry.request_id, ago)))) if text]


class VmEvents(VerticalScroll, can_focus=True):
    """The time line, with what is told about it above."""

    BINDINGS = SCROLL_KEYS

    def compose(self) -> ComposeResult:
        yield About("reading Nova's action log ...")
        yield Static("", id="timeline", markup=False)

    def show(self, entries: Sequence[TimelineEntry], options: UiOptions) -> None:
        """Show a time line."""
        zone = "UTC" if options.utc else "local time"
        many = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
        told = f"{many}, newest first, {zone} \u00b7 nova: its log, osvm: our audit"
        self.query_one(About).tell(told if entries else _EMPTY)
        self.query_one("#timeline", Static).update(timeline_content(entries, options))

    def show_error(self, error: OsvmError) -> None:
        """Say what went wrong above the last time line."""
        self.query_one(About).trouble(error)


_EMPTY = "nothing yet: what is asked of this VM, by whom, and how it ended will stand here"
