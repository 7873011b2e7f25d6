"""`ConsoleTab`: the console log of one VM, its end or all of it, followed or not. Knows no screen."""

from __future__ import annotations

from textual import work

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.format import moment
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.widgets.text_tab import TextTab

_LINES = 500
_EMPTY = "the console log is empty: the guest wrote nothing to its serial console, or the cloud keeps none"


class ConsoleTab(TextTab):
    """What the guest wrote to its serial console."""

    def __init__(self, api: ConsoleApi, options: UiOptions, ref: VmRef) -> None:
        super().__init__("console", waiting="asking the cloud for the console log ...", follow=True)
        self._api = api
        self._options = options
        self._ref = ref
        self._whole = False

    @work(group="vm-tab", exclusive=True, exit_on_error=False)
    async def read(self) -> None:
        """Read the log now; a cloud that does not give it is told above the last text."""
        try:
            log = await self._api.console_log(self._ref, None if self._whole else _LINES)
        except OsvmError as error:
            self.show_error(error)
            return
        now = self._options.clock()
        what = "the whole log" if self._whole else f"its last {_LINES} lines · L reads all"
        follow = "following, f stops" if self.view.follow else "f follows"
        self.show(log, f"read {moment(now, now, utc=self._options.utc)} · {what} · {follow}" if log else _EMPTY)

    def follow_or_stop(self) -> None:
        """Keep the end in sight, or stop it."""
        self.view.follow = not self.view.follow
        self.read()

    def read_whole_or_end(self) -> None:
        """Read the whole log, or its end again."""
        self._whole = not self._whole
        self.read()
