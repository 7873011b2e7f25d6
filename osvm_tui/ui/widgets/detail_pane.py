"""`DetailPane`: the highlighted VM in a few lines, under the fleet. It follows the cursor and owns no fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.markup import escape
from textual.widget import Widget

from osvm_tui.domain.states import POWER_WORDS
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.cloud_look import Hue
from osvm_tui.ui.columns import Look, expected
from osvm_tui.ui.format import SIGNS, long_age, mib, moment, state_mark
from osvm_tui.ui.money_words import burn_words
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.stuck_words import stuck_told
from osvm_tui.ui.waiting import waits_for
from osvm_tui.ui.widgets.action_bar import ActionBar, Judge

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from osvm_tui.domain.burn import Burn
    from osvm_tui.domain.operations import OperationItem


class DetailLines(Widget):
    """Three lines about a VM. Its height never changes, so a new VM costs no layout."""

    def __init__(self) -> None:
        super().__init__()
        self._text = Content()

    def show(self, text: Content) -> None:
        """Show these lines, if they are other lines."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """Return the lines."""
        return self._text


class DetailPane(Vertical):
    """State and size, fault or addresses, what it does, and the action bar.

    Border title: the name; at its right what is expected.
    """

    def __init__(self, options: UiOptions, look: Look) -> None:
        super().__init__()
        self._options = options
        self._look = look
        self._vm: Vm | None = None
        self._lines = DetailLines()
        self.bar = ActionBar(glyphs=options.glyphs, steady=True)
        self.aside: Callable[[Vm], str] = lambda _: ""
        """What the place knows beside the VM itself, for example how far its migration is."""
        self.cost: Callable[[Vm], Burn | None] = lambda _: None
        """What a VM costs."""
        self.doing: Callable[[Vm], str] = lambda _: ""
        """What a VM does, where that is from and how old."""

    def compose(self) -> ComposeResult:
        """Put the lines over the action bar."""
        yield self._lines
        yield self.bar

    def show(self, vm: Vm | None, judge: Judge) -> None:
        """Show this VM, nothing for None."""
        self._vm = vm
        self.set_class(vm is None, "-empty")
        self.bar.set_vm(vm, judge)
        self.tick()

    def tick(self) -> None:
        """Write ages and expectations anew."""
        vm = self._vm
        if vm is None:
            self._entitle("", "")
            self._lines.show(Content())
            return
        title = f"{self._dress(vm)}{printable(vm.name)} {vm.ref.short}"
        self._entitle(title, self._pending(self._look.pending(vm.ref)))
        doing = Content.styled(printable(self.doing(vm)), "$dim")
        self._lines.show(Content("\n").join([self._first(vm), self._second(vm), doing]))

    def _dress(self, vm: Vm) -> str:
        """Wear the frame of the VM's cloud; return what the title says of it."""
        worn = self._look.wear(vm.ref)
        for hue in Hue:
            self.set_class(worn is not None and worn.hue is hue, f"-{hue}")
        return f"{worn.title}: " if worn and worn.hue else ""

    def _entitle(self, title: str, pending: str) -> None:
        for part, words in (("border_title", title), ("border_subtitle", pending)):
            markup = escape(words)
            if getattr(self, part) != markup:
                setattr(self, part, markup)

    def _first(self, vm: Vm) -> Content:
        mark = state_mark(vm, self._options.glyphs)
        parts = [POWER_WORDS.get(vm.power_state, "power unknown")]
        if vm.flavor:
            size = f"{vm.flavor.vcpus} vCPU, {mib(vm.flavor.memory_mib)}, {vm.flavor.disk_gib} GiB"
            parts.append(f"{vm.flavor.name}: {size}")
        told = (burn_words(self.cost(vm)), self._look.names.image(vm), vm.host, self._launched(vm))
        parts += [part for part in told if part]
        dot = SIGNS[self._options.glyphs]["dot"]
        return Content.assemble(
            (f"{mark.glyph} {mark.word}", f"$state-{mark.token}"),
            (f" {vm.task_state}" if vm.task_state else "", "$state-changing"),
            *(f" {dot} {printable(part)}" for part in parts),
        )

    def _second(self, vm: Vm) -> Content:
        stuck = self._look.stuck(vm.ref)
        if stuck is not None:
            return Content.styled(printable(stuck_told(stuck, self._options)), "bold $state-wrong")
        waits = waits_for(vm) or self.aside(vm)
        if waits:
            return Content.assemble((printable(waits), "bold $state-changing"))
        why = f": {printable(vm.locked_reason)}" if vm.locked_reason else ""
        locked = (f"  locked{why}" if vm.locked else "", "$state-stale")
        if vm.fault:
            at = moment(vm.fault.created_at, self._options.clock(), utc=self._options.utc)
            message = " ".join(printable(vm.fault.message).split())
            return Content.assemble(("fault ", "$state-wrong"), message, (f"  {at}", "$dim"), locked)
        words = ", ".join(address.addr for address in vm.addresses) or "no address"
        tags = f"  tags {printable(', '.join(vm.tags))}" if vm.tags else ""
        return Content.assemble(words, (tags, "$dim"), locked)

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
