"""`SpeakingApp`: what the console says in toasts: short sentences, and once each trouble that a worker met."""

from __future__ import annotations

import logging
from typing import Any

from textual import on
from textual.app import App
from textual.worker import Worker, WorkerState

from osvm_tui.domain.errors import OsvmError
from osvm_tui.ui.messages import NoticeSpoken, WorkFailed
from osvm_tui.ui.printable import printable


class SpeakingApp(App[None]):
    """The base of the console's app."""

    @on(NoticeSpoken)
    def speak_notice(self, notice: NoticeSpoken) -> None:
        """Show a sentence of the services."""
        self.speak(notice.text, severity=notice.severity.value)

    def notify(self, message: str, **rest: Any) -> None:
        """Show a toast; what a cloud or a guest wrote in it cannot steer the terminal."""
        super().notify(printable(message), **rest)

    def speak(self, text: str, *, severity: str = "information") -> None:
        """Show one short sentence for a few seconds; its text is never read as markup."""
        self.notify(text, severity=severity, markup=False)

    @on(WorkFailed)
    def work_failed(self, failed: WorkFailed) -> None:
        """Say once what a worker failed with. Anything but our own errors is a bug: its traceback goes to the log."""
        error = failed.error
        if isinstance(error, OsvmError):
            hint = f"; {error.hint}" if error.hint else ""
            self.speak(f"{error.title}: {error.detail}{hint}", severity="error")
        else:
            logging.getLogger(__name__).error("a worker of the console failed", exc_info=error)
            self.speak(f"a fault of the console itself ({type(error).__name__}); the log has it", severity="error")

    @on(Worker.StateChanged)
    def worker_ended(self, event: Worker.StateChanged) -> None:
        """Hear of the app's own workers; screens tell of theirs by WorkFailed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.work_failed(WorkFailed(event.worker.error))
