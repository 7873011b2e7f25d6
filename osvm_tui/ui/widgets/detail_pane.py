"""`DetailPane`: the highlighted VM in a few lines, under the fleet. It follows the cursor and owns no fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from osvm_tui.domain.states import POWER_WORDS
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Look, expected
from osvm_tui.ui.format import SIGNS, Token, long_age, mib, moment, state_mark
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.widgets.action_bar import ActionBar, Judge

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from osvm_tui.domain.operations import OperationItem


class DetailLines(Widget):
    """Two lines about a VM. Its height never changes, so a new VM costs no layout."""

    def __init__(self) -> None:
        super().__init__()
        self._text = Text()

    def show(self, text: Text) -> None:
        """Show these lines, if they are other lines."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Return the lines."""
        return self._text


class DetailPane(Vertical):
    """State and size, fault or addresses, and the action bar. Border title: the name; at its right what is expected."""

    def __init__(self, options: UiOptions, look: Look) -> None:
        super().__init__()
        self._options = options
        self._look = look
        self._vm: Vm | None = None
        self._lines = DetailLines()
        self.bar = ActionBar(glyphs=options.glyphs)

    def compose(self) -> ComposeResult:
        """Put the lines over the action bar."""
        yield self._lines
        yield self.bar

    def show(self, vm: Vm | None, judge: Judge) -> None:
        """Show this VM, nothing for None."""
        self._vm = vm
        self.bar.set_vm(vm, judge)
        self.tick()

    def tick(self) -> None:
        """Write ages and expectations anew."""
        vm = self._vm
        if vm is None:
            self._entitle("", "")
            self._lines.show(Text())
            return
        self._entitle(f"{printable(vm.name)} {vm.ref.short}", self._pending(self._look.pending(vm.ref)))
        self._lines.show(Text("\n").join([self._first(vm), self._second(vm)]))

    def _entitle(self, title: str, pending: str) -> None:
        for part, words in (("border_title", title), ("border_subtitle", pending)):
            markup = Text(words).markup
            if getattr(self, part) != markup:
                setattr(self, part, markup)

    def _first(self, vm: Vm) -> Text:
        mark = state_mark(vm, self._options.glyphs)
        parts = [POWER_WORDS.get(vm.power_state, "power unknown")]
        if vm.flavor:
            parts.append(
                f"{vm.flavor.name}: {vm.flavor.vcpus} vCPU, {mib(vm.flavor.memory_mib)}, {vm.flavor.disk_gib} GiB"
            )
        parts += [part for part in (self._look.names.image(vm), vm.host, self._launched(vm)) if part]
        line = Text.assemble((f"{mark.glyph} {mark.word}", self._colour(mark.token)), no_wrap=True, overflow="ellipsis")
        if vm.task_state:
            line.append(f" {vm.task_state}", self._colour(Token.CHANGING))
        for part in parts:
            line.append(f" {SIGNS[self._options.glyphs]['dot']} {printable(part)}")
        return line

    def _second(self, vm: Vm) -> Text:
        now = self._options.clock()
        if vm.fault:
            line = Text.assemble(("fault ", self._colour(Token.WRONG)), printable(vm.fault.message), no_wrap=True)
            line.append(f"  {moment(vm.fault.created_at, now, utc=self._options.utc)}", "dim")
        else:
            words = [address.addr for address in vm.addresses] or ["no address"]
            line = Text(", ".join(words), no_wrap=True)
            if vm.tags:
                line.append(f"  tags {', '.join(vm.tags)}", "dim")
        if vm.locked:
            why = f": {printable(vm.locked_reason)}" if vm.locked_reason else ""
            line.append(f"  locked{why}", self._colour(Token.STALE))
        line.overflow = "ellipsis"
        return line

    def _launched(self, vm: Vm) -> str:
        if vm.launched_at is None:
            return "never launched"
        return f"launched {long_age((self._options.clock() - vm.launched_at).total_seconds())} ago"

    def _pending(self, item: OperationItem | None) -> str:
        if item is None:
            return ""
        seconds = (self._options.clock() - item.planned_at).total_seconds()
        to = SIGNS[self._options.glyphs]["to"]
        return f"{item.action_id} asked {long_age(seconds)} ago: {to} {expected(item) or 'done'}"

    def _colour(self, token: Token) -> str:
        return self.app.theme_variables.get(f"state-{token}", "")
