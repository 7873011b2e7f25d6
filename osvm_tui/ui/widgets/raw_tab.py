"""`RawTab`: the JSON of one VM as the cloud has it now. Knows no screen."""

from __future__ import annotations

from textual import work

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.format import moment, size
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.widgets.text_tab import TextTab


class RawTab(TextTab):
    """What the cloud answers when it is asked for the VM."""

    def __init__(self, api: ConsoleApi, options: UiOptions, ref: VmRef) -> None:
        super().__init__("raw", waiting="asking the cloud for the VM as it is now ...")
        self._api = api
        self._options = options
        self._ref = ref

    @work(group="vm-tab", exclusive=True, exit_on_error=False)
    async def read(self) -> None:
        """Ask now; what went wrong is told above the last answer."""
        try:
            raw = await self._api.raw(self._ref)
        except OsvmError as error:
            self.show_error(error)
            return
        now = self._options.clock()
        self.show(raw, f"read {moment(now, now, utc=self._options.utc)} · {size(len(raw))} · Y copies it, S saves it")
