"""The Events tab: a VM's time line, newest first; a pure reading of `TimelineEntry` and the widget that shows it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import TimelineEntry
from osvm_tui.ui.format import long_age, moment
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.scroll_keys import SCROLL_KEYS
from osvm_tui.ui.widgets.about import About

_AT = 22
_BAD = ("error", "fail", "refused", "gone", "late", "unconfirmed")


def timeline_content(entries: Sequence[TimelineEntry], options: UiOptions) -> Content:
    """Return the time line: a line per entry, its detail and steps below it, dimmed."""
    return Content("\n").join(line for entry in entries for line in _lines(entry, options))


def _lines(entry: TimelineEntry, options: UiOptions) -> list[Content]:
    now = options.clock()
    at = moment(entry.at, now, utc=options.utc)
    ago = f"{long_age((now - entry.at).total_seconds())} ago" if entry.at else ""
    bad = any(word in entry.result.lower() for word in _BAD)
    head = Content.assemble(
        (at.ljust(_AT), "$dim"),
        (f"{entry.action:<16} ", "bold"),
        (f"{printable(entry.result):<12} ", "$state-wrong" if bad else "$state-running"),
        f"{printable(entry.who):<10} ",
        (entry.source, "$dim"),
    )
    below = [printable(text) for text in (entry.detail, *entry.events) if text]
    below.append("  ".join(filter(None, (entry.request_id, ago))))
    return [head, *(Content.styled(" " * _AT + text, "$dim") for text in below if text)]


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
        told = f"{many}, newest first, {zone} · nova: its action log, osvm: our audit, both: joined"
        self.query_one(About).tell(told if entries else _EMPTY)
        self.query_one("#timeline", Static).update(timeline_content(entries, options))

    def show_error(self, error: OsvmError) -> None:
        """Say what went wrong above the last time line."""
        self.query_one(About).trouble(error)


_EMPTY = "nothing yet: what is asked of this VM, by whom, and how it ended will stand here"
